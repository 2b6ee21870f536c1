"""The draft of an answer: quotations, or, where a model was asked, sentences of its that say no more than they do.

Promise: a model cannot put a sentence before a voter that the sources do not hold. A sentence counts only with a
number that was offered, the quotation word for word, and no word, number, denial or order that the quoted sentence
lacks (`guardrails/support.py`); the party is that of the document, whatever the model says. Where a party that speaks
would be left without a sentence, nobody gets one: then the quotations stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.answering.check import objections
from app.answering.desk_view import Room
from app.answering.dictation import Written, offered, read
from app.answering.extract import budget_of, extract
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
    words = room.words(exchange.question.language)
    told = _told(draft, exchange, room)
    note = words.not_composed if told is None else words.composed
    shown = (told or draft).model_copy(update={"message": f"{note} {draft.message or ''}".strip()})
    return exchange.with_(draft=shown)


def _told(draft: Answer, exchange: Exchange, room: Room) -> Answer | None:
    """The draft with the composed sentences in the place of the quotations; None where it cannot be."""
    assert exchange.dictation is not None and exchange.scope is not None
    reply = read(exchange.dictation.response or "") if exchange.dictation.trouble is None else None
    if reply is None:
        return None
    offers = offered(exchange, room)
    found = [c for written in reply.claims if (c := _claim(written, offers, room)) is not None]
    each = _same_number(found, dict.fromkeys(c.party for c in draft.claims), budget_of(exchange.scope, room))
    if not each:
        return None
    if all(c.kind == "quotation" for c in each):
        return None
    told = draft.model_copy(update={"claims": each})
    return told if objections(told, room) == ((), ()) else None


def _claim(written: Written, offers: Sequence[Claim], room: Room) -> Claim | None:
    """The composed claim, with the whole quoted sentence as its proof; None when it falls."""
    if not 1 <= written.number <= len(offers):
        return None
    quoted = offers[written.number - 1]
    citation = quoted.citations[0]
    shown = comparable(room.built.names.mask(citation.quote, SLOT))
    quotation = comparable(written.quotation)
    if len(quotation.split()) < min(LEAST_QUOTED, len(shown.split())) or quotation not in shown:
        return None
    passage = room.built.passage(citation.passage)
    text = comparable(written.text)
    if text in (shown, comparable(citation.quote)):
        return quoted
    policy = room.built.common.policy
    lists = policy.composed.get(passage.language.split("-")[0])
    if lists is None or unsupported(text, citation.quote, passage.language, lists):
        return None
    if room.built.names.mentions(text) or _speaks_of_others(citation.quote, quoted.party, room):
        return None
    return quoted.model_copy(update={"kind": "composed", "text": text})


def _speaks_of_others(quote: str, party: str | None, room: Room) -> bool:
    """Whether the sentence names another party: what it says of them is shown in its own words alone."""
    return any(m.parties != (party,) for m in room.built.names.mentions(quote))


def _same_number(found: Sequence[Claim], parties: Iterable[str | None], most: int) -> tuple[Claim, ...]:
    """As many sentences for every party as the one with the fewest has, at most `most`; none when one has none.

    No sentence stands twice.
    """
    by_party: dict[str | None, list[Claim]] = {party: [] for party in parties}
    for claim in found:
        kept = by_party.get(claim.party)
        if kept is not None and all(claim.citations != other.citations for other in kept):
            kept.append(claim)
    fewest = min((len(kept) for kept in by_party.values()), default=0)
    return tuple(c for kept in by_party.values() for c in kept[: min(fewest, most)])
