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
UNKNOWN = 70
"""Percent of the words, from these letters on, of which fewer are known where the text may be in another language."""
LEAD = 12.0
"""By how much, in logarithms, one of the others must be likelier than any language that is read."""
_WEST = ("ca", "da", "es", "fi", "it", "nl", "no", "pt", "sv")
_EAST = ("bs", "cs", "et", "hr", "hu", "lt", "lv", "pl", "ro", "sk", "sl", "sq", "sr")
OTHERS = frozenset((*_WEST, *_EAST, "ku", "tr", "vi"))
"""Languages in Latin letters that a question may be in; with more of them dialect and creole are taken for others."""


def foreign(text: str, languages: Sequence[Language], knows: Callable[[str], bool]) -> bool:
    """Whether the text, without names, is in none of the `languages`; `knows` says which words are known.

    Where none of them is one that the identifier can tell, nothing is foreign.
    """
    cleaned = clean(text)
    letters = [c for c in cleaned.text if c.isalpha()]
    words = [t.text for t in tokens(cleaned, NO_WORDS) if t.text not in BREAKS and t.text.isalpha()]
    telling = [word for word in words if len(word) >= LETTERS]
    otherwise = 2 * sum(map(_latin, letters)) < len(letters)
    unknown = len(words) >= FEWEST and 100 * sum(map(knows, telling)) < UNKNOWN * len(telling)
    if not (otherwise or unknown):
        return False
    ranked, read = dict(identifier().rank(cleaned.text)), {base(language) for language in languages}
    own = max((ranked[tag] for tag in read if tag in ranked), default=None)
    if own is None:
        return False
    others = ranked.keys() - read if otherwise else OTHERS - read
    return max(ranked[tag] for tag in others) - own >= LEAD


def _latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN")
