"""A pack loads whole, or every problem is named with file, line and field; no trap of YAML passes silently."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from app.errors import IsegoriaError, PackError, UnknownElection
from app.packs import find_pack, load_pack, schemas, write_schemas
from app.yaml_lines import dotted, load_checked
from domain.base import Frozen

ROOT = Path(__file__).resolve().parents[2]

ELECTION = """\
id: toy
name: {de: Spielwahl, en: Toy election}
country: {de: Spielland, en: Toyland}
polling_day: 2031-05-04
time_zone: Europe/Berlin
languages: [de, en]
authority:
  name: {de: Wahlamt, en: Election office}
operator:
  name: Toy body
  contact: 1 Toy Street
  complaints: complaints@example.org
"""
PARTIES = """\
parties:
  - id: lantern
    short: {de: Laterne}
    name: {de: Die Laterne}
    forms: [Laterne, Laternenpartei]
  - id: bridge
    short: {de: Brücke}
    name: {de: Bund der Brücke}
"""
SOURCES = """\
documents:
  - id: lantern-programme
    title: Programm
    publisher: Die Laterne
    party: lantern
    kind: programme
    status: adopted
    language: de
    published: 2031-01-02
    renditions:
      - sha256: "%s"
        media_type: text/markdown
        path: sources/lantern.md
""" % ("a" * 64)
RULES = """\
cards:
  - id: age
    title: {de: Wahlalter, en: Voting age}
    ask: {de: [Ab wann darf ich wählen?]}
    statements:
      - text: {de: Ab 16., en: From 16.}
        law: [{document: lantern-programme, section: "§ 1", words: sechzehn}]
    valid_from: 2031-01-01
    reviewer: A. Reviewer
    reviewed: 2031-01-03
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "toy"
    (folder / "rules").mkdir(parents=True)
    (folder / "election.yaml").write_text(ELECTION)
    (folder / "parties.yaml").write_text(PARTIES)
    (folder / "sources.yaml").write_text(SOURCES)
    (folder / "rules" / "voting.yaml").write_text(RULES)
    return folder


def problems(folder: Path) -> list[str]:
    """What load_pack complains about, without the folder's own path."""
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    return [p.replace(f"{folder}/", "") for p in caught.value.problems]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))


def test_a_whole_pack_loads(pack: Path) -> None:
    election = load_pack(pack)
    assert election.polling_day == date(2031, 5, 4)
    assert [p.id for p in election.parties] == ["lantern", "bridge"]
    assert election.sources[0].renditions[0].path == "sources/lantern.md"
    assert election.rules[0].statements[0].law[0].section == "§ 1"


def test_parties_and_rules_are_optional(pack: Path) -> None:
    (pack / "parties.yaml").unlink()
    (pack / "rules" / "voting.yaml").unlink()
    change(pack / "sources.yaml", "    party: lantern\n    kind: programme", "    kind: law")
    assert load_pack(pack).parties == ()


def test_the_given_example_of_a_message(pack: Path) -> None:
    change(pack / "parties.yaml", "forms: [Laterne, Laternenpartei]", "forms: Laterne")
    assert problems(pack) == ["parties.yaml:5: parties[0].forms: must be a list of texts"]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("election.yaml", "id: toy\n", "id: toy\nid: toy2\n", "election.yaml:2: id: is given twice (first on line 1)"),
        ("election.yaml", "polling_day: 2031-05-04", "polling_day: soon",
         "election.yaml:4: polling_day: must be a date such as 2025-02-23, not 'soon'"),
        ("election.yaml", "2031-05-04", "2031-05-44", "election.yaml:4: polling_day: 2031-05-44 is not a valid date"),
        ("election.yaml", "time_zone: Europe/Berlin\n", "", "election.yaml:1: time_zone: is missing"),
        ("election.yaml", "time_zone:", "timezone:",
         "election.yaml:5: timezone: is not a known field; did you mean 'time_zone'?"),
        ("election.yaml", "[de, en]", "[]", "election.yaml:6: languages: must have at least one entry"),
        ("election.yaml", "[de, en]", "[de, no]",
         "election.yaml:6: languages[1]: YAML reads no as a truth value; quote it if it is text: 'no'"),
        ("election.yaml", "[de, en]", "[de, Deutsch]",
         "election.yaml:6: languages: 'Deutsch' is not a BCP 47 language tag such as 'de' or 'en'"),
        ("election.yaml", "[de, en]", "[de, en]\nplain: [fr-simple]",
         "election.yaml:7: plain: 'fr-simple' is not one of this election's languages followed by '-simple'"),
        ("election.yaml", "[de, en]", "[de, en]\nplain: [de-easy]",
         "election.yaml:7: plain: 'de-easy' is not one of this election's languages followed by '-simple'"),
        ("election.yaml", "{de: Spielwahl, en", "{de: Spielwahl, no",
         "election.yaml:2: name: YAML reads the key no as a truth value; quote it: 'no'"),
        ("election.yaml", "{de: Spielwahl, en", "{de: Spielwahl, english_",
         "election.yaml:2: name.english_: is not a BCP 47 language tag such as 'de' or 'en'"),
        ("election.yaml", "contact: 1 Toy Street", "contact: 2031-01-01",
         "election.yaml:11: operator.contact: must be text; quote it: '2031-01-01'"),
        ("election.yaml", "contact: 1 Toy Street", "contact: 030",
         "election.yaml:11: operator.contact: YAML reads 030 as a number in a special notation; quote it"),
        ("election.yaml", "contact: 1 Toy Street", "contact:", "election.yaml:11: operator.contact: must be text"),
        ("election.yaml", "languages: [de, en]", "languages: [de, en]\nparties: []",
         "election.yaml:7: parties: belongs in parties.yaml, not in election.yaml"),
        ("election.yaml", "country: {de: Spielland, en: Toyland}", "country: &x {de: a}\nauthority2: *x",
         "election.yaml:4: authority2: anchors and aliases are not used in these files; write the value out"),
        ("election.yaml", "contact: 1", "contact: \t- [", "election.yaml:11: is not valid YAML: "),
        ("election.yaml", "id: toy", "id: toy\n---\nid: toy", "election.yaml:2: is not valid YAML: but found another"),
        ("election.yaml", "1 Toy Street", "!!python/name:os.system x", "the YAML tag tag:yaml.org,2002:python"),
        ("parties.yaml", "id: bridge", "id: lantern", "parties.yaml:6: parties[1].id: id 'lantern' is given twice"),
        ("parties.yaml", "id: bridge", "id: Bridge!",
         "parties.yaml:6: parties[1].id: id 'Bridge!' is not lower-case letters, digits and hyphens"),
        ("parties.yaml", "short: {de: Brücke}", "short: Brücke",
         "parties.yaml:7: parties[1].short: must be a mapping of languages to texts"),
        ("parties.yaml", "parties:\n", "partys:\n", "parties.yaml:1: parties: is missing"),
        ("sources.yaml", "kind: programme", "kind: program",
         "sources.yaml:6: documents[0].kind: must be 'law', 'programme' or 'other', not 'program'"),
        ("sources.yaml", "aaaaaa", "AAAAAA",
         "sources.yaml:11: documents[0].renditions[0].sha256: must be 64 lower-case hexadecimal digits (a SHA-256)"),
        ("sources.yaml", "party: lantern", "party: lamp",
         "sources.yaml:2: documents[0].id: 'lantern-programme' names the unknown party 'lamp'"),
        ("sources.yaml", "path: sources", "path: ../..", "which leaves the pack folder"),
        ("sources.yaml", "    renditions:\n",
         f"    renditions:\n      - {{sha256: {'b' * 64}, media_type: application/pdf}}\n",
         "sources.yaml:10: documents[0].renditions: holds more than one file; only the one that is read and cited"),
        ("rules/voting.yaml", "document: lantern-programme", "document: constitution",
         "rules/voting.yaml:2: cards[0].id: card 'age' cites the unknown document 'constitution'"),
        ("rules/voting.yaml", "    valid_from:", "    then: [ages]\n    valid_from:",
         "rules/voting.yaml:2: cards[0].id: card 'age' goes on with the unknown card 'ages'"),
        ("rules/voting.yaml", "en: From 16.", "fr: Dès 16.",
         "rules/voting.yaml:2: cards[0].id: card 'age' lacks a statement in 'en'"),
        ("rules/voting.yaml", "    valid_from:", "    deadline: {days: -21, time: 18:00}\n    valid_from:",
         "rules/voting.yaml:8: cards[0].deadline.time: YAML reads 18:00 as a number"),
    ],
)  # fmt: skip
def test_each_mistake_names_file_line_and_field(pack: Path, file: str, old: str, new: str, expected: str) -> None:
    change(pack / file, old, new)
    found = problems(pack)
    assert any(expected in p for p in found), found


def test_all_problems_of_all_files_come_at_once(pack: Path) -> None:
    change(pack / "election.yaml", "time_zone: Europe/Berlin\n", "")
    change(pack / "election.yaml", "2031-05-04", "soon")
    change(pack / "parties.yaml", "forms: [Laterne, Laternenpartei]", "forms: 3")
    assert [p.split(": ")[1] for p in problems(pack)] == ["polling_day", "time_zone", "parties[0].forms"]


def test_the_same_digest_twice_is_found(pack: Path) -> None:
    text = (pack / "sources.yaml").read_text()
    (pack / "sources.yaml").write_text(text + text.split("\n", 1)[1].replace("id: lantern-programme", "id: other"))
    (found,) = problems(pack)
    assert found == f"sources.yaml:23: documents[1].renditions[0].sha256: sha256 {'a' * 64} is given twice"


def test_card_ids_are_unique_over_all_rule_files(pack: Path) -> None:
    (pack / "rules" / "zz.yaml").write_text(RULES)
    assert problems(pack) == ["rules/zz.yaml:2: cards[0].id: id 'age' is given twice"]


def test_files_that_are_not_yaml_text(pack: Path) -> None:
    (pack / "parties.yaml").write_bytes(b"parties:\n  - id: \xff\n")
    (pack / "sources.yaml").write_text("")
    (pack / "rules" / "voting.yaml").write_text("[" * 100_000)
    (pack / "rules" / "more.yml").write_text("cards: []")
    found = problems(pack)
    assert found[:3] == [
        "rules/more.yml: rename it to end in .yaml",
        "parties.yaml:2: is not UTF-8 text",
        "sources.yaml:1: is empty",
    ]
    assert found[3] == "rules/voting.yaml:1: is nested too deeply"


def test_a_missing_file_is_named(pack: Path) -> None:
    (pack / "sources.yaml").unlink()
    assert problems(pack) == ["sources.yaml: cannot be read: No such file or directory"]
    (pack / "election.yaml").unlink()
    assert problems(pack)[0].startswith("election.yaml: the file is missing")


def test_a_control_character_is_an_error(pack: Path) -> None:
    change(pack / "election.yaml", "1 Toy", "1\x07 Toy")
    assert "is not valid YAML" in problems(pack)[0]


def test_find_pack_by_id_and_by_folder(pack: Path, tmp_path: Path) -> None:
    assert find_pack("toy", tmp_path) == pack
    assert find_pack(str(pack), tmp_path / "nowhere") == pack
    with pytest.raises(UnknownElection, match="known elections: toy"):
        find_pack("../toy2", tmp_path)
    with pytest.raises(UnknownElection, match="there is no election pack"):
        find_pack("toy", tmp_path / "nowhere")


def test_other_models_can_be_read_with_the_same_care(tmp_path: Path) -> None:
    class Policy(Frozen):
        limit: int

    path = tmp_path / "policy.yaml"
    path.write_text("limit: 3")
    assert load_checked(path, Policy).limit == 3
    path.write_text("\nlimit: many")
    with pytest.raises(PackError, match=r"policy.yaml:2: limit: must be a number, not 'many'"):
        load_checked(path, Policy)
    assert dotted(("a", 2, "b")) == "a[2].b"


def test_every_error_has_its_own_code_and_a_status() -> None:
    def tree(kind: type[IsegoriaError]) -> list[type[IsegoriaError]]:
        return [kind, *(e for sub in kind.__subclasses__() for e in tree(sub))]

    kinds = tree(IsegoriaError)
    assert len({k.code for k in kinds}) == len(kinds)
    assert all(400 <= k.status < 600 for k in kinds)


def test_the_committed_schemas_are_current(tmp_path: Path) -> None:
    committed = {p.name: p.read_text() for p in (ROOT / "elections" / "schemas").glob("*.json")}
    assert committed == schemas(), "run app.packs.write_schemas on elections/schemas"
    assert {p.name for p in write_schemas(tmp_path / "new")} == set(committed)
    assert "parties" not in json.loads(committed["election.schema.json"])["properties"]
