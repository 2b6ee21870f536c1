"""Words as the fingers missed them, and the words that were meant.

Promise: a word that is known is never replaced, and neither is one that no single slip explains or that leads to
no common word; the same word always leads to the same one.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping

SHORTEST = 4
"""Letters from which a word may be mistyped."""
OFTEN = 8
"""Times that a word must have been counted for a slip to lead to it."""

Counts = Mapping[str, int]


class SpellingError(ValueError):
    """A list of counted words cannot be used."""


def meant(word: str, counts: Counts, known: Callable[[str], bool]) -> str:
    """The common word of `counts` that `word` is one slip away from, else `word` itself."""
    if len(word) < SHORTEST or not word.isalpha() or word in counts or known(word):
        return word
    ways = {way for way in undone(word) if counts.get(way, 0) >= OFTEN}
    return min(ways, key=lambda way: (-counts[way], way), default=word)


def undone(word: str) -> Iterator[str]:
    """What `word` was before two inner letters were swapped, one was lost, or any was typed twice."""
    for i in range(1, len(word) - 1):
        yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    for i in range(1, len(word)):
        if word[i] == word[i - 1]:
            yield word[:i] + word[i + 1 :]
        for letter in string.ascii_lowercase:
            yield word[:i] + letter + word[i:]


def read_counts(text: str, name: str) -> Counts:
    """Lines `word<TAB>times` of the file `name`. Raises SpellingError."""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        word, _, times = line.partition("\t")
        if not word.isalpha() or not times.isdecimal():
            raise SpellingError(f"{name}, line {number}: not a word, a tab and a number: {line!r}")
        counts[word] = int(times)
    return counts
