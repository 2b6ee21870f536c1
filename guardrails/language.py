"""Chooses the language of the reply among those that the election offers, and no other.

Short or uncertain text takes the fallback: the conversation's language, the explicit choice, or
the pack's first language, in the order that the caller decides. Function words are data; the
statistical identifier is asked only when they leave it open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Protocol, cast

from domain.base import Language
from guardrails.normalise import clean, tokens

MIN_LETTERS = 15
MIN_LEAD = 7.0


class Identifier(Protocol):
    """Ranks languages for a text, best first, with logarithmic scores."""

    def rank(self, text: str) -> list[tuple[str, float]]:
        """Pairs of language and score."""
        ...


@lru_cache(maxsize=8)
def identifier(candidates: tuple[Language, ...]) -> Identifier:
    """The packaged identifier restricted to the candidates; loaded on first need."""
    # Imported here: loading takes a second and most questions never need it. The package has no type hints.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    model.set_languages(list(candidates))
    return cast(Identifier, model)


def detect(
    text: str,
    candidates: Sequence[Language],
    fallback: Language,
    function_words: Mapping[Language, frozenset[str]],
) -> Language:
    """Language of the text among the candidates, or the fallback when the text does not say."""
    if len(candidates) < 2:
        return candidates[0] if candidates else fallback
    words = [t.text for t in tokens(clean(text), {})]
    counts = {tag: sum(w in function_words.get(_base(tag), frozenset()) for w in words) for tag in candidates}
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    if ranked[0][1] > ranked[1][1]:
        return ranked[0][0]
    if sum(map(len, words)) < MIN_LETTERS:
        return fallback
    return _statistical(text, tuple(candidates), fallback)


def _statistical(text: str, candidates: tuple[Language, ...], fallback: Language) -> Language:
    by_base = {_base(tag): tag for tag in reversed(candidates)}
    scores = identifier(tuple(sorted(by_base))).rank(text)
    if len(scores) < 2 or scores[0][1] - scores[1][1] < MIN_LEAD:
        return fallback
    return by_base.get(scores[0][0], fallback)


def _base(tag: Language) -> str:
    return tag.split("-", 1)[0].lower()
