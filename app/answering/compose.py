"""The extractive composer: quotations and nothing else, the same number for every party.

Each claim is one sentence, verbatim, with its page. Which sentence is chosen depends on the
question and the sentence; lead-ins and notices come from the reviewed wording files.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from app.answering.cards import card_claims, matching_card, shown_date
from app.answering.desk_view import Room
from app.answering.retrieve import best_coverage, find
from app.answering.wording import base, filled
from app.links import first_page, viewer_url
from app.retrieval.lexical import expansion_of
from app.retrieval.weights import Weights
from domain.answer import AnswerStatus, Citation, Claim, Searched, Silence
from domain.base import Language
from domain.exchange import Exchange, Subject
from domain.passage import Hit, Passage, Sentence

LEAST_WORDS = 4
MOST_WORDS = 70
UNSTOPPED_WORDS = 9
"""From here on a list item without a full stop is quoted; a shorter one is most likely a heading."""


def compose(exchange: Exchange, room: Room) -> Exchange:
    """Draft the answer. Nothing in it is shown before `check` has passed it."""
    scope = exchange.scope
    assert scope is not None
    return _rules(exchange, room) if scope.subject is Subject.RULES else _parties(exchange, room)


def _rules(exchange: Exchange, room: Room) -> Exchange:
    """A reviewed card where one fits, else the law itself."""
    language = exchange.question.language
    words = room.words(language)
    card = matching_card(exchange, room)
    if card is not None:
        claims = card_claims(card, language, room)
        if claims:
            return _settled(exchange, room, claims, message=_dated(words.lead["rules"], language, room))
    hits = [h for h in exchange.hits if h.party is None]
    if not hits:
        hits = find(_matter(exchange), language, (None,), room, 8)[0][None]
    if _speaks(hits, None, exchange, room):
        claims = _quotations(hits, room.settings.quotations_law, exchange, room)
        return _settled(exchange, room, claims, message=_dated(words.lead["law"], language, room), hits=hits)
    return _settled(exchange, room, (), message=None)


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
        message=_lead(exchange, room) if claims else None,
        silent=tuple(silent),
        near=tuple(near),
        no_document=tuple(no_document),
    )


def _matter(exchange: Exchange) -> str:
    assert exchange.scope is not None
    return exchange.scope.matter


def _speaks(hits: Sequence[Hit], party: str | None, exchange: Exchange, room: Room) -> bool:
    """Whether the best passages cover enough of the question's concepts; one floor for all parties."""
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

    A place is left empty rather than filled: after the first quotation only passages and
    sentences count that cover as much of the question as speaking takes.
    """
    claims: list[Claim] = []
    seen: set[str] = set()
    floor = _weights(hits[0].party, exchange, room).floor if hits else 0
    for turn in range(budget):
        for hit in hits:
            if len(claims) == budget:
                return tuple(claims)
            passage = room.built.passage(hit.passage)
            place = _at_turn(hit, passage, turn)
            if place is None or (claims and min(hit.coverage, hit.sentences[place]) < floor):
                continue
            sentence = passage.sentences[place]
            quote = passage.text[sentence.start : sentence.end]
            if quote not in seen and room.built.stands_on_page(passage, quote):
                seen.add(quote)
                claims.append(quotation(passage, quote, room))
    return tuple(claims)


def _at_turn(hit: Hit, passage: Passage, turn: int) -> int | None:
    """The quotable sentence of the passage that covers the question best, second best, and so on.

    A sentence that a page or column break cuts is left aside: a reader could not find it whole.
    """
    quotable = (i for i in hit.order if _quotable(passage, passage.sentences[i]))
    return next(itertools.islice(quotable, turn, None), None)


def _quotable(passage: Passage, sentence: Sentence) -> bool:
    """A whole sentence on one page, neither a fragment nor a heading that reads like one."""
    text = passage.text[sentence.start : sentence.end]
    count = len(text.split())
    if len(sentence.spans) != 1 or count < LEAST_WORDS:
        return False
    if passage.section is not None:
        return True
    return count <= MOST_WORDS and (count >= UNSTOPPED_WORDS or not text[-1].isalnum())


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


def _lead(exchange: Exchange, room: Room) -> str:
    scope = exchange.scope
    assert scope is not None
    language = exchange.question.language
    words = room.words(language)
    if len(scope.parties) == 1:
        party = room.built.election.party(scope.parties[0])
        lead = filled(words.lead["one_party"], party=party.short_in(language) if party else scope.parties[0])
    else:
        lead = words.lead["several_parties" if scope.named else "all_parties"]
    notes = [filled(words.people_mapped, person=person, party=_party_of(person, room)) for person in scope.people]
    return " ".join([*notes, lead])


def _party_of(person: str, room: Room) -> str:
    language = room.built.election.languages[0]
    found = [p for p in room.built.election.parties if any(one.name == person for one in p.people)]
    return ", ".join(p.short_in(language) for p in found)


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
            "message": message or words.message,
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
    missing = scope.named and (parts.get("silent") or parts.get("no_document"))
    return AnswerStatus.ANSWERED_IN_PART if missing else AnswerStatus.ANSWERED


def expansion(exchange: Exchange, room: Room) -> tuple[str, ...]:
    """Every term that was searched beside the question's own words."""
    asked = exchange.question.language
    languages = sorted({room.built.language_for(h.party, asked) or asked for h in exchange.hits})
    terms = [t for tag in languages for t in expansion_of(_matter(exchange), room.built.reader(asked, tag))]
    return tuple(dict.fromkeys(terms))
