"""Mistyped, squeezed or disguised spellings of rule words, each leading back to its word.

Promise: a real word is never replaced. Spellings are not listed beforehand: an unknown word is
undone step by step (a swapped pair, a lost double letter, a lost inner letter, a digit for a letter).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from guardrails.normalise import fold, squeeze
from guardrails.patterns import PART

MIN_SWAP = 5
MIN_LOST = 8
MAX_WORD = 40
MAX_SPELLED = 500
"""Letters that a question of the greatest length can spell with a space between them."""
_DIGITS = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t"}
_DOUBLE = re.compile(r"(.)\1")
_KEY = 4
_LONGEST = 24
_SHORTEST = 2
_LONE_COST = 2
_NEVER = 1_000_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the rules, real words that stay as they are, and the indexes for what was lost."""

    words: frozenset[str]
    ordinary: frozenset[str]
    squeezed: Mapping[str, Sequence[str]]
    by_edge: Mapping[tuple[bool, str], Sequence[str]]
    glossed: Sequence[Container[str]] = ()

    def knows(self, word: str, /) -> bool:
        """Whether the spelling is a word of the rules, an ordinary one or one of the glossaries."""
        return self._word(word) or any(word in words for words in self.glossed)

    def get(self, word: str, /) -> str | None:
        """The rule word meant by the spelling, or None when it is a word itself or leads nowhere."""
        # Beyond the longest word of any rule file nothing can be a slip, and trying would take quadratic time.
        if len(word) > MAX_WORD or word in self.words or word in self.ordinary:
            return None
        meant = [*_undigit(word, self.words)] if len(word) < _KEY else [*self._slips(word)]
        return min(meant, default=None)

    def split(self, letters: str, /) -> tuple[str, ...]:
        """The known words that the letters spell one after the other, as few as possible, or nothing."""
        if len(letters) > MAX_SPELLED:
            return ()
        best: list[tuple[int, int]] = [(0, 0)]
        for end in range(1, len(letters) + 1):
            options = [
                (best[start][0] + (1 if end - start > 1 else _LONE_COST), start)
                for start in range(max(0, end - _LONGEST), end)
                if best[start][0] < _NEVER and self._word(letters[start:end])
            ]
            best.append(min(options, default=(_NEVER, 0)))
        if best[-1][0] * _SHORTEST > len(letters):
            return ()
        words: list[str] = []
        end = len(letters)
        while end:
            start = best[end][1]
            words.append(letters[start:end])
            end = start
        return tuple(reversed(words))

    def _word(self, letters: str) -> bool:
        return letters in self.words or letters in self.ordinary

    def _slips(self, word: str) -> Iterable[str]:
        if len(word) >= MIN_SWAP and word.isalpha():
            for i in range(1, len(word) - 1):
                swapped = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
                if swapped in self.words:
                    yield swapped
        yield from self.squeezed.get(word, ())
        if len(word) >= MIN_LOST - 1:
            near = (*self.by_edge.get((True, word[:_KEY]), ()), *self.by_edge.get((False, word[-_KEY:]), ()))
            yield from (known for known in near if _lost(known, word))


def vocabulary(
    words: frozenset[str], ordinary: frozenset[str] = frozenset(), glossed: Sequence[Container[str]] = ()
) -> Vocabulary:
    """The spellings that lead to `words`; `ordinary` words are never replaced."""
    squeezed: dict[str, list[str]] = {}
    by_edge: dict[tuple[bool, str], list[str]] = {}
    for word in words:
        if len(word) < MIN_SWAP or not word.isalpha():
            continue
        if _DOUBLE.search(word) and len(short := squeeze(word)) >= _KEY:
            squeezed.setdefault(short, []).append(word)
        if len(word) >= MIN_LOST:
            by_edge.setdefault((True, word[:_KEY]), []).append(word)
            by_edge.setdefault((False, word[-_KEY:]), []).append(word)
    return Vocabulary(words, ordinary, squeezed, by_edge, glossed)


def _lost(known: str, word: str) -> bool:
    """True when `word` is `known` without one inner letter."""
    if len(known) != len(word) + 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(known, word, strict=False)) if a != b), len(word))
    if known[same + 1 :] != word[same:]:
        return False
    # The letter that is missing may be any of a run of equal ones; it only has to lie inside the word.
    first = same
    while first > 0 and known[first - 1] == known[same]:
        first -= 1
    return same >= 1 and first <= len(known) - 2


def _undigit(word: str, words: frozenset[str]) -> Iterable[str]:
    """Short words with one letter written as a digit; longer ones are read letter by letter."""
    for i, char in enumerate(word):
        if len(word) > 1 and char in _DIGITS:
            plain = word[:i] + _DIGITS[char] + word[i + 1 :]
            if plain in words and plain.isalpha():
                yield plain


def spellings(word: str) -> set[str]:
    """Folded forms of a rule word: dots dropped, and dots written as e."""
    digraph = word.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return {"".join(fold(c) for c in word), "".join(fold(c) for c in digraph)}


def rule_words(entries: Iterable[str]) -> frozenset[str]:
    """All plain words that occur in patterns and groups, folded."""
    found: set[str] = set()
    for element in {e for entry in entries for e in entry.replace("|", " ").split()}:
        if element[0] not in "@<^$." and not element.endswith("*"):
            for word in PART.findall(element):
                found |= {word} if word.isascii() and word.islower() else spellings(word)
    return frozenset(found)
