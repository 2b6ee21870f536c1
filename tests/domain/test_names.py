"""Names are found as a voter means them, masked without trace, and every place maps back."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.election import AmbiguousForm, Cue, Election, Party, Person
from domain.names import Names, source_span

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "elections" / "bundestag-2025"
PAIRS = Path(__file__).parent / "name_pairs"


def _pack() -> Election:
    data = yaml.safe_load((PACK / "election.yaml").read_text("utf-8"))
    data |= yaml.safe_load((PACK / "parties.yaml").read_text("utf-8"))
    return Election.model_validate(data)


ELECTION = _pack()
NAMES = Names(ELECTION.parties)
LISTED = [
    (p.stem, say, means) for p in sorted(PAIRS.glob("*.yaml")) for say, means in yaml.safe_load(p.read_text("utf-8"))
]


def _ids(text: str, names: Names = NAMES) -> set[str]:
    return {party for mention in names.mentions(text) for party in mention.parties}


def _party(party: str, short: str, **fields: object) -> Party:
    return Party.model_validate({"id": party, "short": {"de": short}, "name": {"de": short}} | fields)


INVENTED = (
    _party("mole", "MOLE", forms=["Maulwürfe", "Partei für Erde, Gänge und Stille"]),
    _party(
        "quell",
        "Quelle",
        ambiguous=[AmbiguousForm(form="Quelle", cues=(Cue.ARTICLE, Cue.PARTY_WORD), never_before=("der",))],
        people=[Person(name="Änne Öz-Straßer", role={"de": "Vorsitz"}, forms=("Öz-Straßer",))],
    ),
    _party("mut", "MUT", ambiguous=[AmbiguousForm(form="MUT", cues=(Cue.EXACT_ARTICLE,))]),
)


@pytest.mark.parametrize(("file", "say", "means"), LISTED, ids=[f"{f}: {s}" for f, s, _ in LISTED])
def test_minimal_pairs(file: str, say: str, means: str) -> None:
    assert _ids(say) == set(means.split())


def test_there_are_enough_pairs_of_both_kinds() -> None:
    harmless = sum(not means for _, _, means in LISTED)
    assert len({say for _, say, _ in LISTED}) >= 400
    assert harmless >= 120


@pytest.mark.parametrize("party", ELECTION.parties, ids=lambda p: p.id)
def test_every_official_name_is_found_after_an_article_or_in_a_question(party: Party) -> None:
    official = {*party.short.values(), *party.name.values(), *(entry.name for entry in party.lists)}
    for name in official:
        article = "" if name.lower().startswith(("die ", "the ", "la ", "der ")) else "die "
        assert party.id in _ids(f"Was will die Partei {name} oder die FDP?") or party.id in _ids(
            f"Was will {article}{name} bei der Rente?"
        ), name


@pytest.mark.parametrize("party", ELECTION.parties, ids=lambda p: p.id)
def test_every_leading_person_means_the_party(party: Party) -> None:
    for person in party.people:
        for form in (person.name, person.name.upper(), person.name.lower(), *person.forms):
            (mention,) = NAMES.mentions(f"Was sagt {form} dazu?")
            assert mention.parties == (party.id,)
            assert mention.person == person.name


def test_a_certain_form_alone_means_its_party_and_no_other() -> None:
    for party in ELECTION.parties:
        for form in party.forms:
            assert _ids(f"{form}.") == {party.id}, form


def test_offsets_are_code_points_of_the_text_given() -> None:
    text = "Ä\u0308hm: die Maulwu\u0308rfe, a\u0308nne o\u0308z-strasser!"
    found = [(text[m.start : m.end], m.parties, m.person) for m in Names(INVENTED).mentions(text)]
    assert found == [
        ("Maulwu\u0308rfe", ("mole",), None),
        ("a\u0308nne o\u0308z-strasser", ("quell",), "Änne Öz-Straßer"),
    ]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Die Maulwürfe graben.", "Die □ graben."),
        ("MAULWUERFE und maulwurfe", "□ und □"),
        ("Maulwürfe-Programm, Maulwürfeprogramm", "□-Programm, □programm"),
        ("M.O.L.E. und MOLEs Plan", "□. und □ Plan"),
        ("Partei für Erde, Gänge und Stille", "□"),
        ("die Partei fuer Erde, Gaenge\nund Stille lebt", "die □ lebt"),
        ("die Quelle der Kraft, die Quelle", "die Quelle der Kraft, die □"),
        ("Molekül, Guacamole, Quellen", "Molekül, Guacamole, Quellen"),
        ("Programm der Quelle", "Programm der □"),
        ("MOLE und Quelle", "□ und □"),
        ("Quelle, Quelle, MOLE", "□, □, □"),
        ("MOLE (Quelle) gräbt", "□ (□) gräbt"),
        ("the MOLE's (Quelle) plan", "the □'s (□) plan"),
        ("Brunnen (Quelle)", "Brunnen (Quelle)"),
        ("die MUT, die Mut", "die □, die Mut"),
        ("DIE MUT IST LAUT", "DIE MUT IST LAUT"),
        ("Öz-Straßers Rede; OEZ-STRASSER", "□ Rede; □"),
    ],
)
def test_masking_invented_names(text: str, masked: str) -> None:
    assert Names(INVENTED).mask(text) == masked


def test_unknown_names_take_the_same_slot_without_a_party() -> None:
    names = Names(INVENTED, extra=("Nebelbund",))
    assert names.mask("Nebelbund oder MOLE?") == "□ oder □?"
    assert names.mentions("der Nebelbund")[0].parties == ()


def test_a_form_listed_for_two_parties_means_both() -> None:
    twins = (_party("b", "Bund", forms=["Zwilling"]), _party("a", "Kreis", forms=["Zwilling"]))
    assert Names(twins).mentions("Zwilling")[0].parties == ("a", "b")


OTHERS = ("FDP", "AfD", "BSW", "MLPD", "ÖDP")
SWAPPED = [say for _, say, _ in LISTED if "SPD" in say and not any(other in say for other in (*OTHERS, "CDU"))]


@pytest.mark.parametrize("other", OTHERS)
def test_exchanging_one_abbreviation_for_another_leaves_the_same_masked_text(other: str) -> None:
    assert len(SWAPPED) >= 15
    for say in SWAPPED:
        assert NAMES.mask(say.replace("SPD", other)) == NAMES.mask(say)


def test_case_hidden_by_a_slot_makes_no_new_name() -> None:
    assert NAMES.mask("SPD freie wähler") == "□ freie wähler"
    assert NAMES.mask("□ freie wähler") == "□ freie wähler"
    assert NAMES.mask("SPD GRÜNE") == NAMES.mask("AfD GRÜNE") == "□ □"


SMALL = ["die ", "Linke", "grüne", " und ", ", ", "-", ".", "\n", "SPD", "Volt", "□", "e\u0301", "12", "FREIE"]
PIECES = st.sampled_from([say for _, say, _ in LISTED] + SMALL)
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=6).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_masking_twice_changes_nothing(text: str) -> None:
    once = NAMES.mask(text)
    assert NAMES.mask(once) == once


def test_masking_twice_changes_nothing_in_heaped_up_names() -> None:
    random = Random(7)
    heap = [word for _, say, _ in LISTED for word in say.split()]
    heap += [form for party in ELECTION.parties for form in (*party.forms, *(a.form for a in party.ambiguous))]
    between = (" ", " ", ", ", "-", "/", ". ", ": ", "\n", " und ", " die ", "")
    for _ in range(3000):
        words = [random.choice((str, str.upper, str.lower))(random.choice(heap)) for _ in range(random.randint(1, 8))]
        once = NAMES.mask("".join(word + random.choice(between) for word in words))
        assert NAMES.mask(once) == once


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_segments_cover_both_texts_and_map_back(text: str) -> None:
    masked, segments = NAMES.masked(text)
    mentions = NAMES.mentions(text)
    assert "".join(text[s.in_start : s.in_end] for s in segments) == text
    assert "".join(masked[s.out_start : s.out_end] for s in segments) == masked
    assert [(s.in_start, s.in_end) for s in segments if not s.copied] == [(m.start, m.end) for m in mentions]
    for segment in segments:
        if segment.copied:
            assert text[segment.in_start : segment.in_end] == masked[segment.out_start : segment.out_end]
            for place in range(segment.out_start, segment.out_end):
                begin, end = source_span(segments, place, place + 1)
                assert text[begin:end] == masked[place]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_order_of_parties_decides_nothing(text: str, random: Random) -> None:
    shuffled = list(ELECTION.parties)
    random.shuffle(shuffled)
    assert Names(shuffled).mentions(text) == NAMES.mentions(text)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(LISTED))
def test_composed_and_decomposed_spelling_mean_the_same(pair: tuple[str, str, str]) -> None:
    assert _ids(unicodedata.normalize("NFD", pair[1])) == _ids(unicodedata.normalize("NFC", pair[1]))


@pytest.mark.soak
@pytest.mark.parametrize(
    "piece",
    ["volt, ", "die grünen ", "Bündnis ", "s.p.d.", "und ", "a", "□", "Union und ", "B90/", "\u0301", "1", "Union"],
)
def test_work_grows_linearly(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        start = time.process_time()
        NAMES.mentions(text)
        return time.process_time() - start

    small = max(min(seconds(20_000) for _ in range(3)), 0.002)
    assert seconds(100_000) < 20 * small
