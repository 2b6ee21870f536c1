"""The extractive composer: quotations and nothing else, the same number for every party.

Each claim is one sentence, verbatim, with its page. Which sentence is chosen depends on the
question and the sentence; lead-ins and notices come from the reviewed wording files.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from app.answering.appeals import appeals
from app.answering.cards import card_claims, matching_card, shown_date
from app.answering.clarify import ask_which, asks_nothing, cannot_be_read
from app.answering.desk_view import Room
from app.answering.lead import lead, notes, nothing_found
from app.answering.retrieve import best_coverage, find
from app.answering.wording import base, filled, noticed
from app.links import first_page, viewer_url
from app.retrieval.question import expansion_of
from app.retrieval.weights import Weights
from domain.answer import AnswerStatus, Citation, Claim, Searched, Silence
from domain.base import Language
from domain.election import RuleCard
from domain.exchange import Exchange, Subject
from domain.passage import Hit, Passage, Sentence

LEAST_WORDS = 4
MOST_WORDS = 70
FIRST = 600
"""Share of the floor, in thousandths, that the first sentence covers alone; measured: a higher one silences parties."""
PLAINLY = 200
"""How far above the floor a passage covers a question that is plainly its matter."""
LAW_FLOOR = 750
"""Least coverage, in thousandths, from which a sentence of the law is quoted where no card fits."""
MOST_LAW_WORDS = 140
UNSTOPPED_WORDS = 9
"""From here on a list item without a full stop is quoted; a shorter one is most likely a heading."""

_PROVISION = re.compile(r"(?:§|Art)\s?")
"""How the citation of a provision opens; the forms of an annex repeat what provisions say."""
_BLANKS = re.compile(r"[.…_]{4,}|(?:[.…_] ){3,}")
"""Where a form is to be filled in."""


def compose(exchange: Exchange, room: Room) -> Exchange:
    """Draft the answer. Nothing in it is shown before `check` has passed it."""
    scope = exchange.scope
    assert scope is not None
    if asks_nothing(exchange, room) and not _nobody_to_ask(exchange, room):
        return ask_which(exchange, room, notes(exchange, room))
    if cannot_be_read(exchange, room):
        return ask_which(exchange, room, room.words(exchange.question.language).not_read)
    return _rules(exchange, room) if scope.subject is Subject.RULES else _parties(exchange, room)


def _nobody_to_ask(exchange: Exchange, room: Room) -> bool:
    """Whether only parties were named that have no document here, so that no topic could be searched either."""
    scope, language = exchange.scope, exchange.question.language
    assert scope is not None
    asked = scope.subject is Subject.PARTIES and scope.named
    return asked and all(room.built.language_for(party, language) is None for party in scope.parties)


def _rules(exchange: Exchange, room: Room) -> Exchange:
    """A reviewed card where one fits, else the law where it plainly speaks of it, else who can tell."""
    language = exchange.question.language
    words = room.words(language)
    card = matching_card(exchange, room)
    claims = card_claims(card, language, room) if card is not None else ()
    if card is not None and claims:
        lead_in = _lapsing(card, words.lead["rules"], language, room)
        return _settled(exchange, room, claims, message=_dated(lead_in, language, room))
    if card is not None or matching_card(exchange, room, in_force=False) is not None:
        return _settled(exchange, room, (), message=filled(words.expired_rule, authority=_authority(language, room)))
    hits = [h for h in exchange.hits if h.party is None]
    if not hits:
        hits = find(_matter(exchange), language, (None,), room, 8)[0][None]
    claims = _of_law(hits, room)
    if claims:
        return _settled(exchange, room, claims, message=_dated(words.lead["law"], language, room), hits=hits)
    message = filled(words.lead["authority"], authority=_authority(language, room))
    return _settled(exchange, room, (), message=_dated(message, language, room))


def _authority(language: Language, room: Room) -> str:
    """The name of the authority with its address where the pack gives one."""
    authority = room.built.election.authority
    name = authority.name.get(language) or next(iter(authority.name.values()))
    return f"{name} ({authority.url})" if authority.url else name


def _lapsing(card: RuleCard, lead: str, language: Language, room: Room) -> str:
    """The lead-in of a card; once its time is over it is said that the rule may no longer hold."""
    if card.valid_until is None or room.today <= card.valid_until.isoformat():
        return lead
    return f"{filled(room.words(language).expired_rule, authority=_authority(language, room))} {lead}"


def _dated(lead: str, language: Language, room: Room) -> str:
    """The lead-in; after polling day it first says that the election is over, by the recorded clock."""
    day = room.built.election.polling_day
    if room.today <= day.isoformat():
        return lead
    return f"{filled(room.words(language).past_polling_day, date=shown_date(day, language))} {lead}"


def _parties(exchange: Exchange, room: Room) -> Exchange:
    scope, language = exchange.scope, exchange.question.language
    assert scope is not None
    budget = room.settings.quotations_one if len(scope.parties) == 1 else room.settings.quotations_many
    claims: list[Claim] = []
    near: list[Claim] = []
    silent: list[Silence] = []
    no_document: list[str] = []
    for party in scope.parties:
        spoken = room.built.language_for(party, language)
        if spoken is None:
            no_document.append(party)
            continue
        hits = [h for h in exchange.hits if h.party == party]
        said = _quotations(hits, budget, exchange, room) if _speaks(hits, party, exchange, room) else ()
        claims += said
        if not said:
            silent.append(Silence(party=party, searched=_searched(party, exchange, room)))
            near += _near(hits, exchange, room)
    return _settled(
        exchange,
        room,
        tuple(claims),
        message=lead(exchange, room) if claims else nothing_found(exchange, room, bool(silent), no_document),
        silent=tuple(silent),
        near=tuple(near),
        no_document=tuple(no_document),
    )


def _matter(exchange: Exchange) -> str:
    assert exchange.scope is not None
    return exchange.scope.matter


def _speaks(hits: Sequence[Hit], party: str | None, exchange: Exchange, room: Room) -> bool:
    """Whether the register has a place for the party; without a matter of it, whether a passage covers enough.

    One floor for all parties.
    """
    assert exchange.scope is not None
    if exchange.scope.registered is not None:
        return any(h.listed for h in hits)
    return bool(hits) and best_coverage(hits) >= _weights(party, exchange, room).floor


def _near(hits: Sequence[Hit], exchange: Exchange, room: Room) -> tuple[Claim, ...]:
    if not hits or best_coverage(hits) < _weights(hits[0].party, exchange, room).near:
        return ()
    return _quotations(hits, 1, exchange, room)


def _weights(party: str | None, exchange: Exchange, room: Room) -> Weights:
    asked = exchange.question.language
    documents = room.built.language_for(party, asked) or asked
    return room.built.retrieval.weights.of(asked, documents)


def _quotations(hits: Sequence[Hit], budget: int, exchange: Exchange, room: Room) -> tuple[Claim, ...]:
    """Up to `budget` sentences: the best of each passage first, in rank order; then their second-best, and so on.

    A place is left empty rather than filled: only passages and sentences count that cover as much
    of the question as speaking takes. The first sentence may cover somewhat less, and any share in
    a passage that is plainly on the matter, where the sentences share the question's words. Of what the register
    lists only the listed sentence counts, and beside it nothing else.
    """
    hits = [h for h in hits if h.listed] or hits
    floor = _weights(hits[0].party, exchange, room).floor if hits else 0

    def counts(hit: Hit, place: int, first: bool) -> bool:
        if hit.listed is not None:
            return place == hit.order[0]
        if hit.coverage < floor:
            return False
        said = hit.sentences[place]
        return said >= floor or (first and (1000 * said >= FIRST * floor or hit.coverage >= floor + PLAINLY))

    return _chosen(hits, budget, counts, room)


def _of_law(hits: Sequence[Hit], room: Room) -> tuple[Claim, ...]:
    """Sentences of the law, each of which alone holds most of what is asked."""
    return _chosen(
        hits,
        room.settings.quotations_law,
        lambda hit, place, _: min(hit.coverage, hit.sentences[place]) >= LAW_FLOOR,
        room,
    )


def _chosen(
    hits: Sequence[Hit], budget: int, counts: Callable[[Hit, int, bool], bool], room: Room
) -> tuple[Claim, ...]:
    """`counts` says whether a hit's sentence may be quoted, told whether it would be the first."""
    claims: list[Claim] = []
    seen: set[str] = set()
    for turn in range(budget):
        for hit in hits:
            if len(claims) == budget:
                return tuple(claims)
            passage = room.built.passage(hit.passage)
            place = _at_turn(hit, passage, turn, room)
            if place is None or not counts(hit, place, not claims):
                continue
            sentence = passage.sentences[place]
            quote = passage.text[sentence.start : sentence.end]
            if quote not in seen and room.built.stands_on_page(passage, quote):
                seen.add(quote)
                claims.append(quotation(passage, quote, room))
    return tuple(claims)


def _at_turn(hit: Hit, passage: Passage, turn: int, room: Room) -> int | None:
    """The quotable sentence of the passage that covers the question best, second best, and so on.

    A sentence that a page or column break cuts is left aside: a reader could not find it whole.
    """
    quotable = (i for i in hit.order if _quotable(passage, passage.sentences[i], room))
    return next(itertools.islice(quotable, turn, None), None)


def _quotable(passage: Passage, sentence: Sentence, room: Room) -> bool:
    """A whole sentence on one page that says something: no fragment, no heading, no blank form, no appeal for votes."""
    text = passage.text[sentence.start : sentence.end]
    count = len(text.split())
    if len(sentence.spans) != 1 or count < LEAST_WORDS:
        return False
    if passage.section is not None:
        return count <= MOST_LAW_WORDS and bool(_PROVISION.match(passage.section)) and not _BLANKS.search(text)
    if count > MOST_WORDS or (count < UNSTOPPED_WORDS and text[-1].isalnum()):
        return False
    return not room.built.kept(("appeal", passage.id, sentence.start), lambda: appeals(text, passage.language, room))


def quotation(passage: Passage, quote: str, room: Room) -> Claim:
    """The claim that quotes this sentence of this passage."""
    start = passage.text.index(quote)
    page = first_page(passage, start, start + len(quote))
    section = passage.section or (passage.heading[-1] if passage.page is None and passage.heading else None)
    citation = Citation(
        document=passage.document,
        passage=passage.id,
        page=page,
        page_end=page,
        page_label=passage.page_label if page == passage.page else None,
        section=section,
        quote=quote,
        url=viewer_url(room.built.election.id, passage, quote),
    )
    return Claim(kind="quotation", text=quote, party=passage.party, citations=(citation,))


def _searched(party: str, exchange: Exchange, room: Room) -> Searched:
    language = room.built.language_for(party, exchange.question.language) or ""
    documents = tuple(
        sha
        for sha, view in room.built.documents.items()
        if view.source.party == party and view.source.language == language
    )
    return Searched(documents=documents, passages=room.built.pool_size(party, language), terms=_terms(exchange, room))


def _terms(exchange: Exchange, room: Room) -> tuple[str, ...]:
    """The question's own words, as they were searched; `expansion` of the answer holds the added ones."""
    asked = exchange.question.language
    documents = next(iter(room.built.spoken.values()), (asked,))
    reader = room.built.reader(asked, asked if asked in documents else documents[0])
    return tuple(reader.asked.content(_matter(exchange)))


def _settled(
    exchange: Exchange,
    room: Room,
    claims: tuple[Claim, ...],
    message: str | None,
    hits: Sequence[Hit] = (),
    **parts: object,
) -> Exchange:
    """The draft with its hits marked as used or not."""
    hits = tuple(exchange.hits) or tuple(hits)
    used = {c.passage for claim in claims for c in claim.citations}
    marked = tuple(h.model_copy(update={"used": True}) if h.passage in used else h for h in hits)
    language = exchange.question.language
    status = _status(exchange, claims, parts)
    words = room.words(language).status[status]
    draft = base(exchange, status, language).model_copy(
        update={
            "claims": claims,
            "message": noticed(message or words.message, exchange, room),
            "reason": words.reason,
            "suggestion": words.suggestion,
            "expansion": expansion(exchange, room),
            **parts,
        }
    )
    return exchange.with_(hits=marked, draft=draft)


def _status(exchange: Exchange, claims: tuple[Claim, ...], parts: dict[str, object]) -> AnswerStatus:
    """Answered in part when some of the parties that were asked for by name have nothing to quote."""
    scope = exchange.scope
    assert scope is not None
    if not claims:
        return AnswerStatus.UNANSWERABLE_NO_SOURCE
    missing = scope.named and (scope.unknown or parts.get("silent") or parts.get("no_document"))
    return AnswerStatus.ANSWERED_IN_PART if missing else AnswerStatus.ANSWERED


def expansion(exchange: Exchange, room: Room) -> tuple[str, ...]:
    """Every term that was searched beside the question's own words."""
    asked = exchange.question.language
    languages = sorted({room.built.language_for(h.party, asked) or asked for h in exchange.hits})
    terms = [t for tag in languages for t in expansion_of(_matter(exchange), room.built.reader(asked, tag))]
    return tuple(dict.fromkeys(terms))
