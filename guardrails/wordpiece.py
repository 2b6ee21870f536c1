"""Words cut into the pieces that a small language model knows: greedy, longest piece first.

The scheme is WordPiece (Schuster and Nakajima 2012, as in BERT); a piece inside a word starts with `##`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

START, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
INSIDE = "##"
LONGEST = 40
"""Letters beyond which a word is not read."""


def pieces(words: Iterable[str], vocabulary: Mapping[str, int], most: int) -> list[int]:
    """Ids of the pieces between start and end mark, at most `most` in all."""
    ids = [vocabulary[START]]
    for word in words:
        ids += _cut(word[:LONGEST], vocabulary)
    return [*ids[: most - 1], vocabulary[END]]


def joined(parts: Sequence[Sequence[int]], most: int) -> list[int]:
    """Texts already cut, one after the other with an end mark behind each; what is too much is left out in front."""
    whole = [*parts[0], *(i for part in parts[1:] for i in part[1:])]
    return whole if len(whole) <= most else [whole[0], *whole[1 - most :]]


def _cut(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    found: list[int] = []
    start = 0
    while start < len(word):
        prefix = INSIDE if start else ""
        end = next((e for e in range(len(word), start, -1) if prefix + word[start:e] in vocabulary), None)
        if end is None:
            return [vocabulary[UNKNOWN]]
        found.append(vocabulary[prefix + word[start:end]])
        start = end
    return found
