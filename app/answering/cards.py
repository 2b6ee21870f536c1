"""Procedure cards: the reviewed answer to a question of procedure, with the law's own sentence as proof."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.answering.desk_view import Room
from app.answering.wording import filled
from app.links import viewer_url
from app.retrieval.analyse import Analyser, Stopwords, words
from domain.answer import Citation, Claim
from domain.base import Language
from domain.election import LawReference, RuleCard, Statement
from domain.exchange import Exchange
from domain.passage import Passage

ENOUGH = 600
"""Least Dice similarity, in thousandths, between the words of a question and a card's phrasing."""


def matching_card(exchange: Exchange, room: Room) -> RuleCard | None:
    """The card in force whose phrasing fits the question best, or None."""
    scope = exchange.scope
    assert scope is not None
    language = exchange.question.language
    lists = room.built.retrieval.stopwords.get(language, Stopwords(frozenset(), frozenset()))
    analyser = Analyser(language, lists)
    asked = _stems(scope.matter, analyser, room)
    best: tuple[int, str, RuleCard] | None = None
    for card in room.built.election.rules:
        if not _in_force(card, room):
            continue
        fit = max((_alike(asked, _stems(phrase, analyser, room)) for phrase in card.ask.get(language, ())), default=0)
        if fit >= ENOUGH and (best is None or (-fit, card.id) < (best[0], best[1])):
            best = (-fit, card.id, card)
    return best[2] if best else None


def _in_force(card: RuleCard, room: Room) -> bool:
    day = room.built.election.polling_day
    return card.valid_from <= day and (card.valid_until is None or day <= card.valid_until)


@dataclass(frozen=True)
class _Words:
    """Stems of a question of procedure: all that count, and those of its matter alone."""

    all: frozenset[str]
    matter: frozenset[str]


def _stems(text: str, analyser: Analyser, room: Room) -> _Words:
    """In questions of procedure, question words count beside the matter: when is not where."""
    found = words(text)
    asking = {w for w in found if room.phrases.found("asking", [w])}
    matter = {analyser.stem(w) for w in found if w not in analyser.lists.stop and w not in asking}
    return _Words(frozenset(matter | {analyser.stem(w) for w in asking}), frozenset(matter))


def _alike(asked: _Words, phrase: _Words) -> int:
    """The lesser likeness of the two: the same question words about another matter are another question."""
    return min(_fit(asked.all, phrase.all), _fit(asked.matter, phrase.matter))


def _fit(asked: frozenset[str], phrase: frozenset[str]) -> int:
    """Dice similarity of two sets of stems, in thousandths."""
    return 2000 * len(asked & phrase) // (len(asked) + len(phrase)) if asked and phrase else 0


def card_claims(card: RuleCard, language: Language, room: Room) -> tuple[Claim, ...]:
    """The card's statements in the language, each with the law's sentence as its citation."""
    return tuple(
        Claim(kind="card", text=_text(card, statement, language, room), party=None, citations=citations)
        for statement in card.statements
        if (citations := _citations(statement, language, room))
    )


def _text(card: RuleCard, statement: Statement, language: Language, room: Room) -> str:
    text = statement.text.get(language) or next(iter(statement.text.values()))
    if card.deadline is None:
        return text
    day = room.built.election.polling_day + timedelta(days=card.deadline.days)
    shown = shown_date(day, language) + (f", {card.deadline.time}" if card.deadline.time else "")
    return filled(text, deadline=shown)


def shown_date(day: date, language: Language) -> str:
    """A date as written in the language: 23.02.2025, 23/02/2025, otherwise ISO 8601."""
    base = language.split("-")[0]
    if base == "de":
        return day.strftime("%d.%m.%Y")
    return day.strftime("%d/%m/%Y") if base == "fr" else day.isoformat()


def _citations(statement: Statement, language: Language, room: Room) -> tuple[Citation, ...]:
    """The cited sentences in the reader's language where the law has such an edition, else as listed."""
    found = [(reference, passage, quote) for reference in statement.law for passage, quote in _places(reference, room)]
    own = [one for one in found if one[1].language == language] or found[:1]
    election = room.built.election.id
    return tuple(
        Citation(
            document=passage.document,
            passage=passage.id,
            section=passage.section,
            quote=quote,
            url=viewer_url(election, passage, quote),
        )
        for _, passage, quote in own
    )


def _places(reference: LawReference, room: Room) -> list[tuple[Passage, str]]:
    """The sentence of the section that holds the reference's words; at most one."""
    source = room.built.election.source(reference.document)
    if source is None:
        return []
    sha256 = source.renditions[0].sha256
    for section in room.built.sections(sha256) if sha256 in room.built.documents else ():
        for passage in section.paragraphs:
            if passage.section is None or not _same_section(passage.section, reference.section):
                continue
            for sentence in passage.sentences:
                quote = passage.text[sentence.start : sentence.end]
                if reference.words in quote:
                    return [(passage, quote)]
    return []


def _same_section(section: str, wanted: str) -> bool:
    return section == wanted or section.startswith(wanted + " ")
