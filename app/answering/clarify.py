"""Asks back when a question holds nothing to search for, or nothing that can be read.

One short question with choices from the pack's neutral topics; no party and no position is ever
suggested, and nobody is called silent on nothing.
"""

from __future__ import annotations

from app.answering.cards import matching_cards
from app.answering.desk_view import Room
from app.answering.procedure import concerned
from app.answering.wording import filled, worded
from app.retrieval.analyse import Stopwords, words
from app.retrieval.question import Reader, parse
from domain.answer import AnswerStatus
from domain.base import in_language
from domain.cue_words import QUESTION_WORDS, WHICH_WORDS, WHO_WORDS
from domain.exchange import Exchange, Subject

FEWEST_LETTERS = 5
"""Shorter words have too few letters to tell a rare word from a random one."""
_IN_A_ROW = 3
_ASKING = QUESTION_WORDS | WHO_WORDS | WHICH_WORDS
_VOWELS = frozenset("aeiouy")


def asks_nothing(exchange: Exchange, room: Room) -> bool:
    """Whether the question has no word that could be searched: only question words, fillers or random letters."""
    scope = exchange.scope
    assert scope is not None
    asked = words(scope.matter)
    lists = room.built.retrieval.stopwords.values()
    if not any(all(_says_nothing(word, one, room) for word in asked) for one in lists):
        return False
    if scope.subject is Subject.RULES and concerned(asked, room):
        return False
    return bool(exchange.question.explicit_parties) or scope.named or not matching_cards(exchange, room)


def cannot_be_read(exchange: Exchange, room: Room) -> bool:
    """Whether no word of a question to parties is known in its language to the documents or the vocabulary.

    Then nothing was searched, and silence would be said of documents that were never asked.
    """
    scope, asked = exchange.scope, exchange.question.language
    assert scope is not None
    if scope.subject is Subject.RULES or any(hit.coverage for hit in exchange.hits):
        return False
    readers = [room.built.reader(asked, tag) for tag in room.built.by_language(scope.parties, asked)]
    return bool(readers) and all(reader.foreign and _unread(scope.matter, reader) for reader in readers)


def _unread(matter: str, reader: Reader) -> bool:
    query = parse(matter, reader, 0)
    return bool(query.unread) and not query.concepts


def ask_which(exchange: Exchange, room: Room, notes: str) -> Exchange:
    """The exchange settled with the question which topic is meant; `notes` are said before it.

    The two topics given as examples are drawn by the recorded seed.
    """
    language = exchange.question.spoken_to
    wording = room.words(language)
    topics = [in_language(s.topic, language) for s in room.built.election.suggestions]
    if len(topics) < 2:
        question, suggestion = wording.clarify_without_topics, None
    else:
        place = exchange.seed % len(topics)
        first, second = topics[place], topics[(place + 1) % len(topics)]
        status = wording.status[AnswerStatus.CLARIFY]
        question = filled(status.message, first=first, second=second)
        suggestion = filled(status.suggestion or "", first=first) or None
    message = f"{notes} {question}".strip()
    return worded(exchange.with_(hits=()), room, AnswerStatus.CLARIFY, message=message, suggestion=suggestion)


def _says_nothing(word: str, lists: Stopwords, room: Room) -> bool:
    if word in lists.stop or word in lists.frame or (len(word) == 1 and not word.isdigit()):
        return True
    return word in _ASKING or room.phrases.found("filler", [word]) or _random(word, room)


def _random(word: str, room: Room) -> bool:
    """Letters typed at random: no vowel among them, or no three in a row that a known word holds."""
    if len(word) < FEWEST_LETTERS or not word.isalpha():
        return False
    languages = room.built.corpus.languages.values()
    if any(one.lexicon.stem_id(one.analyser.stem(word)) is not None for one in languages):
        return False
    if not _VOWELS & set(word):
        return True
    held = _strings(room)
    return not any(word[i : i + _IN_A_ROW] in held for i in range(len(word) - _IN_A_ROW + 1))


def _strings(room: Room) -> frozenset[str]:
    """Every three letters in a row that a word of the documents or of the vocabulary holds, in any language."""

    def held() -> frozenset[str]:
        grams = [gram for one in room.built.corpus.languages.values() for gram in one.lexicon.grams]
        concepts = room.built.retrieval.vocabulary.concepts
        known = {word for one in concepts for terms in one.terms.values() for term in terms for word in words(term)}
        return frozenset(
            letters[i : i + _IN_A_ROW] for letters in (*grams, *known) for i in range(len(letters) - _IN_A_ROW + 1)
        )

    return room.built.kept("letters", held)
