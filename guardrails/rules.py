"""Rules as data: word groups and patterns that a lawyer can read, compiled to bounded regular expressions.

A pattern is a sequence of elements: `word`, `word*` (beginning), `a|b` (either), `@group`, `element?`
(may be absent), `..3` (up to three words), `<party>` (any party), `^` and `$` (sentence start and end).
No element repeats without bound, so matching time grows linearly with the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from guardrails.normalise import BREAKS, PARTY, Token, fold, squeeze

MAX_GAP = 12
MAX_DEPTH = 8
_WORD = r"[^ ]+ "
_PART = re.compile(r"[^\W_]+")


class PatternError(ValueError):
    """A pattern or group that cannot be compiled; the message quotes it."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """One pattern: its expression, and word sets of which each must meet the sentence before it is tried."""

    source: str
    expression: str
    needs: tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule of one language: any pattern decides, unless an exception stands in the same sentence."""

    id: str
    category: str
    score: int
    patterns: tuple[Compiled, ...]
    unless: tuple[Compiled, ...] = ()
    context: str | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a text as tokens, ready to be searched."""

    tokens: tuple[Token, ...]
    text: str
    starts: tuple[int, ...]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that spoke and the tokens `[first, last]` of the sentence that made it speak."""

    rule: Rule
    first: Token
    last: Token


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of expression, and the words one of which it surely contains (None: cannot be said)."""

    expression: str
    needs: frozenset[str] | None


def sentences(tokens: Sequence[Token]) -> tuple[Sentence, ...]:
    """The sentences of a tokenised text; breaks are not part of them."""
    found: list[Sentence] = []
    current: list[Token] = []
    for token in [*tokens, Token(".", 0, 0)]:
        if token.text not in BREAKS:
            current.append(token)
        elif current:
            found.append(_sentence(tuple(current)))
            current = []
    return tuple(found)


def _sentence(tokens: tuple[Token, ...]) -> Sentence:
    words = [t.text for t in tokens]
    starts = tuple(accumulate((len(w) + 1 for w in words[:-1]), initial=1))
    return Sentence(tokens, " " + " ".join(words) + " ", starts, frozenset(words))


def find(rules: Iterable[Rule], sentence: Sentence, context: frozenset[str]) -> list[Match]:
    """Every rule that speaks about the sentence in this context, in the order of the rules."""
    found: list[Match] = []
    for rule in rules:
        if rule.context is not None and rule.context not in context:
            continue
        span = first_span(rule.patterns, sentence)
        if span is not None and first_span(rule.unless, sentence) is None:
            found.append(Match(rule, sentence.tokens[span[0]], sentence.tokens[span[1]]))
    return found


def first_span(patterns: Iterable[Compiled], sentence: Sentence) -> tuple[int, int] | None:
    """First and last token index of the first pattern found in the sentence, or None."""
    for pattern in patterns:
        if any(need.isdisjoint(sentence.words) for need in pattern.needs):
            continue
        if hit := matcher(pattern.expression).search(sentence.text):
            first = bisect_right(sentence.starts, hit.start()) - 1
            last = bisect_right(sentence.starts, max(hit.end() - 2, hit.start())) - 1
            return (max(first, 0), max(last, 0))
    return None


@cache
def matcher(expression: str) -> re.Pattern[str]:
    """The expression ready to search; built on first need, since most are ruled out by their word sets."""
    return re.compile(expression)


def compile_pattern(source: str, groups: Mapping[str, Sequence[str]]) -> Compiled:
    """The pattern as an expression over ` word word `; raises PatternError naming what is wrong."""
    parts = [_element(e, groups, ()) for e in source.split()]
    if not parts:
        raise PatternError("an empty pattern")
    expression = "(?<= )" + "".join(p.expression for p in parts)
    needs = tuple(sorted((p.needs for p in parts if p.needs is not None), key=len))
    return Compiled(source, expression, needs)


def _sequence(source: str, groups: Mapping[str, Sequence[str]], above: tuple[str, ...]) -> _Part:
    parts = [_element(e, groups, above) for e in source.split()]
    if not parts:
        raise PatternError("an empty entry")
    known = [p.needs for p in parts if p.needs is not None]
    return _Part("".join(p.expression for p in parts), min(known, key=len) if known else None)


def _element(element: str, groups: Mapping[str, Sequence[str]], above: tuple[str, ...]) -> _Part:
    if element.startswith(".."):
        return _gap(element)
    if element.endswith("?") and len(element) > 1:
        return _Part(f"(?:{_either(element[:-1], groups, above).expression})?", None)
    return _either(element, groups, above)


def _gap(element: str) -> _Part:
    if not element[2:].isdigit() or not 0 < int(element[2:]) <= MAX_GAP:
        raise PatternError(f"{element!r}: a gap is written ..1 to ..{MAX_GAP}")
    return _Part(f"(?:{_WORD}){{0,{element[2:]}}}?", None)


def _either(element: str, groups: Mapping[str, Sequence[str]], above: tuple[str, ...]) -> _Part:
    parts = [_single(e, groups, above) for e in element.split("|")]
    if len(parts) == 1:
        return parts[0]
    return _Part("(?:" + "|".join(p.expression for p in parts) + ")", _union(parts))


def _union(parts: Sequence[_Part]) -> frozenset[str] | None:
    if any(p.needs is None for p in parts):
        return None
    return frozenset().union(*(p.needs for p in parts if p.needs is not None))


def _single(element: str, groups: Mapping[str, Sequence[str]], above: tuple[str, ...]) -> _Part:
    if element == "^":
        return _Part(r"(?<=^ )", None)
    if element == "$":
        return _Part("$", None)
    if element == PARTY:
        return _Part(re.escape(PARTY) + " ", frozenset({PARTY}))
    if element.startswith("@"):
        return _group(element[1:], groups, above)
    if element.endswith("*"):
        return _Part(_letters(element[:-1]) + "[^ ]* ", None)
    words = _PART.findall(element)
    if not words:
        raise PatternError(f"{element!r} holds no word")
    needs = frozenset(spellings(words[0]))
    return _Part("".join(_letters(w) + " " for w in words), needs)


def _group(name: str, groups: Mapping[str, Sequence[str]], above: tuple[str, ...]) -> _Part:
    if name not in groups:
        raise PatternError(f"group {name!r} is not defined")
    if name in above or len(above) >= MAX_DEPTH:
        raise PatternError(f"group {name!r} refers to itself or is nested too deeply")
    parts = [_sequence(entry, groups, (*above, name)) for entry in groups[name]]
    return _Part("(?:" + "|".join(p.expression for p in parts) + ")", _union(parts))


def _letters(word: str) -> str:
    """Expression for one word: umlauts with or without the e that often replaces the dots."""
    plain = {"ä": "ae?", "ö": "oe?", "ü": "ue?"}
    return "".join(plain.get(c) or re.escape(fold(c)) for c in word.lower())


def spellings(word: str) -> set[str]:
    """Folded forms of a rule word: dots dropped, and dots written as e."""
    digraph = word.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return {"".join(fold(c) for c in word), "".join(fold(c) for c in digraph)}


def rule_words(entries: Iterable[str]) -> frozenset[str]:
    """All plain words that occur in patterns and groups, folded."""
    found: set[str] = set()
    for entry in entries:
        for element in entry.replace("|", " ").split():
            if element[0] not in "@<^$." and not element.endswith("*"):
                for word in _PART.findall(element):
                    found |= spellings(word)
    return frozenset(found)


def vocabulary(words: frozenset[str], ordinary: frozenset[str] = frozenset()) -> dict[str, str]:
    """Mistyped, squeezed or disguised spellings of rule words, each leading to its word; real words are never replaced."""
    table: dict[str, str] = {}
    for word in sorted(w for w in words if w.isalpha() and len(w) > 1):
        for slip in _slips(word) if len(word) >= 5 else _digits(word):
            if slip not in words and slip not in ordinary:
                table.setdefault(slip, word)
    return table


def _digits(word: str) -> set[str]:
    """Short words with one letter written as a digit; longer ones are read letter by letter."""
    digit = {"o": "0", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7"}
    return {word[:i] + digit[c] + word[i + 1 :] for i, c in enumerate(word) if c in digit} if len(word) < 4 else set()


def _slips(word: str) -> set[str]:
    """One pair of letters swapped, a double letter written once, or (long words) one inner letter missing."""
    slips = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)}
    slips.add(squeeze(word))
    if len(word) >= 8:
        slips |= {word[:i] + word[i + 1 :] for i in range(1, len(word) - 1)}
    return {s for s in slips if s != word and len(s) >= 4}
