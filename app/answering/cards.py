"""Which procedure cards answer a question: by words, concepts of voting and meaning, in whole numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np

from app.answering.desk_view import Room
from app.answering.procedure import Heard, asks_for_the_whole, cue_fit, for_programmes, listen
from app.retrieval.analyse import Analyser, Stopwords, words
from app.retrieval.lexicon import Ints
from app.retrieval.register import MEANT, alike
from app.retrieval.telling import WORD, Telling, learnt, terms_of
from domain.base import Language, main_language
from domain.election import DocumentStatus, RuleCard
from domain.exchange import Exchange, Subject

LIKELY = 2000
"""Score from which the words of a card answer a question of procedure, in thousandths of one telling word."""
PLAIN = 350
"""Share in thousandths of a question that does not say whether it is one of procedure, from which they answer it."""
CUE = 500
"""What each concept that a card cues on adds to its score; a slight one counts once, any other three times."""
CONCEPT, PAIR = WORD, 700
"""What a concept of voting counts as a term, and two of them together, in any language."""
BESIDE = 650
"""Share of the first card's score, in thousandths, from which others stand beside it."""
PLAINLY_MEANT = 2000
"""What likeness of meaning must add that such a question is a card's whatever share of it the words are."""
MOST = 3
"""Cards of an answer."""


def matching_cards(exchange: Exchange, room: Room, in_force: bool = True) -> tuple[RuleCard, ...]:
    """The cards in force that answer the question, the likeliest first, at most three; with `in_force` false of others.

    A question that does not say that it is one of procedure must be a card's in good part.
    """
    scope = exchange.scope
    assert scope is not None
    share = 0 if scope.subject is Subject.RULES else PLAIN
    scores = _scores(scope.matter, exchange.question.language, room, share, in_force)
    most = max(scores.values(), default=0)
    cards = {card.id: card for card in room.built.election.rules}
    found = sorted(scores, key=lambda name: -scores[name])[:MOST]
    return tuple(cards[name] for name in found if most and 1000 * scores[name] >= BESIDE * most)


def with_what_follows(cards: Sequence[RuleCard], matter: str, room: Room) -> tuple[RuleCard, ...]:
    """The cards; where the whole of the first one's matter is asked for, it and those that it goes on with."""
    if not cards or not cards[0].then or not asks_for_the_whole(words(matter), room):
        return tuple(cards)
    every = {card.id: card for card in room.built.election.rules}
    return (cards[0], *(every[name] for name in cards[0].then if _in_force(every[name], room)))


def likelihood(matter: str, language: Language, room: Room, likeness: int = MEANT) -> int:
    """How much speaks for the likeliest card in force, in thousandths of a telling word; 0 for none."""
    return max(_scores(matter, language, room, 0, True, likeness).values(), default=0)


def _scores(
    matter: str, language: Language, room: Room, share: int, in_force: bool, likeness: int = MEANT
) -> dict[str, int]:
    """Per card what speaks for it: the words that lead to it, as what people ask and say of it, and its cues.

    Words count from `LIKELY` on, and from this share of the question. A question about a reform has no card.
    """
    heard = listen(words(matter), room)
    if for_programmes(matter, heard, room):
        return {}
    read = room.built.kept(("cards", language, in_force), lambda: _read(language, in_force, room))
    words_say, whole = read.telling.scores(_terms(matter, read.analyser, heard))
    meant = _meant(matter, language, read, room, likeness)
    told = words_say + meant
    enough = (told >= LIKELY) & ((1000 * words_say >= share * whole) | (meant >= PLAINLY_MEANT))
    cued = [CUE * max((cue_fit(card, h) for h in heard), default=0) for card in read.cards]
    scores = (told * enough + np.array(cued, dtype=np.int64)).tolist()
    return {card.id: score for card, score in zip(read.cards, scores, strict=True) if score}


def _meant(matter: str, language: Language, read: _Cards, room: Room, likeness: int) -> Ints:
    """What likeness of meaning adds to each card; 0 where the build read no meanings."""
    meant, codes = room.built.meant(matter, language), room.built.corpus.cards
    if meant is None or not len(codes):
        return np.zeros(len(read.cards), dtype=np.int64)
    return alike(meant, codes[read.rows], likeness)


@dataclass(frozen=True)
class _Cards:
    """The cards (not) in force, what reads a question in a language, and the words that lead to each card."""

    cards: tuple[RuleCard, ...]
    rows: list[int]
    """Their places among the cards of the pack."""
    analyser: Analyser
    telling: Telling


def _read(language: Language, in_force: bool, room: Room) -> _Cards:
    """Question words count here, and so do words of voting, which say nothing in questions to programmes."""
    lists = room.built.retrieval.stopwords.get(language, Stopwords())
    stop = frozenset(w for w in lists.stop if not room.phrases.found("asking", [w]))
    documents = room.built.corpus.languages.get(language)
    analyser = Analyser(language, Stopwords(stop), documents.analyser.parts if documents is not None else {})
    rows = [n for n, card in enumerate(room.built.election.rules) if _in_force(card, room) is in_force]
    cards = tuple(room.built.election.rules[n] for n in rows)
    told = [[_terms(text, analyser, _heard(text, room)) for text in _said_of(card, language)] for card in cards]
    return _Cards(cards, rows, analyser, learnt(told))


def _heard(text: str, room: Room) -> tuple[Heard, ...]:
    """What is heard in a text of the pack, which every language reads."""
    known: dict[str, tuple[Heard, ...]] = room.built.kept(("heard",), dict)
    if text not in known:
        known[text] = listen(words(text), room)
    return known[text]


def _said_of(card: RuleCard, language: Language) -> Iterator[str]:
    """How people ask for the card in any language, whose words and concepts often agree, and what it says in this."""
    for texts in card.ask.values():
        yield from texts
    yield from card.title.values()
    for statement in card.statements:
        yield from (text for tag, text in statement.text.items() if main_language(tag) == language)


def _terms(text: str, analyser: Analyser, heard: Sequence[Heard]) -> Counter[str]:
    """The terms of a text, and the concepts of voting heard in it, alone and by twos."""
    terms = terms_of(text, analyser)
    concepts = sorted({concept for h in heard for concept in h.concepts})
    terms.update({f"@{one}": CONCEPT for one in concepts})
    terms.update({f"@{one} {other}": PAIR for one, other in combinations(concepts, 2)})
    return terms


def _in_force(card: RuleCard, room: Room) -> bool:
    """Whether the card holds on polling day, and so does every law that it cites."""
    day = room.built.election.polling_day
    cited = [room.built.election.source(r.document) for statement in card.statements for r in statement.law]
    return _holds(card.valid_from, card.valid_until, day) and all(
        source is not None
        and source.status is DocumentStatus.ADOPTED
        and _holds(source.valid_from, source.valid_until, day)
        for source in cited
    )


def _holds(start: date | None, end: date | None, day: date) -> bool:
    return (start is None or start <= day) and (end is None or day <= end)
