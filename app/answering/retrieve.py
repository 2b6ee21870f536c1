"""The same number of passages for every party in scope, or the law's, with all scores kept in the record."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

from app.answering.cards import likelihood, matching_cards
from app.answering.desk_view import Room
from app.answering.nearer import analyser_of, meant, nearer_to_a_card
from app.answering.procedure import as_rules, leaves_open
from app.retrieval.analyse import words
from app.retrieval.balance import Ask, Scored, search
from app.retrieval.corpus import pool
from app.retrieval.embed import code
from app.retrieval.question import parse
from app.retrieval.register import Entry, Met
from domain.base import Language
from domain.exchange import Exchange, Scope, Subject
from domain.passage import Hit

PER_PARTY = 6
"""Passages kept per party, used or not."""
LAW_SPEAKS = 749
"""A question that does not speak of voting goes to the law only when it covers more than this, in thousandths."""


def retrieve(exchange: Exchange, room: Room) -> Exchange:
    """Fill in the hits: best first within a party, parties in published order; the law has party None.

    A matter of the election's register brings the places that stand there first, also when something is asked beside.
    A question that is not simply one, names no party and does not speak of parties may be about procedure: then the
    law is searched too, and the question belongs to whichever covers it better; so does a story to matters or cards.
    """
    scope = exchange.scope
    assert scope is not None
    asked = exchange.question.language
    rules = scope.subject is Subject.RULES or nearer_to_a_card(exchange, room)
    undecided = not rules and leaves_open(exchange, room)
    if (undecided or rules) and matching_cards(exchange, room):
        return exchange.with_(scope=as_rules(scope))
    entry = None if rules else _registered(scope, asked, room)
    if (
        undecided
        and entry is not None
        and entry.met is Met.TOLD
        and likelihood(scope.matter, asked, room) >= entry.score
    ):
        return exchange.with_(scope=as_rules(scope))
    if rules:
        scope = as_rules(scope)
        hits, query_code = find(scope.matter, asked, (None,), room, PER_PARTY)
    elif undecided and (entry is None or entry.met is not Met.REGISTERED):
        hits, query_code = find(scope.matter, asked, (*scope.parties, None), room, PER_PARTY, entry)
        law = hits.pop(None)
        if best_coverage(law) > max(LAW_SPEAKS, *(best_coverage(group) for group in hits.values()), 0):
            scope, hits = as_rules(scope), {None: law}
    else:
        hits, query_code = find(scope.matter, asked, scope.parties, room, PER_PARTY, entry)
    if entry is None and scope.subject is not Subject.RULES and not _speaks(hits, asked, room):
        entry = _told(scope, asked, room)
        if undecided and likelihood(scope.matter, asked, room) > (entry.score if entry is not None else 0):
            return exchange.with_(scope=as_rules(scope))
        if entry is not None:
            hits, query_code = find(scope.matter, asked, scope.parties, room, PER_PARTY, entry)
    if entry is not None and scope.subject is not Subject.RULES:
        ids = entry.ids if entry.met is Met.TOLD else entry.ids[0]
        scope = scope.model_copy(update={entry.met.value: ids})
    return exchange.with_(scope=scope, hits=tuple(h for group in hits.values() for h in group), query_code=query_code)


def _registered(scope: Scope, asked: Language, room: Room) -> Entry | None:
    """The matter of the register that is asked for, or the main one; those that a story is likely to be about."""
    analyser = analyser_of(scope, asked, room)
    named = room.built.corpus.register.matter(scope.matter, analyser) if analyser is not None else None
    return _told(scope, asked, room) if named is None and _tells(scope, room) else named


def _tells(scope: Scope, room: Room) -> bool:
    """Whether somebody speaks of oneself."""
    return room.phrases.found("asker", words(scope.matter))


def _told(scope: Scope, asked: Language, room: Room) -> Entry | None:
    """The matters that the words of the question are likely to tell of."""
    analyser = analyser_of(scope, asked, room)
    if analyser is None:
        return None
    register = room.built.corpus.register
    return register.told(scope.matter, analyser, meant(scope, analyser, room), _tells(scope, room))


def _speaks(hits: Mapping[str | None, Sequence[Hit]], asked: Language, room: Room) -> bool:
    """Whether a passage of any party covers as much of the question as speaking takes."""
    floors = {p: room.built.retrieval.weights.of(asked, room.built.language_for(p, asked) or asked).floor for p in hits}
    return any(best_coverage(group) >= floors[party] for party, group in hits.items())


def best_coverage(hits: Sequence[Hit]) -> int:
    """The largest share of the question's concepts that one of the passages covers; 0 without any."""
    return max((h.coverage for h in hits), default=0)


def find(
    matter: str,
    asked: Language,
    parties: Sequence[str | None],
    room: Room,
    k: int,
    entry: Entry | None = None,
) -> tuple[dict[str | None, list[Hit]], str | None]:
    """Hits per party (None: the law), in the given order, and the embedding's code if one was computed.

    The places of an `entry` of the register come first.
    """
    built = room.built
    found: dict[str | None, list[Hit]] = {party: [] for party in parties}
    query_code: str | None = None
    for language, group in built.by_language(parties, asked).items():
        weights = built.retrieval.weights.of(asked, language)
        query = parse(matter, built.reader(asked, language), weights.grams)
        vector = code(built.embedder.vector(matter)) if weights.dense and built.embedder is not None else None
        if vector is not None:
            query_code = base64.b64encode(vector.tobytes()).decode()
        pools = [pool(party, language) for party in group]
        listed = [entry.places.get(party or "", ()) for party in group] if entry else ()
        results = search(built.corpus, built.candidates, language, Ask(query, vector, weights), pools, k, listed)
        for party, scored in zip(group, results, strict=True):
            found[party] = [_hit(s, party, rank, room) for rank, s in enumerate(scored, start=1)]
    return found, query_code


def _hit(scored: Scored, party: str | None, rank: int, room: Room) -> Hit:
    return Hit(
        passage=room.built.corpus.ids[scored.passage],
        party=party,
        rank=rank,
        score=scored.score,
        lexical=scored.lexical,
        dense=scored.dense,
        coverage=scored.coverage,
        sentences=scored.sentences,
        order=scored.order,
        through=scored.through,
        listed=scored.listed,
        near=scored.near,
    )
