"""Personal data goes, everything that an election question needs stays."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.personal_data import mask_personal_data

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
