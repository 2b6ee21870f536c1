"""A turn as the guard reads it: cleaned, cut into sentences, every party and leader one slot.

Promise: what is read depends on no name; the same text is read the same way by every check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from domain.base import Language
from guardrails.language import detect
from guardrails.normalise import BREAKS, PARTY, Cleaned, Token, as_letters, clean, tokens
from guardrails.policy import Policy
from guardrails.rules import Sentence, first_span, sentences
from guardrails.slots import unknown_parties


class NameMention(Protocol):
    """A stretch of text that names a party or its leading person."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


class PartyNames(Protocol):
    """Finds names; `domain.names.Names` is the one in use."""

    def mentions(self, text: str) -> Sequence[NameMention]:
        """Every name in the text."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation: its text, its sentences, and how many turns before the last one it stands."""

    text: str
    sentences: tuple[Sentence, ...]
    offset: int = 0

    @property
    def words(self) -> tuple[Token, ...]:
        """All tokens, sentence after sentence."""
        return tuple(chain.from_iterable(s.tokens for s in self.sentences))


def read_turn(text: str, names: PartyNames, policy: Policy, offset: int = 0) -> Turn:
    """The turn of this text, `offset` turns from the last one."""
    return Turn(text, sentences(_without_foreign_articles(slotted(text, names, policy), policy)), offset)


def _without_foreign_articles(read: tuple[Token, ...], policy: Policy) -> tuple[Token, ...]:
    """The tokens without an article of another language before a slot.

    It belongs to a name that is written so everywhere, and would tell that party from the others.
    """
    if len(read) < 3:
        return read
    foreign = policy.foreign_articles[_language(read, policy.languages[0], policy)]
    ahead = (*(t.text for t in read[1:]), "")
    return tuple(t for t, after in zip(read, ahead, strict=True) if after != PARTY or t.text not in foreign)


def about_election(said: Iterable[Sentence], policy: Policy) -> bool:
    """Whether a sentence names a party or a matter of the election; some categories give way to it."""
    return any(PARTY in s.words or first_span(policy.matter, s) is not None for s in said)


def only_asking(turn: Turn, policy: Policy) -> tuple[bool, ...]:
    """For each sentence whether it only asks what one party says or does about what the others hold.

    Such a sentence ("And would <party> help me there?") asks for nothing of its own; a turn of nothing else is read
    as any other.
    """
    found = tuple(_only_asks(s, policy) for s in turn.sentences)
    return found if not all(found) else (False,) * len(found)


def _only_asks(sentence: Sentence, policy: Policy) -> bool:
    words = sentence.words - {PARTY}
    return sentence.line.count(PARTY) == 1 and any(one.hold(words) for one in policy.asks)


def languages_read(turns: Sequence[Turn], policy: Policy) -> list[Language]:
    """The language in which the classifier reads each turn: found without the names, so that it depends on none.

    Words that do not tell are read in the language of the turn before.
    """
    found: list[Language] = []
    for turn in turns:
        found.append(_language(turn.words, found[-1] if found else policy.languages[0], policy))
    return found


def _language(read: Iterable[Token], fallback: Language, policy: Policy) -> Language:
    plain = " ".join(t.text for t in read if t.text != PARTY and t.text not in BREAKS)
    return detect(plain, policy.languages, fallback, policy.function_words)


def slotted(text: str, names: PartyNames, policy: Policy) -> tuple[Token, ...]:
    """The text as the guard reads it: plain tokens, with one slot for whatever party or leader is named."""
    cleaned = clean(text)
    ways = (cleaned.text, *(w for one in "il" if (w := as_letters(cleaned.text, one)) is not None))
    known = {(m.start, m.end) for way in ways for m in names.mentions(way)}
    spans = _merged([*known, *unknown_parties(cleaned.text, policy.shapes)])
    return _slotted(cleaned, spans, policy)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _slotted(cleaned: Cleaned, spans: Sequence[tuple[int, int]], policy: Policy) -> tuple[Token, ...]:
    """Tokens of the text with each named party replaced by the slot, whatever its name looks like."""
    found: list[Token] = []
    at = 0
    for start, end in [*spans, (len(cleaned.text), len(cleaned.text))]:
        piece = Cleaned(cleaned.text[at:start], (*cleaned.origin[at:start], _at(cleaned, start)), _at(cleaned, start))
        found += tokens(piece, policy.vocabulary)
        if start < end:
            found.append(Token(PARTY, *cleaned.span(start, end)))
        at = end
    return tuple(found)


def _at(cleaned: Cleaned, offset: int) -> int:
    return cleaned.origin[offset] if offset < len(cleaned.origin) else cleaned.length
