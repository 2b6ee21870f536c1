"""Personal data goes, everything that an election question needs stays."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.personal_data import MARKS, mask_personal_data
from guardrails.personal_patterns import EVERY

TAKEN = [
    ("Schreib an max.m+wahl@example.org bitte", "email", "max.m+wahl@example.org"),
    ("Ruf 0151 23456789 an", "phone", "0151 23456789"),
    ("Tel. +49 (30) 1234567", "phone", "+49 (30) 1234567"),
    ("Mon numéro : 06 12 34 56 78", "phone", "06 12 34 56 78"),
    ("call +44 20 7946 0958 now", "phone", "+44 20 7946 0958"),
    ("IBAN DE89 3704 0044 0532 0130 00 bitte", "iban", "DE89 3704 0044 0532 0130 00"),
    ("iban fr1420041010050500013m02606", "iban", "fr1420041010050500013m02606"),
    ("Steuer-ID 12 345 678 901", "tax_id", "12 345 678 901"),
    ("Ich wohne Lindenweg 12a in Kassel", "address", "Lindenweg 12a"),
    ("Neue Straße 5", "address", "Neue Straße 5"),
    ("J'habite 12 rue de la Paix à Lyon", "address", "12 rue de la Paix"),
    ("I live at 10 Acacia Avenue", "address", "10 Acacia Avenue"),
    ("Kennzeichen B-MW 1234", "plate", "B-MW 1234"),
    ("Kundennummer 1234567890123", "number", "1234567890123"),
    ("Rückruf: 0221 / 4710558, danke", "phone", "0221 / 4710558"),
    ("whatsapp 0176 - 04069060 geht", "phone", "0176 - 04069060"),
    ("ring +1 (202) 555-0143", "phone", "+1 (202) 555-0143"),
    ("write to max.muster [at] example [dot] org", "email", "max.muster [at] example [dot] org"),
    ("jean point dupont arobase example point fr", "email", "jean point dupont arobase example point fr"),
    ("It is o'neil@example.org", "email", "o'neil@example.org"),
    ("IBAN DE89-3704-0044-0532-0130-00", "iban", "DE89-3704-0044-0532-0130-00"),
    ("mistyped DE88 3704 0044 0532 0130 00", "iban", "DE88 3704 0044 0532 0130 00"),
    ("my NI number is AB 12 34 56 C", "tax_id", "AB 12 34 56 C"),
    ("AHV 756.1234.5678.97", "tax_id", "756.1234.5678.97"),
    ("n° de sécu 1 85 05 78 006 084 36", "tax_id", "1 85 05 78 006 084 36"),
    ("my UTR is 12345 67890", "tax_id", "12345 67890"),
    ("Personalausweis mit der Nummer L01X00T47", "id_number", "L01X00T47"),
    ("passport 925 665 416 expired", "id_number", "925 665 416"),
    ("ma carte d'identité (n° X4RTBPFW4)", "id_number", "X4RTBPFW4"),
    ("L01X00T47 ist meine Ausweisnummer", "id_number", "L01X00T47"),
    ("das Auto HRO-HU-8470 steht da", "plate", "HRO-HU-8470"),
    ("Kennzeichen M AB 123", "plate", "M AB 123"),
    ("my car AB12 CDE", "plate", "AB12 CDE"),
    ("ma voiture AB-123-CD", "plate", "AB-123-CD"),
    ("mein auto hh-ab 123", "plate", "hh-ab 123"),
    ("Nele, Am Alten Markt 3b, 20099 Hamburg", "address", "Am Alten Markt 3b"),
    ("Frieda, Hohes Ufer 124.", "address", "Hohes Ufer 124"),
    ("Nele, Straße des Friedens 109a", "address", "Straße des Friedens 109a"),
    ("hier bergmannstr. 5 in köln", "address", "bergmannstr. 5"),
    ("Nele, Hinter der Kirche 148, 1070 Wien", "address", "Hinter der Kirche 148"),
    ("i live at 147 grange road in Leeds", "address", "147 grange road"),
    ("home: 13a St John's Terrace", "address", "13a St John's Terrace"),
    ("au 14 ter esplanade de la Gare", "address", "14 ter esplanade de la Gare"),
    ("je suis au 8 av. jean moulin et voilà", "address", "8 av. jean moulin"),
    ("J'habite avenue Louise 129, 1050 Ixelles", "address", "avenue Louise 129"),
]
KEPT = [
    "Was steht in § 36 Abs. 2 BWahlG und in Art. 38 GG?",
    "Was galt 1949/1990, 2017, 2021 und 2025?",
    "Wahl am 23.02.2025 oder 2025-02-23 oder 23/02/2025",
    "100.000.000 Euro, 1 500 000 €, 400.000 Wohnungen im Jahr",
    "500000000 Euro für Schulen",
    "5 % oder 5,5 Prozent, 12,50 Euro Mindestlohn",
    "Ich lebe in 10115 Berlin, Wahlkreis 75",
    "Liste 3, Platz 2, Seite 112",
    "CO2, G20, 5G, Agenda 2030, A 380",
    "Von 8 bis 18 Uhr",
    "Auf Platz 2 der Liste",
    "EU-Haushalt 2021-2027",
    "1 place en crèche par enfant",
    "Drucksache 20/12345 und COM(2021) 206",
    "ISBN 978-2-07-036822-8",
    "Childline 0800 1111 oder 0 800 123 456",
    "Die Bergmannstraße 2026 und die Straße des 17. Juni",
    "Wer steht auf Listenplatz 3? Wer wohnt im Wahlkreis 274?",
    "TV-L 13, KfW 55, F-35A, CC BY-SA 2.0 und die Bundesstraße 96",
    "Öffnungszeiten 08.30-12.00 Uhr, vom 14.9.-28.9.2025, am 23.02.2025 18.00 Uhr",
    "PLZ 10115-10119, 100.000-200.000 Wohnungen",
    "12 cours de français, 1 rue sur 3, les 300 rues aux écoles",
    "A park of 3 acres on Station Road, a 20 minute walk, 27 European Court judges",
    "voter ID for 2 102 650 people, call for 400 000 homes",
    "Projects at Hinkley Point and Sizewell",
    "the cat of 10 Downing Street",
    "https://www.example.org/id/LEGI000006164052 et https://www.example.org/20241122",
]


@pytest.mark.parametrize(("text", "kind", "part"), TAKEN)
def test_what_points_to_a_person_is_taken_out(text: str, kind: str, part: str) -> None:
    masked, spans = mask_personal_data(text)
    assert [(s.kind, text[s.start : s.end]) for s in spans] == [(kind, part)]
    assert masked == text.replace(part, f"[{kind}]")


@pytest.mark.parametrize("text", KEPT)
def test_what_an_election_question_needs_stays(text: str) -> None:
    assert mask_personal_data(text) == (text, ())


def test_marks_come_from_the_caller() -> None:
    assert mask_personal_data("an a@b.org", {"email": "[E-Mail]"})[0] == "an [E-Mail]"


@given(st.text(max_size=120))
def test_masking_twice_changes_nothing_and_spans_are_ordered(text: str) -> None:
    masked, spans = mask_personal_data(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert mask_personal_data(masked)[0] == masked


PIECES = st.sampled_from(
    [part for _, _, part in TAKEN]
    + [word for text in KEPT for word in text.split()]
    + [
        *MARKS.values(),
        *("[", "]", "(", "Tel.", "Pass Nr.", "mein Auto", "wohne", "Steuer-ID", "rue", "@", "10115 Berlin"),
    ]
)


@given(st.lists(st.tuples(PIECES, st.sampled_from([" ", "", ", ", "-", ". "])), max_size=9))
def test_masking_twice_changes_nothing_in_texts_full_of_data(pieces: list[tuple[str, str]]) -> None:
    text = "".join(part + between for part, between in pieces)
    masked, spans = mask_personal_data(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert mask_personal_data(masked)[0] == masked


def test_what_adjoins_masked_data_is_read_again() -> None:
    assert mask_personal_data("a@b.org-c+d@e.org")[0] == "[email][email]"


REPEATED = (
    "1|1 |1.|0 1 |(1|01 / |a|A |Ab |Ab-|a.|a@|a@a.|a (at) |a at b dot |([|((1|DE12|DE12 1234 |AB12 |A-A 1|AA-111-|B2C3"
    "|+1 (|straße |lindenstraße 1 |str. 1 |Neue Straße |Weg 1 |hof 1a|Am Alten |An der |Am Markt, Hausnummer |12 a "
    "|Rue |12 rue de |12 High Street |live at 12 |flat 1, |wohne in der |Eine Große |AB- de la |A'|[phone] |http://a "
    "|Pass |Pass Nr |Ausweis-Nr. |tel. 1 |steuer-id |car is |voiture AB-|01.01.2024 |100 000 |\u00a0"
)
HOSTILE = [*REPEATED.split("|"), "x" * 42 + " "]
BOUND, NOISE = 0.005, 3
"""Seconds of processor time for ten thousand characters on a quiet core, and the factor a busy machine may add."""


@pytest.mark.parametrize("name", EVERY)
def test_each_pattern_reads_hostile_text_in_linear_time(name: str) -> None:
    def seconds(unit: str, size: int, enough: float) -> float:
        text = (unit * size)[:size]
        best = float("inf")
        for _ in range(7):
            start = time.process_time()
            for _ in EVERY[name].finditer(text):
                pass
            best = min(best, time.process_time() - start)
            if best < enough:
                break
        return best

    took = {unit: seconds(unit, 10_000, BOUND) for unit in HOSTILE}
    slowest = max(took, key=took.__getitem__)
    assert took[slowest] < NOISE * BOUND, slowest
    assert seconds(slowest, 20_000, 0) < 3 * seconds(slowest, 10_000, 0) + 0.002, slowest


@pytest.mark.parametrize(
    "unit", ["1", "1 ", "a.", "a@", "a@a.", "A ", "DE12", "1 1", "+", "Ab ", "12 rue de ", "(1", "A-A 1"]
)
def test_time_is_linear(unit: str) -> None:
    def seconds(size: int) -> float:
        text = (unit * size)[:size]
        best = float("inf")
        for _ in range(3):
            start = time.perf_counter()
            mask_personal_data(text)
            best = min(best, time.perf_counter() - start)
        return best

    assert seconds(20_000) < 40 * seconds(2_000) + 0.05
