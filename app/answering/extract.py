"""The extractive composer: quotations and nothing else, the same number for every party.

Each claim is one sentence, verbatim, with its page. Which sentence is chosen depends on the
question and the sentence; lead-ins and notices come from the reviewed wording files.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.answering.clarify import ask_which, asks_nothing, cannot_be_read
from app.answering.desk_view import Room
from app.answering.draft import matter_of, settled
from app.answering.lead import lead, notes, nothing_found, of_others
from app.answering.quote import chosen, in_context
from app.answering.retrieve import best_coverage
from app.answering.rules_of_voting import rules_of_voting
from app.retrieval.analyse import as_typed
from app.retrieval.weights import Weights
from domain.answer import Claim, Searched, Silence
from domain.exchange import Exchange, Scope, Subject
from domain.passage import Hit

FIRST = 600
"""Share of the floor, in thousandths, that the first sentence covers alone; measured: a higher one silences parties."""
PLAINLY = 200
"""How far above the floor a passage covers a question that is plainly its matter."""
COMPANY = 3
"""Sentences from which a passage on the matter says more of it than one; a lone one shares the word most likely."""


def extract(exchange: Exchange, room: Room) -> Exchange:
    """Draft the answer from quotations. Nothing in it is shown before `check` has passed it."""
    scope = exchange.scope
    assert scope is not None
    if asks_nothing(exchange, room) and not _nobody_to_ask(exchange, room):
        return ask_which(exchange, room, notes(exchange, room))
    if cannot_be_read(exchange, room):
        return ask_which(exchange, room, room.words(exchange.question.spoken_to).not_read)
    return rules_of_voting(exchange, room) if scope.subject is Subject.RULES else _parties(exchange, room)


def _nobody_to_ask(exchange: Exchange, room: Room) -> bool:
    """Whether only parties were named that have no document here, so that no topic could be searched either."""
    scope, language = exchange.scope, exchange.question.language
    assert scope is not None
    asked = scope.subject is Subject.PARTIES and scope.named
    return asked and all(room.built.language_for(party, language) is None for party in scope.parties)


def _parties(exchange: Exchange, room: Room) -> Exchange:
    scope, language = exchange.scope, exchange.question.language
    assert scope is not None
    budget = budget_of(scope, room)
    claims: list[Claim] = []
    near: list[Claim] = []
    silent: list[Silence] = []
    reporting: list[str] = []
    no_document: list[str] = []
    for party in scope.parties:
        spoken = room.built.language_for(party, language)
        if spoken is None:
            no_document.append(party)
            continue
        said = quotations_of(party, budget, exchange, room)
        claims += said
        if not said:
            silent.append(Silence(party=party, searched=_searched(party, exchange, room)))
            beside = _near(_hits_of(party, exchange), exchange, room)
            told = () if beside else _told_of_others(_hits_of(party, exchange), exchange, room)
            near += beside or told
            reporting += [party] * len(told)
    said_of = lead(exchange, room) if claims else nothing_found(exchange, room, bool(silent), no_document)
    return settled(
        exchange,
        room,
        tuple(claims),
        message=f"{said_of} {of_others(reporting, exchange, room)}".strip(),
        silent=tuple(silent),
        near=tuple(near),
        no_document=tuple(no_document),
    )


def budget_of(scope: Scope, room: Room) -> int:
    """Quotations for each party."""
    return room.settings.quotations_one if len(scope.parties) == 1 else room.settings.quotations_many


def quotations_of(party: str | None, most: int, exchange: Exchange, room: Room) -> tuple[Claim, ...]:
    """Up to `most` quotations of one party, the best first; none when it is silent.

    Where more was asked for they follow on those shown before; where there are no others, the first are shown again.
    """
    hits = _hits_of(party, exchange)
    if not _speaks(hits, party, exchange, room):
        return ()
    shown = most * (exchange.scope.more if exchange.scope is not None else 0)
    further = _quotations(hits, shown + most, exchange, room, lone=True)[shown:] if shown else ()
    return further or _quotations(hits, most, exchange, room)


def _hits_of(party: str | None, exchange: Exchange) -> list[Hit]:
    return [h for h in exchange.hits if h.party == party]


def _speaks(hits: Sequence[Hit], party: str | None, exchange: Exchange, room: Room) -> bool:
    """Whether the register has a place for the party; without a matter of it, also whether a passage covers enough.

    One floor for all parties.
    """
    assert exchange.scope is not None
    if any(_stated(h) for h in hits):
        return True
    asked_otherwise = exchange.scope.registered is None
    return asked_otherwise and bool(hits) and best_coverage(hits) >= _weights(party, exchange, room).floor


def _stated(hit: Hit) -> bool:
    """Whether the register lists it as a position on the matter."""
    return hit.listed is not None and not hit.near


def _near(hits: Sequence[Hit], exchange: Exchange, room: Room) -> tuple[Claim, ...]:
    """What a silent party says nearby: what the register calls near; else the best passage, if it covers enough."""
    listed = chosen([h for h in hits if h.near], 1, _listed_sentence, room)
    if listed or not hits or best_coverage(hits) < _weights(hits[0].party, exchange, room).near:
        return listed
    return _quotations(hits, 1, exchange, room)


def _told_of_others(hits: Sequence[Hit], exchange: Exchange, room: Room) -> tuple[Claim, ...]:
    """What a silent party writes about others on the matter, with the sentences around it."""
    return in_context(hits, _weights(hits[0].party, exchange, room).floor, room) if hits else ()


def _listed_sentence(hit: Hit, place: int, _first: bool) -> bool:
    return place == hit.order[0]


def _weights(party: str | None, exchange: Exchange, room: Room) -> Weights:
    asked = exchange.question.language
    documents = room.built.language_for(party, asked) or asked
    return room.built.retrieval.weights.of(asked, documents)


def _quotations(
    hits: Sequence[Hit], budget: int, exchange: Exchange, room: Room, lone: bool = False
) -> tuple[Claim, ...]:
    """Up to `budget` sentences, in passages and of their own covering as much of the question as speaking takes.

    The first sentence may cover somewhat less, and any share in a passage that is plainly on the matter, where the
    sentences share its words. A further one that is `lone`, since nothing else in its passage is on the matter, comes
    last or not at all. Of what the register lists only the listed sentence counts, and nothing beside; but where no
    listed sentence can be quoted, the tests of every other question decide.
    """
    listed = chosen([h for h in hits if _stated(h)], budget, _listed_sentence, room)
    floor = _weights(hits[0].party, exchange, room).floor if hits else 0
    others = [h for h in hits if not h.near]

    def counts(hit: Hit, place: int, first: bool) -> bool:
        if hit.coverage < floor:
            return False
        said = hit.sentences[place]
        return said >= floor or (first and (1000 * said >= FIRST * floor or hit.coverage >= floor + PLAINLY))

    def in_company(hit: Hit, place: int, first: bool) -> bool:
        alone = len(hit.sentences) >= COMPANY and sum(map(bool, hit.sentences)) == 1
        return (first or not alone) and counts(hit, place, first)

    found = listed or chosen(others, budget, in_company, room)
    if listed or not lone:
        return found
    return (*found, *(c for c in chosen(others, budget, counts, room) if c not in found))[:budget]


def _searched(party: str, exchange: Exchange, room: Room) -> Searched:
    language = room.built.language_for(party, exchange.question.language) or ""
    documents = tuple(
        sha
        for sha, view in room.built.documents.items()
        if view.source.party == party and view.source.language == language
    )
    return Searched(documents=documents, passages=room.built.pool_size(party, language), terms=_terms(exchange, room))


def _terms(exchange: Exchange, room: Room) -> tuple[str, ...]:
    """The question's own words that were searched, as typed; `expansion` of the answer holds the added ones."""
    asked = exchange.question.language
    documents = next(iter(room.built.spoken.values()), (asked,))
    reader = room.built.reader(asked, asked if asked in documents else documents[0])
    typed = as_typed(matter_of(exchange))
    return tuple(typed.get(word, word) for word in reader.asked.content(matter_of(exchange)))
