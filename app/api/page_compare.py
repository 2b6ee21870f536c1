"""A recorded answer with the parties side by side: which of them, in which order, with or without their names.

Promise: whoever reads blind gets the same words as anyone else, with every name of a party or leading person, the
links, and whatever else tells one document from another left out of the page itself, not only out of sight. A name
comes back only for the column whose cover the reader lifts. Words made from a name,
as adjectives, stay. All that decides stands in the address, the seed of the
order included, so that another person sees the same page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Self
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from app import links
from app.api import page_views
from app.api.page_desk import Built
from app.api.page_routes import BuiltHere, DeskHere, PageRoute
from app.api.page_shell import page
from app.api.page_views import Row, Said
from app.errors import UnknownRecord
from domain.answer import Answer, Citation
from domain.election import Party

LARGEST_SEED = 9999
ADDRESS = re.compile(
    r"\S+@\S+|(?<!\w)@\w{2,}|(?:https?://|www\.)\S+|(?<![\w.])(?:[\w-]+\.)+(?:de|org|eu|com|net|me|info)(?:/\S*)?", re.I
)
"""Electronic mail, handles and web addresses."""
router = APIRouter(route_class=PageRoute, include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True)
class Choice:
    """What the address asks for; `lifted` are the places of the columns, from 1, whose names a blind reader sees."""

    parties: tuple[str, ...]
    seed: int | None
    blind: bool
    lifted: frozenset[int]

    @classmethod
    def of(cls, request: Request, built: Built, first_seed: int) -> Self:
        """Read from the query; what cannot be read counts as not asked for. Blind reading always shuffles."""
        query = request.query_params
        known = {p.id for p in built.election.parties}
        parties = tuple(dict.fromkeys(p for p in query.getlist("party") if p in known))
        blind = query.get("blind") == "1"
        shuffled = blind or query.get("order") == "shuffled"
        seed = _number(query.get("seed")) if shuffled else None
        lifted = (
            frozenset(n for text in query.getlist("lift") if 0 < (n := _number(text) or 0) <= len(known))
            if blind
            else ()
        )
        return cls(parties, (first_seed if seed is None else seed) if shuffled else None, blind, frozenset(lifted))

    def query(self) -> str:
        """The query that asks for this again."""
        values: list[tuple[str, str]] = [("party", p) for p in self.parties]
        if self.blind:
            values.append(("blind", "1"))
        elif self.seed is not None:
            values.append(("order", "shuffled"))
        if self.seed is not None:
            values.append(("seed", str(self.seed)))
        return urlencode([*values, *(("lift", str(n)) for n in sorted(self.lifted))])


@dataclass(frozen=True)
class Column:
    """One party's side of the comparison. `letter` stands for the party of a covered column, whose `party` is None."""

    place: int
    letter: str
    party: Party | None
    row: Row
    lift: str
    """Query of the address that lifts this cover."""


@router.get("/e/{election}/a/{record}/compare")
async def compare(record: str, request: Request, built: BuiltHere, desk: DeskHere) -> Response:
    """A recorded answer, party beside party."""
    answer = await desk.answer(record)
    if answer.election != built.election.id:
        raise UnknownRecord("the record belongs to another election")
    exchange = await desk.exchange(record)
    choice = Choice.of(request, built, exchange.seed % (LARGEST_SEED + 1))
    question = exchange.question.text
    context = {
        "built": built,
        "answer": answer,
        "question": built.names.mask(question, BLANK) if choice.blind else question,
        "language": exchange.question.language,
        "choice": choice,
        "asked": tuple(r.party for r in page_views.rows(built, answer) if r.party is not None),
        "columns": columns(built, answer, choice),
        "without": page_views.parties_named(built.election, answer.no_document),
        "next_order": replace(choice, seed=((choice.seed or 0) + 1) % (LARGEST_SEED + 1), lifted=frozenset()).query(),
        "uncovered": replace(choice, blind=False, lifted=frozenset()).query(),
        "back": links.answer_path(built.election.id, record),
    }
    response = page(request, "compare.html", context)
    response.headers.update({"X-Robots-Tag": "noindex", "Cache-Control": "private, no-cache"})
    return response


BLANK = "▢"
"""Stands where a name is left out."""


def columns(built: Built, answer: Answer, choice: Choice) -> tuple[Column, ...]:
    """The chosen parties that were searched, all of them without a choice, as in the answer or shuffled by the seed."""
    rows = {row.party.id: row for row in page_views.rows(built, answer) if row.party is not None}
    order = list(rows)
    if choice.seed is not None:
        shuffled = built.election.model_copy(update={"party_order": "shuffle"}).ordered(choice.seed)
        order = [p.id for p in shuffled if p.id in rows]
    # A document that alone has sections, or alone has none, would be known by them.
    sections = all(q.citation.section for row in rows.values() for one in row.said for q in one.quoted)
    chosen = rows.keys() & set(choice.parties) or rows.keys()
    found = []
    for place, row in enumerate((rows[id] for id in order if id in chosen), start=1):
        covered = choice.blind and place not in choice.lifted
        lift = replace(choice, lifted=choice.lifted | {place}).query()
        shown = _covered(row, built, sections) if covered else row
        found.append(Column(place=place, letter=_letter(place), party=shown.party, row=shown, lift=lift))
    return tuple(found)


def _covered(row: Row, built: Built, sections: bool) -> Row:
    """The row with names left out of every sentence, and of the titles of `sections`; no source can be opened."""
    said, near = (_masked(of, built, sections) for of in (row.said, row.near))
    return replace(row, party=None, said=said, near=near)


def _masked(said: Sequence[Said], built: Built, sections: bool) -> tuple[Said, ...]:
    found = []
    for one in said:
        text = _blank(one.claim.text, built)
        quoted = tuple(
            replace(q, citation=q.citation.model_copy(update=_blanks(q.citation, built, sections))) for q in one.quoted
        )
        found.append(replace(one, claim=one.claim.model_copy(update={"text": text}), quoted=quoted))
    return tuple(found)


def _blanks(citation: Citation, built: Built, sections: bool) -> dict[str, str | None]:
    section = _blank(citation.section, built) if sections and citation.section else None
    return {"quote": _blank(citation.quote, built), "section": section}


def _blank(text: str, built: Built) -> str:
    """The text without names, and without addresses that lead to somebody."""
    return built.names.mask(ADDRESS.sub(BLANK, text), BLANK)


def _letter(place: int) -> str:
    """A, B, … Z, then AA."""
    before, last = divmod(place - 1, len(ascii_uppercase))
    return (_letter(before) if before else "") + ascii_uppercase[last]


def _number(text: str | None) -> int | None:
    """A whole number from 0 that an address may hold, or None."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(int(text[:9]), LARGEST_SEED)
