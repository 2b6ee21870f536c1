"""What a procedure card says: its reviewed statements, each with the law's own sentence as proof."""

from __future__ import annotations

from datetime import timedelta

from app.answering.desk_view import Room
from app.answering.wording import filled
from app.links import viewer_url
from app.locales import long_date
from domain.answer import Citation, Claim
from domain.base import Language, in_language, main_language
from domain.election import LawReference, RuleCard, Statement
from domain.passage import Passage


def card_claims(card: RuleCard, language: Language, room: Room) -> tuple[Claim, ...]:
    """The card's statements in the language, each with the law's sentence as its citation."""
    return tuple(
        Claim(kind="card", text=_text(card, statement, language, room), party=None, citations=citations)
        for statement in card.statements
        if (citations := _citations(statement, language, room))
    )


def _text(card: RuleCard, statement: Statement, language: Language, room: Room) -> str:
    text = in_language(statement.text, language)
    if card.deadline is None:
        return text
    day = room.built.election.polling_day + timedelta(days=card.deadline.days)
    shown = long_date(day, language) + (f", {card.deadline.time}" if card.deadline.time else "")
    return filled(text, deadline=shown)


def _citations(statement: Statement, language: Language, room: Room) -> tuple[Citation, ...]:
    """The cited sentences in the reader's language where the law has such an edition, else as listed."""
    found = [(reference, passage, quote) for reference in statement.law for passage, quote in _places(reference, room)]
    own = [one for one in found if one[1].language == main_language(language)] or found[:1]
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
