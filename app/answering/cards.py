"""Procedure cards: the reviewed answer to a question of procedure, with the law's own sentence as proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.answering.desk_view import Room
from app.answering.procedure import Heard, cue_fit, listen
from app.answering.wording import filled
from app.links import viewer_url
from app.retrieval.analyse import Analyser, Stopwords, words
from domain.answer import Citation, Claim
from domain.base import Language
from domain.election import DocumentStatus, LawReference, RuleCard, Statement
from domain.exchange import Exchange
from domain.passage import Passage

ENOUGH = 600
"""Least Dice similarity, in thousandths, between the words of a question and a card's phrasing."""
ALMOST = 850
"""From here on a phrasing is the question itself but for a word."""


def matching_card(exchange: Exchange, room: Room, in_force: bool = True) -> RuleCard | None:
    """The card in force that answers the question, or None; of the others with `in_force` false.

    A phrasing that is almost the question itself comes first, then the card that cues on most
    of the question's concepts, then the likeliest phrasing. A question about a reform has no card.
    """
    scope = exchange.scope
    assert scope is not None
    language = exchange.question.language
    analyser, cards = room.built.kept(("cards", language, in_force), lambda: _phrased(language, in_force, room))
    asked = _stems(scope.matter, analyser, room)
    best: tuple[int, str, RuleCard] | None = None
    for card, phrasings in cards:
        fit = max((_alike(asked, phrasing) for phrasing in phrasings), default=0)
        if fit >= ENOUGH and (best is None or (-fit, card.id) < (best[0], best[1])):
            best = (-fit, card.id, card)
    if best is not None and -best[0] >= ALMOST:
        return best[2]
    heard = listen(words(scope.matter), room)
    if any(h.elsewhere for h in heard):
        return None
    return _cued([card for card, _ in cards], heard) or (best[2] if best else None)


def _cued(cards: Sequence[RuleCard], heard: Sequence[Heard]) -> RuleCard | None:
    """The card that explains most of the question, the first of the pack among equals."""
    fits = [(max((cue_fit(card, h) for h in heard), default=0), card) for card in cards]
    most = max((fit for fit, _ in fits), default=0)
    return next((card for fit, card in fits if fit == most), None) if most else None


def _phrased(
    language: Language, in_force: bool, room: Room
) -> tuple[Analyser, tuple[tuple[RuleCard, tuple[_Words, ...]], ...]]:
    """The cards (not) in force with the words of their phrasings, and what reads questions the same way."""
    lists = room.built.retrieval.stopwords.get(language, Stopwords())
    analyser = Analyser(language, lists)
    return analyser, tuple(
        (card, tuple(_stems(phrase, analyser, room) for phrase in card.ask.get(language, ())))
        for card in room.built.election.rules
        if _in_force(card, room) is in_force
    )


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
    """The lesser likeness of the two: the same question words about another matter are another question.

    One word in common is not enough: who asks something else besides asks another question.
    """
    if asked.matter != phrase.matter and len(asked.matter & phrase.matter) < 2:
        return 0
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
