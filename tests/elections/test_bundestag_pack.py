"""The pack of the 2025 Bundestag election is complete, and true to the official files where these are at hand."""

from __future__ import annotations

import csv
import hashlib
import re
from datetime import date
from pathlib import Path

import pytest

from app.packs import load_pack
from domain.base import sha256
from domain.election import DocumentKind, LawReference

ROOT = Path(__file__).resolve().parents[2]
CORPORA = ROOT.parent / "shared" / "corpora"
PACK = load_pack(ROOT / "elections" / "bundestag-2025")
LAENDER = {
    "Baden-Württemberg",
    "Bayern",
    "Berlin",
    "Brandenburg",
    "Bremen",
    "Hamburg",
    "Hessen",
    "Mecklenburg-Vorpommern",
    "Niedersachsen",
    "Nordrhein-Westfalen",
    "Rheinland-Pfalz",
    "Saarland",
    "Sachsen",
    "Sachsen-Anhalt",
    "Schleswig-Holstein",
    "Thüringen",
}
needs_corpora = pytest.mark.skipif(
    not CORPORA.is_dir(), reason="the corpora are not beside the project (../shared/corpora)"
)


def test_scalars() -> None:
    assert PACK.id == "bundestag-2025"
    assert PACK.polling_day == date(2025, 2, 23)
    assert PACK.languages == ("de", "en", "fr")
    assert not PACK.fictional
    assert len(PACK.suggestions) == 12
    assert all(set(s.topic) == set(PACK.languages) for s in PACK.suggestions)


def test_twelve_programmes_of_twelve_parties_and_six_laws() -> None:
    programmes = [s for s in PACK.sources if s.kind is DocumentKind.PROGRAMME]
    laws = [s for s in PACK.sources if s.kind is DocumentKind.LAW]
    assert len(programmes) == len({s.party for s in programmes}) == 12
    assert sorted(s.short or "" for s in laws) == sorted(
        ["BWahlG", "BWO", "BWahlGFristAbkV 2024", "WahlPrG", "BTWahl20250223AnO", "GG"]
    )
    assert len(PACK.sources) == 18
    assert all(s.language == "de" and len(s.renditions) == 1 for s in PACK.sources)


def test_editions_after_polling_day_say_so_in_every_language() -> None:
    late = [s for s in PACK.sources if s.published > PACK.polling_day]
    assert {s.id for s in late} == {"gruene-programme", "gg"}
    assert all(set(s.note) == set(PACK.languages) for s in late)


def test_every_land_is_a_land_and_the_sister_parties_share_none() -> None:
    for party in PACK.parties:
        regions = [set(entry.regions) or LAENDER for entry in party.lists]
        assert party.lists, party.id
        assert set().union(*regions) <= LAENDER, party.id
        assert sum(map(len, regions)) == len(set().union(*regions)), f"{party.id} has two lists in one Land"
    sisters = PACK.party("cdu-csu")
    assert sisters is not None
    bavaria = [entry.short for entry in sisters.lists if "Bayern" in entry.regions]
    assert bavaria == ["CSU"]
    assert {r for entry in sisters.lists for r in entry.regions} == LAENDER


def test_texts_exist_in_every_language_or_fall_back_to_german() -> None:
    for party in PACK.parties:
        assert "de" in party.short and "de" in party.name
        assert all(set(person.role) == set(PACK.languages) for person in party.people)


def test_no_party_has_a_colour_or_a_side() -> None:
    text = (ROOT / "elections" / "bundestag-2025" / "parties.yaml").read_text("utf-8").lower()
    assert not re.search(r"#[0-9a-f]{6}|colou?r|farbe:", text)


@needs_corpora
def test_digests_are_those_of_the_corpora() -> None:
    listed = {
        row["sha256"]: row["file"]
        for row in csv.DictReader((CORPORA / "MANIFEST.csv").read_text(encoding="utf-8").splitlines())
    }
    for source in PACK.sources:
        for rendition in source.renditions:
            file = CORPORA / listed[rendition.sha256]
            assert sha256(file.read_bytes()) == rendition.sha256
            assert source.kind is DocumentKind.LAW or file.name.startswith(f"{source.party}--")


@needs_corpora
def test_lists_are_those_of_the_official_file() -> None:
    file = CORPORA / "btw2025" / "official" / "btw25_bewerb_utf8.csv"
    rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    head = next(i for i, row in enumerate(rows) if row[0] == "Wahlart")
    official: dict[str, set[str]] = {}
    for row in rows[head + 1 :]:
        entry = dict(zip(rows[head], row, strict=True))
        if entry["Kennzeichen"] == "Landesliste":
            official.setdefault(entry["Gruppenname"], set()).add(entry["Gebietsname"])
    ours = {entry.name: set(entry.regions) or LAENDER for party in PACK.parties for entry in party.lists}
    assert ours == official
    assert len(PACK.parties) == 28, "29 parties of the official list, two of which share one programme"


def _law(source_id: str) -> str:
    source = PACK.source(source_id)
    assert source is not None
    listed = {
        row["sha256"]: row["file"]
        for row in csv.DictReader((CORPORA / "MANIFEST.csv").read_text(encoding="utf-8").splitlines())
    }
    data = (CORPORA / listed[source.renditions[0].sha256]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == source.renditions[0].sha256
    return data.decode("utf-8")


def _section(reference: LawReference) -> str:
    source = PACK.source(reference.document)
    if source is not None and reference.section == source.short:
        return " ".join(_law(reference.document).split())  # an order without sections
    found = re.search(
        rf"^# {re.escape(reference.section)}(?: [^\n]*)?\n(.*?)(?=^# |\Z)",
        _law(reference.document),
        re.MULTILINE | re.DOTALL,
    )
    assert found is not None, f"{reference.document} has no {reference.section}"
    return " ".join(found.group(1).split())


@needs_corpora
def test_every_statement_cites_words_that_stand_once_in_their_section() -> None:
    for card in PACK.rules:
        for statement in card.statements:
            for reference in statement.law:
                count = _section(reference).count(reference.words)
                assert count == 1, f"{card.id}: {reference.words!r} stands {count} times in {reference.section}"


def test_a_deadline_is_announced_where_one_is_computed_and_nowhere_else() -> None:
    for card in PACK.rules:
        texts = [text for statement in card.statements for text in statement.text.values()]
        assert (card.deadline is not None) == any("{deadline}" in text for text in texts), card.id
        for statement in card.statements:
            assert len({"{deadline}" in text for text in statement.text.values()}) == 1, card.id


def test_cards_have_questions_in_every_language_and_an_honest_reviewer() -> None:
    assert len(PACK.rules) >= 14
    for card in PACK.rules:
        assert set(card.ask) == set(PACK.languages) and all(len(asked) >= 2 for asked in card.ask.values()), card.id
        assert card.reviewer == "project authors (not an election authority)"
        assert card.valid_until is not None and card.valid_until >= PACK.polling_day
