"""The draft of an answer: quotations, or, where a model was asked, sentences of its that say no more than they do.

Promise: a model cannot put a sentence before a voter that the sources do not hold. A sentence counts only with a
number that was offered, the quotation word for word, and no word, number, denial or order that the quoted sentence
lacks (`guardrails/support.py`); the party is that of the document, whatever the model says. Where a party that speaks
would be left without a sentence, nobody gets one. Every quotation of the draft stays, told or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.answering.check import objections
from app.answering.desk_view import Room
from app.answering.dictation import Written, offered, read
from app.answering.extract import extract
from app.answering.quote import asked_for
from domain.answer import Answer, Claim
from domain.exchange import Exchange
from guardrails.grounding import comparable
from guardrails.second import SLOT
from guardrails.support import unsupported

LEAST_QUOTED = 3
"""Words of a sentence that a quotation must hold at least."""


def compose(exchange: Exchange, room: Room) -> Exchange:
    """Draft the answer, in composed sentences where a model was asked and enough of them hold."""
    exchange = extract(exchange, room)
    draft, dictation = exchange.draft, exchange.dictation
    if draft is None or dictation is None:
        return exchange
    words = room.words(exchange.question.spoken_to)
    told = _told(draft, exchange, room)
    note = words.not_composed if told is None else words.composed
    shown = (told or draft).model_copy(update={"message": f"{note} {draft.message or ''}".strip()})
    return exchange.with_(draft=shown)


def _told(draft: Answer, exchange: Exchange, room: Room) -> Answer | None:
    """The draft with composed sentences above their quotations; None where it cannot be."""
    assert exchange.dictation is not None
    reply = read(exchange.dictation.response or "") if exchange.dictation.trouble is None else None
    if reply is None:
        return None
    offers = offered(exchange, room)
    found: dict[Claim, Claim] = {}
    for written in reply.claims:
        claim = _claim(written, offers, room)
        if claim is not None and claim.kind == "composed":
            found.setdefault(offers[written.number - 1], claim)
    told = draft.model_copy(update={"claims": _same_number(draft.claims, found)})
    if all(c.kind == "quotation" for c in told.claims):
        return None
    return told if objections(told, room) == ((), ()) else None


def _claim(written: Written, offers: Sequence[Claim], room: Room) -> Claim | None:
    """The composed claim, with the whole quoted sentence as its proof; None when it falls."""
    if not 1 <= written.number <= len(offers):
        return None
    quoted = offers[written.number - 1]
    citation = quoted.citations[0]
    sentence = asked_for(quoted, room)
    shown = comparable(room.built.names.mask(sentence, SLOT))
    quotation = comparable(written.quotation)
    if len(quotation.split()) < min(LEAST_QUOTED, len(shown.split())) or quotation not in shown:
        return None
    passage = room.built.passage(citation.passage)
    text = comparable(written.text)
    if text in (shown, comparable(sentence)):
        return quoted
    policy = room.built.common.policy
    lists = policy.composed.get(passage.language.split("-")[0])
    if lists is None or unsupported(text, sentence, passage.language, lists):
        return None
    if room.built.names.mentions(text) or _speaks_of_others(citation.quote, quoted.party, room):
        return None
    return quoted.model_copy(update={"kind": "composed", "text": text})


def _speaks_of_others(quote: str, party: str | None, room: Room) -> bool:
    """Whether the sentence names another party: what it says of them is shown in its own words alone."""
    return any(m.parties != (party,) for m in room.built.names.mentions(quote))


def _same_number(quoted: Sequence[Claim], composed: Mapping[Claim, Claim]) -> tuple[Claim, ...]:
    """The quotations, each told by its composed sentence where it has one, as many of these for every party."""
    fewest = min(sum(c in composed for c in quoted if c.party == party) for party in {c.party for c in quoted})
    told: list[Claim] = []
    for claim in quoted:
        so_far = sum(t.kind == "composed" and t.party == claim.party for t in told)
        told.append(composed[claim] if claim in composed and so_far < fewest else claim)
    return tuple(told)
