"""The elements of which patterns are made, each a small matcher over the words of a sentence.

Promise: an element says where it may end, the preferred end first and each end once; no element
repeats without bound, so time grows linearly with the text whatever the text is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Node(Protocol):
    """One element of a pattern."""

    def ends(self, words: Sequence[str], at: int) -> tuple[int, ...]:
        """Where a match that begins at word `at` may end, the preferred end first."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """One word out of several."""

    words: frozenset[str]

    def ends(self, words: Sequence[str], at: int) -> tuple[int, ...]:
        """The next position when the word here is one of these."""
        return (at + 1,) if at < len(words) and words[at] in self.words else ()


@dataclass(frozen=True, slots=True)
class Prefix:
    """One word with one of these beginnings."""

    stems: tuple[str, ...]

    def ends(self, words: Sequence[str], at: int) -> tuple[int, ...]:
        """The next position when the word here begins so."""
        return (at + 1,) if at < len(words) and words[at].startswith(self.stems) else ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Any words, at most so many, the fewer the better."""

    most: int

    def ends(self, words: Sequence[str], at: int) -> tuple[int, ...]:
        """Every position that the gap reaches."""
        return tuple(range(at, min(at + self.most, len(words)) + 1))


@dataclass(frozen=True, slots=True)
class Edge:
    """The start of the sentence, or its end."""

    start: bool

    def ends(self, words: Sequence[str], at: int) -> tuple[int, ...]:
        """This position when it is the edge."""
        return (at,) if at == (0 if self.start else len(words)) else ()


@dataclass(frozen=True, slots=True)
class Maybe:
    """An element that may be absent."""

    node: Node

    def ends(self, words: Sequence[str], at: int) -> tuple[int, ...]:
        """With the element first, then without."""
        return (*self.node.ends(words, at), at)


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives in order; those that begin with a plain word are found by that word."""

    options: tuple[tuple[Node, ...], ...]
    by_word: Mapping[str, tuple[int, ...]]
    others: tuple[int, ...]

    def ends(self, words: Sequence[str], at: int) -> tuple[int, ...]:
        """The ends of each alternative in turn."""
        likely = self.by_word.get(words[at], ()) if at < len(words) else ()
        if not likely and not self.others:
            return ()
        ordered = sorted((*likely, *self.others)) if self.others else likely
        return tuple(dict.fromkeys(e for i in ordered for e in sequence_ends(self.options[i], words, at)))


def sequence_ends(nodes: Iterable[Node], words: Sequence[str], at: int) -> tuple[int, ...]:
    """Where the elements, one after the other, may end; each end once, in order of preference."""
    here: tuple[int, ...] = (at,)
    for node in nodes:
        if len(here) == 1:
            here = node.ends(words, here[0])
        else:
            here = tuple(dict.fromkeys(e for h in here for e in node.ends(words, h)))
        if not here:
            return ()
    return here
