"""The demo election, whole or with two parties' names exchanged, built and opened.

Exchanging takes every form: official names, short names, certain and ambiguous forms, lists and
people. Ids, the order of parties and the documents stay; in the documents each name is replaced
by a name of the other party, of whatever length.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from app.answering.phrases import read_phrases
from app.common import load_common
from app.desk import Ask, Desk, House
from app.main import open_election
from app.packs import load_pack
from app.record import MemoryRecorder
from app.settings import Settings
from domain.answer import Answer, Claim
from domain.base import sha256
from domain.election import Election, Party
from domain.exchange import Exchange
from domain.names import Names
from ingestion.build import Order, build
from tests.small_pack import ELECTIONS, retrieval_data

SLOT = "□"
NAMED = ("short", "name", "lists", "forms", "ambiguous", "people")


class FixedChance:
    """A clock that stands still and a chance that is always the same."""

    def now(self) -> datetime:
        """A day before the election."""
        return datetime(2027, 3, 1, 12, tzinfo=UTC)

    def identity(self) -> str:
        """Always the same id."""
        return "0" * 32

    def seed(self) -> int:
        """Always the same seed."""
        return 3


@dataclass(frozen=True, repr=False, eq=False)
class World:
    """A built election and the desk that answers over it."""

    election: Election
    desk: Desk
    names: Names
    literal: re.Pattern[str]
    sources: Mapping[str, str]

    def ask(self, question: str, parties: tuple[str, ...] = (), language: str | None = None) -> Exchange:
        """The exchange of one question in a conversation of its own."""
        return asyncio.run(self.desk.ask(Ask("demo", question, None, parties, language), record=False))

    def masked(self, text: str | None) -> str | None:
        """The text with every name of any party replaced by the slot, however the pack writes it."""
        return None if text is None else self.literal.sub(SLOT, self.names.mask(text, SLOT))


def every_name(parties: Iterable[Party]) -> list[str]:
    """All strings that name a party or a leader, the longest first."""
    found: set[str] = set()
    for p in parties:
        found |= {*p.short.values(), *p.name.values(), *p.forms, *(a.form for a in p.ambiguous)}
        found |= {name for one in p.lists for name in (one.name, one.short or one.name)}
        found |= {form for one in p.people for form in (one.name, *one.forms)}
    return sorted(found, key=lambda name: (-len(name), name))


def certain(party: Party) -> list[str]:
    """Forms that mean the party anywhere, of very different lengths."""
    unclear = {a.form.casefold() for a in party.ambiguous}
    return [f for f in dict.fromkeys((*party.forms, *party.name.values())) if f.casefold() not in unclear]


def exchanged_text(text: str, names: Names, others: Mapping[str, Party]) -> str:
    """The text with each name of a party replaced by a name of the other one, whose forms are taken in turn."""
    parts: list[str] = []
    place = turn = 0
    for mention in names.mentions(text):
        other = others.get(mention.parties[0]) if len(mention.parties) == 1 else None
        if other is None:
            continue
        forms = [p.name for p in other.people] if mention.person else certain(other)
        parts += [text[place : mention.start], forms[turn % len(forms)]]
        place, turn = mention.end, turn + 1
    return "".join(parts) + text[place:]


def plain_world(folder: Path) -> World:
    """The demo election as it is, but listed."""
    return _world(folder, lambda _path, text: text, lambda parties: parties)


def exchanged_world(folder: Path, plain: World, pairs: Iterable[tuple[str, str]]) -> World:
    """The demo election with the names of the parties of each pair exchanged."""
    others = others_of(plain, pairs)

    def parties(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        by_id = {row["id"]: row for row in rows}
        return [_named_as(row, by_id[others[row["id"]].id if row["id"] in others else row["id"]]) for row in rows]

    return _world(folder, lambda _path, text: exchanged_text(text, plain.names, others), parties)


def others_of(world: World, pairs: Iterable[tuple[str, str]]) -> dict[str, Party]:
    """By party id the party whose names it takes."""
    parties = {p.id: p for p in world.election.parties}
    return {x: parties[y] for one, two in pairs for x, y in ((one, two), (two, one))}


def _named_as(row: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {"id": row["id"]} | {k: other[k] for k in NAMED if k in other}


def copy_pack(
    folder: Path,
    change: Callable[[Path, str], str],
    parties: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    order: str = "listed",
    sources: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = lambda rows: rows,
) -> Path:
    """The demo pack with its documents and parties changed; digests follow."""
    pack = folder / "demo"
    shutil.copytree(ELECTIONS / "demo", pack, ignore=shutil.ignore_patterns("corpus.lock"))
    listed = _load(pack / "sources.yaml")
    for row in listed["documents"]:
        for rendition in row["renditions"]:
            file = pack / rendition["path"]
            text = file.read_text(encoding="utf-8")
            data = (text if row["kind"] == "law" else change(file, text)).encode()
            file.write_bytes(data)
            rendition["sha256"] = sha256(data)
    _dump(pack / "sources.yaml", {"documents": sources(listed["documents"])})
    _dump(pack / "parties.yaml", {"parties": parties(_load(pack / "parties.yaml")["parties"])})
    _dump(pack / "election.yaml", _load(pack / "election.yaml") | {"party_order": order})
    return pack


def open_world(pack: Path, data: Path) -> World:
    """Build the pack and open a desk over it, with a clock and a chance that stand still."""
    build(load_pack(pack), retrieval_data(), Order(pack, data), lambda _stage, _done, _all: None)
    settings = Settings(elections=ELECTIONS, data=data)
    common = load_common(ELECTIONS)
    built = open_election("demo", common, settings)
    phrases = read_phrases(ELECTIONS / "common" / "understand")
    house = House(settings, phrases, "0" * 64, _raise)
    names = every_name(built.election.parties)
    return World(
        built.election,
        Desk({"demo": built}, MemoryRecorder(), FixedChance(), house),
        built.names,
        re.compile("|".join(map(re.escape, names)), re.IGNORECASE),
        {s.renditions[0].sha256: s.id for s in built.election.sources},
    )


def _world(
    folder: Path,
    change: Callable[[Path, str], str],
    parties: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
) -> World:
    return open_world(copy_pack(folder, change, parties), folder / "data")


def _raise(step: str, error: Exception) -> None:
    raise AssertionError(f"step {step} failed") from error


def _load(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def _dump(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")


def essence(exchange: Exchange, world: World) -> dict[str, object]:
    """All that an answer says, names masked and documents named by their id in the pack."""
    answer = exchange.answer
    assert answer is not None
    return {
        "status": answer.status,
        "language": answer.language,
        "scope": answer.scope,
        "words": [world.masked(t) for t in _own_words(answer)],
        "claims": [_claim(c, world) for c in answer.claims],
        "near": [_claim(c, world) for c in answer.near],
        "silent": [(s.party, s.searched.passages, s.searched.terms) for s in answer.silent],
        "no_document": answer.no_document,
        "expansion": answer.expansion,
        "hits": [(h.party, h.rank, h.score) for h in exchange.hits],
    }


def _own_words(answer: Answer) -> tuple[str | None, ...]:
    return (answer.message, answer.reason, answer.suggestion, answer.resolved_question, answer.follow_up)


def _claim(claim: Claim, world: World) -> tuple[object, ...]:
    places = [(world.sources[c.document], world.masked(c.section), world.masked(c.quote)) for c in claim.citations]
    return (claim.kind, claim.party, world.masked(claim.text), places)
