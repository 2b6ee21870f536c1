"""Rules as data: which rules speak about a sentence, found by the words that each pattern needs.

Promise: every rule whose context holds is tried, in the order of the files, as if each pattern were searched
on its own; the index only leaves out patterns whose required words do not stand in the sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from guardrails.normalise import BREAKS, PARTY, Token
from guardrails.patterns import Compiled

_COMMON_COST = 20
_PARTY_COST = 5


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
class RuleBook:
    """All rules, and for each word the numbers of the patterns that wait for it."""

    rules: tuple[Rule, ...]
    patterns: tuple[tuple[int, Compiled], ...]
    waiting: Mapping[str, tuple[tuple[int, ...], ...]]
    always: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a text as tokens, ready to be searched."""

    tokens: tuple[Token, ...]
    line: tuple[str, ...]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that spoke and the tokens `[first, last]` of the sentence that made it speak."""

    rule: Rule
    first: Token
    last: Token


def sentences(tokens: Sequence[Token]) -> tuple[Sentence, ...]:
    """The sentences of a tokenised text; breaks are not part of them."""
    found: list[Sentence] = []
    current: list[Token] = []
    for token in [*tokens, Token(".", 0, 0)]:
        if token.text not in BREAKS:
            current.append(token)
        elif current:
            line = tuple(t.text for t in current)
            found.append(Sentence(tuple(current), line, frozenset(line)))
            current = []
    return tuple(found)


def rule_book(rules: Sequence[Rule], common: frozenset[str]) -> RuleBook:
    """The rules with an index; each pattern waits for its rarest required words, `common` ones being dear."""
    patterns = tuple((number, p) for number, rule in enumerate(rules) for p in rule.patterns)
    by_set: dict[frozenset[str], list[int]] = {}
    costs: dict[frozenset[str], int] = {}
    always: list[int] = []
    for i, (_, pattern) in enumerate(patterns):
        for need in pattern.needs:
            if need not in costs:
                costs[need] = sum(_cost(w, common) for w in need)
        if pattern.needs:
            by_set.setdefault(min(pattern.needs, key=costs.__getitem__), []).append(i)
        else:
            always.append(i)
    waiting: dict[str, tuple[tuple[int, ...], ...]] = {}
    for need, numbers in by_set.items():
        frozen = tuple(numbers)
        for word in need:
            waiting[word] = (*waiting.get(word, ()), frozen)
    return RuleBook(tuple(rules), patterns, waiting, tuple(always))


def _cost(word: str, common: frozenset[str]) -> int:
    return _PARTY_COST if word == PARTY else _COMMON_COST if word in common else 1


def find(book: RuleBook, sentence: Sentence, context: frozenset[str]) -> list[Match]:
    """Every rule that speaks about the sentence in this context, in the order of the rules."""
    numbers = set(book.always)
    for word in sentence.words:
        for group in book.waiting.get(word, ()):
            numbers.update(group)
    found: list[Match] = []
    settled = -1
    for number in sorted(numbers):
        owner, pattern = book.patterns[number]
        rule = book.rules[owner]
        if owner == settled or (rule.context is not None and rule.context not in context):
            continue
        span = first_span((pattern,), sentence)
        if span is not None:
            settled = owner
            if first_span(rule.unless, sentence) is None:
                found.append(Match(rule, sentence.tokens[span[0]], sentence.tokens[span[1]]))
    return found


def first_span(patterns: Iterable[Compiled], sentence: Sentence) -> tuple[int, int] | None:
    """First and last token index of the first pattern found in the sentence, or None."""
    words = sentence.words
    for pattern in patterns:
        for need in pattern.needs:
            if need.isdisjoint(words):
                break
        else:
            if hit := pattern.search(sentence.line):
                last = len(sentence.line) - 1
                return (min(hit[0], last), min(max(hit[1] - 1, hit[0]), last))
    return None
