"""One turn of a conversation as it stands: whom it asks, whom it speaks about, which words carry its matter.

The words that retrieval may see (`matter`) hold no name, known or unknown, and no mark of
masked personal data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.answering.desk_view import Room
from app.answering.procedure import concerned, listen, sensed
from app.retrieval.analyse import SLOT, words
from domain.base import Language
from domain.cue_words import ARTICLES, CONJUNCTIONS, LINKS
from domain.exchange import Scope, Subject
from domain.name_places import spoken_of, unknown_speakers
from domain.names import Mention
from guardrails.personal_data import MARKS
from guardrails.slots import unknown_parties

STEPS = (
    "topic", "opening", "all_parties", "more", "first", "second", "third", "turns", "same_parties", "same_matter",
    "lean",
)  # fmt: skip
"""Kinds of words by which a turn goes on from another and says nothing of its own."""


@dataclass(frozen=True)
class Turn:
    """One turn as it stands: its words, whom it asks and what it is about.

    `bare` says that no word carries a matter; `stepping` that every word but names is one of the reviewed lists by
    which a turn goes on from another.
    """

    text: str
    asked: tuple[str, ...]
    named: tuple[str, ...]
    unknown: tuple[str, ...]
    about: tuple[str, ...]
    excepted: tuple[str, ...]
    people: tuple[str, ...]
    matter: str
    bare: bool
    stepping: bool
    language: Language

    @property
    def addressed(self) -> bool:
        """Whether it asks parties by name."""
        return bool(self.named or self.unknown)

    def alone(self, subject: Subject, parties: tuple[str, ...]) -> Scope:
        """What it means by itself, asked of these parties."""
        return Scope(
            subject=subject,
            parties=parties,
            named=bool(parties or self.unknown),
            people=self.people,
            unknown=self.unknown,
            spoken_of=self.about,
            resolved=self.text,
            matter=self.matter,
        )


def turn_of(text: str, mentions: Sequence[Mention], follows: bool, language: Language | None, room: Room) -> Turn:
    """The turn read by itself; `follows` says that others came before it."""
    unknown = _unknown(text, mentions, follows, room)
    about = spoken_of(text, mentions)
    out = _excepted(text, mentions, "except", room)
    asked = [m for n, m in enumerate(mentions) if n not in about and n not in out]
    named = tuple(dict.fromkeys(p for m in asked for p in m.parties))
    spans = [(m.start, m.end) for m in mentions] + unknown
    matter = _masked(text, spans)
    asked_words = words(text)
    left = room.phrases.without("other_parties", words(matter))
    steps = left
    for kind in STEPS if follows else ():
        steps = room.phrases.without(kind, steps)
    bare = all(_empty(w, room) for w in (steps if follows else left))
    if bare and follows:  # "not the one": where nothing else is said, it is left out of those in question
        out |= _excepted(text, mentions, "except_bare", room)
        named = tuple(p for p in named if p not in {q for n in out for q in mentions[n].parties})
    return Turn(
        text=text,
        asked=tuple(asked_words),
        named=named,
        unknown=tuple(dict.fromkeys(text[start:end] for start, end in unknown)),
        about=tuple(dict.fromkeys(p for n in sorted(about - out) for p in mentions[n].parties if p not in named)),
        excepted=tuple(dict.fromkeys(p for n in sorted(out) for p in mentions[n].parties)),
        people=tuple(dict.fromkeys(m.person for m in asked if m.person)),
        matter=matter,
        bare=bare,
        stepping=follows and not steps,
        language=language or room.built.election.languages[0],
    )


def _excepted(text: str, mentions: Sequence[Mention], kind: str, room: Room) -> set[int]:
    """Places of the names that stand right behind "without" or "except", or in one list with such a name."""
    found: set[int] = set()
    end = 0
    for place, mention in enumerate(mentions):
        between = words(text[end : mention.start])
        joined = place - 1 in found and set(between) <= ARTICLES | CONJUNCTIONS
        led = [w for w in between if w not in LINKS]
        if joined or (led and room.phrases.found(kind, led[-1:])):
            found.add(place)
        end = mention.end
    return found


def _unknown(text: str, mentions: Sequence[Mention], follows: bool, room: Room) -> list[tuple[int, int]]:
    """Stretches that name a party which is none of this election."""
    shaped = unknown_parties(text, room.built.common.policy.shapes)
    spoken = unknown_speakers(text, mentions, follows)
    found = [*shaped, *(s for s in spoken if not room.phrases.found("no_party", words(text[slice(*s)])))]
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found):
        taken = [*((m.start, m.end) for m in mentions), *kept]
        if all(end <= low or high <= start for low, high in taken):
            kept.append((start, end))
    return kept


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    place = 0
    for start, end in sorted(spans):
        parts += [text[place:start], SLOT]
        place = end
    matter = "".join([*parts, text[place:]])
    for mark in MARKS.values():
        matter = matter.replace(mark, " ")
    return matter


def refers(asked: Sequence[str], room: Room) -> bool:
    """Whether the turn leans on the one before: it opens like a follow-up or speaks of "they" or "that"."""
    return room.phrases.opens(asked) or any(room.phrases.found(kind, asked) for kind in ("same_parties", "same_matter"))


def speaks_of_them(asked: Sequence[str], room: Room) -> bool:
    """Whether "they" are the parties of the turn before; whoever speaks of oneself is polite instead ("Sie")."""
    return room.phrases.found("same_parties", asked) and not room.phrases.found("asker", asked)


def has_content(matter: str, room: Room) -> bool:
    """Whether a word of the matter carries content."""
    return any(not _empty(w, room) for w in words(matter))


def _empty(word: str, room: Room) -> bool:
    """Whether a word carries no matter in any language of the service, or only leans on the turn before."""
    lists = room.built.retrieval.stopwords.values()
    if any(word in one.stop or word in one.frame for one in lists):
        return True
    return any(room.phrases.found(kind, [word]) for kind in ("same_parties", "same_matter", "all_parties", "parties"))


def is_rules(turn: Turn, room: Room) -> bool:
    """Whether the turn asks about voting rather than about parties: the word lists say so, or the sense is sure."""
    if concerned(turn.asked, room):
        return True
    return (
        not turn.bare
        and not room.phrases.found("parties", turn.asked)
        and sensed(turn.matter, listen(turn.asked, room), room)
    )
