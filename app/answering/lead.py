"""What the service says in its own words above the quotations: whom it took to be asked, and what it could not search.

Every sentence is a reviewed template of `wording/`, filled with official names in the reader's
language, and the same for every party.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.answering.desk_view import Room
from app.answering.wording import filled
from domain.answer import AnswerStatus
from domain.base import Language
from domain.exchange import Exchange


def lead(exchange: Exchange, room: Room) -> str:
    """The sentence before the quotations of parties, after any notes."""
    scope = exchange.scope
    assert scope is not None
    language = exchange.question.spoken_to
    words = room.words(language)
    if len(scope.parties) == 1:
        text = filled(words.lead["one_party"], party=_named(scope.parties, language, room))
    else:
        text = words.lead["several_parties" if scope.named else "all_parties"]
    further = words.more if scope.more else ""
    return " ".join(part for part in (notes(exchange, room), further, text) if part)


def notes(exchange: Exchange, room: Room) -> str:
    """How the question was taken: people, unknown parties, parties spoken about, what a story is of."""
    scope = exchange.scope
    assert scope is not None
    language = exchange.question.spoken_to
    words = room.words(language)
    said = [
        filled(words.people_mapped, person=person, party=_party_of(person, language, room)) for person in scope.people
    ]
    if scope.unknown:
        said.append(filled(words.unknown_party, party=", ".join(scope.unknown)))
    if scope.spoken_of:
        said.append(filled(words.names_not_searched, party=_named(scope.spoken_of, language, room)))
    if scope.told and words.taken_as:
        titles = [room.built.corpus.register.title(id, exchange.question.language) for id in scope.told]
        said.append(filled(words.taken_as, matters="; ".join(titles)))
    return " ".join(said)


def nothing_found(exchange: Exchange, room: Room, silent: bool, no_document: Sequence[str]) -> str:
    """The message without a quotation; "nothing in the documents" only where there were documents to search."""
    language = exchange.question.spoken_to
    words = room.words(language)
    said = [notes(exchange, room)]
    asked = exchange.scope.parties if exchange.scope else ()
    if silent and len(asked) == 1:
        said.append(filled(words.silent, party=_named(asked, language, room)))
    elif silent or not (no_document or said[0]):
        said.append(words.status[AnswerStatus.UNANSWERABLE_NO_SOURCE].message)
    elif no_document:
        said.append(filled(words.no_document, party=_named(no_document, language, room)))
    return " ".join(text for text in said if text)


def of_others(parties: Sequence[str], exchange: Exchange, room: Room) -> str:
    """That what is shown beside of these parties tells of others and is not their position; empty without any."""
    if not parties:
        return ""
    language = exchange.question.spoken_to
    return filled(room.words(language).of_others, party=_named(parties, language, room))


def _named(parties: Iterable[str], language: Language, room: Room) -> str:
    found = [room.built.election.party(p) for p in parties]
    return ", ".join(p.short_in(language) for p in found if p is not None)


def _party_of(person: str, language: Language, room: Room) -> str:
    found = [p for p in room.built.election.parties if any(one.name == person for one in p.people)]
    return ", ".join(p.short_in(language) for p in found)
