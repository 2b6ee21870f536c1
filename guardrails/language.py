"""Chooses the language of the reply among those that the election offers, and no other.

Short or uncertain text takes the fallback: the conversation's language, the explicit choice, or
the pack's first language, in the order that the caller decides. Function words are data; then letters and
endings that only one of the candidates writes; the statistical identifier, which takes a second or two to
load, is asked only when these leave it open or speak against the fallback.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol, cast

from domain.base import Language
from guardrails.normalise import NO_WORDS, clean, tokens

MIN_LETTERS = 15
MIN_LEAD = 7.0
MARKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "de": (*"äöüß", "sch", "ung ", "ungen ", "keit ", "lich", "isch", "tz ", "pf", "tik ", "zw", "tät ", "schaft"),
        "en": ("th", "wh", "ing ", "ght", "ty ", "cy ", "gy ", "ry ", "ness ", "ship ", "ould ", "sh ", "ck ", "ee"),
        "fr": (*"àâçèéêîïôùûœ", "eaux ", "aux ", "eur ", "eurs ", "oi", "ique ", "ement ", "tions ", "ité "),
    }
)
"""Letters and letter groups (a space is the end of the word) that speak for one language against the others."""


class Identifier(Protocol):
    """Ranks languages for a text, best first, with logarithmic scores."""

    def rank(self, text: str) -> list[tuple[str, float]]:
        """Pairs of language and score."""
        ...


@lru_cache(maxsize=1)
def identifier() -> Identifier:
    """The packaged identifier of about a hundred languages; loaded on first need."""
    # Imported here: loading takes a second and most questions never need it. The package has no type hints.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return cast(Identifier, LanguageIdentifier.from_model_file(MODEL_FILE))


def detect(
    text: str,
    candidates: Sequence[Language],
    fallback: Language,
    function_words: Mapping[Language, frozenset[str]],
) -> Language:
    """Language of the text among the candidates, or the fallback when the text does not say."""
    if len(candidates) < 2:
        return candidates[0] if candidates else fallback
    words = [t.text for t in tokens(clean(text), NO_WORDS)]
    counts = {tag: sum(w in function_words.get(base(tag), frozenset()) for w in words) for tag in candidates}
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    if ranked[0][1] > ranked[1][1]:
        return ranked[0][0]
    if sum(map(len, words)) < MIN_LETTERS or _spelled_as(text, candidates) == base(fallback):
        return fallback
    return _statistical(text, tuple(candidates), fallback)


def _spelled_as(text: str, candidates: Sequence[Language]) -> str | None:
    """The candidate that the letters speak for alone, when it is known how each candidate is written."""
    bases = {base(tag) for tag in candidates}
    if not bases <= set(MARKS):
        return None
    written = "".join(c if c.isalpha() else " " for c in clean(text).text.lower()) + " "
    votes = Counter({base: sum(written.count(mark) for mark in MARKS[base]) for base in sorted(bases)})
    (best, most), *others = votes.most_common()
    return best if most > 2 * sum(count for _, count in others) else None


def _statistical(text: str, candidates: tuple[Language, ...], fallback: Language) -> Language:
    by_base = {base(tag): tag for tag in reversed(candidates)}
    scores = [(tag, score) for tag, score in identifier().rank(text) if tag in by_base]
    if len(scores) < 2 or scores[0][1] - scores[1][1] < MIN_LEAD:
        return fallback
    return by_base.get(scores[0][0], fallback)


def base(tag: Language) -> str:
    """The language of a tag, without region or manner."""
    return tag.split("-", 1)[0].lower()
