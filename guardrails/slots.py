"""Party names that no pack knows take the same slot as known ones, when they are clearly written as a name.

Promise: only the shape decides (a capital and the word for party of a language, as its rule file gives
it); words that merely look like a name stand in the same file as ordinary. Text without any small
letter has no such shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field

from domain.base import Frozen

_NAME = r"[^\W\d_][\w’'-]{0,30}"


@dataclass(frozen=True, slots=True)
class Shape:
    """How one language writes the name of a party, and which words never are one."""

    expression: re.Pattern[str]
    ordinary: frozenset[str]


class PartyWords(Frozen):
    """The word for party of a language, by its place in a name, and what looks like a name but is none."""

    compound: tuple[str, ...] = Field(default=(), description="Ends a capitalised word: `Xpartei`, `X-Partei`")
    last: tuple[str, ...] = Field(default=(), description="Stands after a capitalised word: `X Party`")
    first: tuple[str, ...] = Field(default=(), description="Stands before a capitalised word: `Parti X`")
    link: tuple[str, ...] = Field(default=(), description="May stand between `first` and the capitalised word")
    ordinary: tuple[str, ...] = Field(default=(), description="Words that make no name, though capitalised")


def shape(words_for: PartyWords, function_words: Iterable[str]) -> Shape | None:
    """How names of parties look according to a rule file; None when it does not say."""
    parts: list[str] = []
    compound, last, first, link = words_for.compound, words_for.last, words_for.first, words_for.link
    ordinary = (*words_for.ordinary, *function_words)
    if words := _either(compound):
        parts.append(rf"(?P<compound>\w[\w-]{{1,50}})(?i:{words})")
    if words := _either(last):
        parts.append(rf"(?P<before>(?:{_NAME} ){{1,3}})(?i:{words})")
    if words := _either(first):
        joint = _either(link)
        linked = f"(?:(?:{joint}) ?)?" if joint else ""
        parts.append(rf"(?i:{words}) {linked}(?P<after>{_NAME})")
    if not parts:
        return None
    return Shape(re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])"), frozenset(w.casefold() for w in ordinary))


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in words)


def unknown_parties(text: str, shapes: Iterable[Shape]) -> list[tuple[int, int]]:
    """The stretches of the text that are written like the name of a party."""
    if text == text.upper():
        return []
    found: list[tuple[int, int]] = []
    for known in shapes:
        for match in known.expression.finditer(text):
            groups = match.groupdict()
            if before := groups.get("before"):
                start = _name_start(before, known)
                if start is not None:
                    found.append((match.start() + start, match.end()))
            elif _is_name(groups.get("compound") or groups.get("after") or "", known):
                found.append(match.span())
    return found


def _is_name(word: str, known: Shape) -> bool:
    return word[:1].isupper() and word.rstrip("-").casefold() not in known.ordinary


def _name_start(before: str, known: Shape) -> int | None:
    """Where the capitalised words right before the word for party begin, or None."""
    start: int | None = None
    for word in reversed(list(re.finditer(r"\S+", before))):
        if not _is_name(word.group(), known):
            break
        start = word.start()
    return start
