"""Whether a question is written in a language that is not read here.

Promise: what nobody could read is never said to have been searched without a find. Text of a few words, or in which
most words are known, counts as read: dialect, slips and borrowed words are no foreign language.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from domain.base import Language
from guardrails.language import base, identifier
from guardrails.normalise import BREAKS, NO_WORDS, clean, tokens

FEWEST = 3
"""Words from which a language can be told."""
LETTERS = 3
"""Letters from which a word says anything about its language."""
KNOWN = 70
"""Percent of the words of which more than this many are known where the text is read."""
LEAD = 12.0
"""By how much, in logarithms, one of the others must be likelier than any language that is read."""
_WEST = ("ca", "da", "es", "fi", "it", "nl", "no", "pt", "sv")
_EAST = ("bs", "cs", "et", "hr", "hu", "lt", "lv", "pl", "ro", "sk", "sl", "sq", "sr")
OTHERS = frozenset((*_WEST, *_EAST, "ku", "tr", "vi"))
"""Languages in Latin letters that a question may be in; with more of them dialect and creole are taken for others."""


def foreign(text: str, languages: Sequence[Language], knows: Callable[[str], bool]) -> bool:
    """Whether the text, without names, is in none of the `languages`; `knows` says which words of these are known."""
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return False
    if sum(map(_latin, letters)) * 2 < len(letters):
        return True
    words = [t.text for t in tokens(clean(text), NO_WORDS) if t.text not in BREAKS and t.text.isalpha()]
    telling = [word for word in words if len(word) >= LETTERS]
    if len(words) < FEWEST or 100 * sum(map(knows, telling)) > KNOWN * len(telling):
        return False
    ranked, read = dict(identifier().rank(text)), {base(language) for language in languages}
    own, other = (max(ranked[tag] for tag in tags if tag in ranked) for tags in (read, OTHERS - read))
    return other - own >= LEAD


def _latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith(("LATIN", "MODIFIER", "MATHEMATICAL", "FULLWIDTH LATIN"))
