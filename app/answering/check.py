"""The guard's word on the draft: every quotation found, every party heard, or nothing is shown."""

from __future__ import annotations

from app.answering.desk_view import Room
from app.answering.wording import worded
from domain.answer import Answer, AnswerStatus
from domain.exchange import Exchange
from domain.passage import Passage
from domain.verdict import Verdict
from guardrails.gate import check_claims
from guardrails.neutrality import UNBALANCED, Coverage


def check(exchange: Exchange, room: Room) -> Exchange:
    """Turn the draft into the answer, or withhold it."""
    draft = exchange.draft
    if draft is None:
        raise ValueError("there is no draft to check")
    verdicts, missing = objections(draft, room)
    exchange = exchange.with_(verdicts=(*exchange.verdicts, *verdicts))
    if any(v.category == UNBALANCED for v in verdicts):
        return worded(exchange, room, AnswerStatus.WITHHELD_UNBALANCED)
    if missing or verdicts:
        return worded(exchange, room, AnswerStatus.WITHHELD_UNGROUNDED)
    return exchange.with_(answer=draft)


def objections(draft: Answer, room: Room) -> tuple[tuple[Verdict, ...], tuple[str, ...]]:
    """What the guard finds wrong with a draft, and the quotations that do not stand on their page.

    Raises UnknownDocument when a claim cites a passage that the build does not have.
    """
    shown = (*draft.claims, *draft.near)
    passages = {c.passage: room.built.passage(c.passage) for claim in shown for c in claim.citations}
    coverage = Coverage(
        scope=draft.scope,
        silent=tuple(s.party for s in draft.silent),
        no_document=draft.no_document,
    )
    policy = room.built.common.policy
    verdicts = (
        *check_claims(draft.claims, passages, coverage, policy),
        *check_claims(draft.near, passages, Coverage(_heard(draft), (), ()), policy),
    )
    quotes = [c for claim in shown for c in claim.citations]
    return verdicts, tuple(c.quote for c in quotes if not _found(passages[c.passage], c.quote, room))


def _heard(draft: Answer) -> tuple[str, ...]:
    return tuple(dict.fromkeys(claim.party for claim in draft.near if claim.party is not None))


def _found(passage: Passage, quote: str, room: Room) -> bool:
    """The quotation stands on the page itself, not only in the passage cut from it."""
    return room.built.stands_on_page(passage, quote)
