"""The pattern language of the rule files, read once into small matchers over words.

A pattern is a sequence of elements: `word`, `word*` (beginning), `a|b` (either), `a|b_c` (an alternative of
several words is joined by underscores), `@group`, `element?` (may be absent), `..3` (up to three words),
`<party>` (any party), `^` and `$` (sentence start and end). What a space would tear apart is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, product

from guardrails.nodes import Choice, Edge, Gap, Maybe, Node, Prefix, Word, sequence_ends
from guardrails.normalise import PARTY, fold

MAX_GAP = 12
MAX_DEPTH = 8
PART = re.compile(r"[^\W_]+")
_DOTS = {"ä": ("a", "ae"), "ö": ("o", "oe"), "ü": ("u", "ue")}


class PatternError(ValueError):
    """A pattern or group that cannot be used; the message quotes it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Elements, and the words one of which they surely contain (None: cannot be said)."""

    nodes: tuple[Node, ...]
    needs: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Compiled:
    """One pattern: its elements, and word sets of which each must meet the sentence before it is tried."""

    source: str
    nodes: tuple[Node, ...]
    needs: tuple[frozenset[str], ...]

    def search(self, words: Sequence[str]) -> tuple[int, int] | None:
        """Start and end of the first place where the pattern stands, or None."""
        anchored = bool(self.nodes) and self.nodes[0] == Edge(start=True)
        for at in range(1 if anchored else len(words) + 1):
            if ends := sequence_ends(self.nodes, words, at):
                return (at, ends[0])
        return None


@dataclass(frozen=True, slots=True)
class Grammar:
    """The word groups of one rule file; each is read once, however many patterns use it."""

    groups: Mapping[str, Sequence[str]]
    built: dict[str, Part] = field(default_factory=dict)
    seen: dict[str, Part] = field(default_factory=dict)

    def pattern(self, source: str) -> Compiled:
        """The pattern ready to search; raises PatternError naming what is wrong."""
        parts = [self._known(e) for e in _elements(source)]
        needs = tuple(sorted((p.needs for p in parts if p.needs is not None), key=len))
        return Compiled(source, tuple(n for p in parts for n in p.nodes), needs)

    def check(self, name: str) -> None:
        """Read one group; raises PatternError naming what is wrong."""
        self._group(name, ())

    def _known(self, element: str) -> Part:
        if element not in self.seen:
            self.seen[element] = self._element(element, ())
        return self.seen[element]

    def _element(self, element: str, above: tuple[str, ...]) -> Part:
        if element.startswith(".."):
            return _gap(element)
        if element.endswith("?") and len(element) > 1:
            return Part((Maybe(_one(self._either(element[:-1], above).nodes)),), None)
        return self._either(element, above)

    def _either(self, element: str, above: tuple[str, ...]) -> Part:
        alternatives = element.split("|")
        if all(map(str.isalnum, alternatives)):
            return _words(alternatives)
        parts = [self._single(e, above) for e in alternatives]
        return parts[0] if len(parts) == 1 else _choice(parts)

    def _single(self, element: str, above: tuple[str, ...]) -> Part:
        if element in {"^", "$"}:
            return Part((Edge(start=element == "^"),), None)
        if element == PARTY:
            return Part((Word(frozenset({PARTY})),), frozenset({PARTY}))
        if element.startswith("@"):
            return self._group(element[1:], above)
        if element.endswith("*"):
            return Part((Prefix(tuple(sorted(_forms(element[:-1])))),), None)
        words = [_forms(w) for w in PART.findall(element)]
        if not words:
            raise PatternError(f"{element!r} holds no word")
        return Part(tuple(Word(w) for w in words), words[0])

    def _group(self, name: str, above: tuple[str, ...]) -> Part:
        if name not in self.groups:
            raise PatternError(f"group {name!r} is not defined")
        if name in above or len(above) >= MAX_DEPTH:
            raise PatternError(f"group {name!r} refers to itself or is nested too deeply")
        if name not in self.built:
            entries = self.groups[name]
            plain = bool(entries) and all(map(str.isalnum, entries))
            parts = () if plain else [self._entry(entry, (*above, name)) for entry in entries]
            self.built[name] = _words(entries) if plain else _choice(parts)
        return self.built[name]

    def _entry(self, source: str, above: tuple[str, ...]) -> Part:
        parts = [self._element(e, above) for e in _elements(source)]
        known = [p.needs for p in parts if p.needs is not None]
        return Part(tuple(n for p in parts for n in p.nodes), min(known, key=len) if known else None)


def _elements(source: str) -> list[str]:
    """The elements of a pattern or entry; an alternative that a space has torn off is refused."""
    elements = source.split()
    if not elements:
        raise PatternError("an empty pattern")
    for element in elements:
        if "" in element.split("|"):
            raise PatternError(f"{element!r} in {source!r}: an alternative is missing; join several words: a|b_c")
        if "|" in element and len(set(element.split("|"))) < element.count("|") + 1:
            raise PatternError(f"{element!r} in {source!r}: an alternative stands twice; join several words: a|b_c")
    return elements


def _words(alternatives: Iterable[str]) -> Part:
    """One word out of plain ones."""
    words = frozenset().union(*map(_forms, alternatives))
    return Part((Word(words),), words)


def _gap(element: str) -> Part:
    if not element[2:].isdigit() or not 0 < int(element[2:]) <= MAX_GAP:
        raise PatternError(f"{element!r}: a gap is written ..1 to ..{MAX_GAP}")
    return Part((Gap(int(element[2:])),), None)


def _choice(parts: Sequence[Part]) -> Part:
    """The alternatives as one element."""
    if not parts:
        raise PatternError("an empty group")
    needs = None if any(p.needs is None for p in parts) else frozenset().union(*(p.needs or () for p in parts))
    firsts = [p.nodes[0] for p in parts]
    if all(len(p.nodes) == 1 for p in parts) and all(isinstance(f, Word) for f in firsts):
        words = frozenset().union(*(f.words for f in firsts if isinstance(f, Word)))
        return Part((Word(words),), words)
    by_word: dict[str, tuple[int, ...]] = {}
    others: list[int] = []
    for i, first in enumerate(firsts):
        if isinstance(first, Word):
            for word in first.words:
                by_word[word] = (*by_word.get(word, ()), i)
        else:
            others.append(i)
    return Part((Choice(tuple(p.nodes for p in parts), by_word, tuple(others)),), needs)


def _one(nodes: tuple[Node, ...]) -> Node:
    return nodes[0] if len(nodes) == 1 else Choice((nodes,), {}, (0,))


@lru_cache(maxsize=32768)
def _forms(word: str) -> frozenset[str]:
    """Folded spellings of a rule word: each umlaut without its dots, or with the e that often replaces them."""
    plain = word.lower()
    if plain.isascii():
        return frozenset({plain})
    return frozenset("".join(letters) for letters in product(*(_DOTS.get(c, (fold(c),)) for c in plain)))


def torn(sources: Iterable[str], phrases: frozenset[str]) -> str | None:
    """A pattern whose alternatives tear a phrase of the same file apart: `a|b c` where `b c` is a phrase."""
    for source in sources:
        for left, right in pairwise(source.lower().split()) if "|" in source else ():
            others, bar, last = left.rpartition("|")
            first = right.partition("|")[0]
            if bar and f"{last} {first}" in phrases and any(f"{o} {first}" not in phrases for o in others.split("|")):
                return f"{source!r}: {last!r} and {first!r} belong together; join them: {last}_{first}"
    return None


def phrases(groups: Mapping[str, Sequence[str]], sources: Iterable[str]) -> frozenset[str]:
    """Pairs of words that the file itself treats as one expression: in group entries and joined alternatives."""
    entries = {e.lower() for group in groups.values() for e in group if " " in e}
    alternatives = (e for s in sources if "_" in s for element in s.split() for e in element.split("|"))
    joined = {e.lower() for e in alternatives if e.count("_") == 1}
    wholes = [e.replace("_", " ").split() for e in entries | joined]
    plain = [whole for whole in wholes if all(w.isalnum() for w in whole)]
    return frozenset(f"{whole[i]} {whole[i + 1]}" for whole in plain for i in range(len(whole) - 1))
