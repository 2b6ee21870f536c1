"""The answer to a question of procedure: a reviewed card, else the law itself, else who can tell."""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.card_claims import card_claims
from app.answering.cards import matching_cards, with_what_follows
from app.answering.desk_view import Room
from app.answering.draft import matter_of, settled
from app.answering.quote import chosen
from app.answering.retrieve import find
from app.answering.wording import filled
from app.locales import long_date
from domain.answer import Claim
from domain.base import Language, in_language
from domain.election import RuleCard
from domain.exchange import Exchange
from domain.passage import Hit

LAW_FLOOR = 750
"""Least coverage, in thousandths, from which a sentence of the law is quoted where no card fits."""
LAW_HITS = 8


def rules_of_voting(exchange: Exchange, room: Room) -> Exchange:
    """A reviewed card where one fits, else the law where it plainly speaks of it, else who can tell."""
    language = exchange.question.spoken_to
    words = room.words(language)
    cards = with_what_follows(matching_cards(exchange, room), matter_of(exchange), room)
    claims = tuple(claim for card in cards for claim in card_claims(card, language, room))
    if claims:
        lead_in = _lapsing(cards, words.lead["rules"], language, room)
        return settled(exchange, room, claims, message=_dated(lead_in, language, room))
    if cards or matching_cards(exchange, room, in_force=False):
        return settled(exchange, room, (), message=filled(words.expired_rule, authority=_authority(language, room)))
    hits = [h for h in exchange.hits if h.party is None]
    if not hits:
        hits = find(matter_of(exchange), exchange.question.language, (None,), room, LAW_HITS)[0][None]
    claims = _of_law(hits, room)
    if claims:
        return settled(exchange, room, claims, message=_dated(words.lead["law"], language, room), hits=hits)
    message = filled(words.lead["authority"], authority=_authority(language, room))
    return settled(exchange, room, (), message=_dated(message, language, room))


def _authority(language: Language, room: Room) -> str:
    """The name of the authority with its address where the pack gives one."""
    authority = room.built.election.authority
    name = in_language(authority.name, language)
    return f"{name} ({authority.url})" if authority.url else name


def _lapsing(cards: Sequence[RuleCard], lead: str, language: Language, room: Room) -> str:
    """The lead-in of cards; once the time of one is over it is said that the rule may no longer hold."""
    if all(card.valid_until is None or room.today <= card.valid_until.isoformat() for card in cards):
        return lead
    return f"{filled(room.words(language).expired_rule, authority=_authority(language, room))} {lead}"


def _dated(lead: str, language: Language, room: Room) -> str:
    """The lead-in; after polling day it first says that the election is over, by the recorded clock."""
    day = room.built.election.polling_day
    if room.today <= day.isoformat():
        return lead
    return f"{filled(room.words(language).past_polling_day, date=long_date(day, language))} {lead}"


def _of_law(hits: Sequence[Hit], room: Room) -> tuple[Claim, ...]:
    """Sentences of the law, each of which alone holds most of what is asked."""
    return chosen(
        hits,
        room.settings.quotations_law,
        lambda hit, place, _: min(hit.coverage, hit.sentences[place]) >= LAW_FLOOR,
        room,
    )
