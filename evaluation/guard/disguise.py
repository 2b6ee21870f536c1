"""The same question as typed in a hurry, on a foreign keyboard, or with slips: harmless ones as often as others."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from evaluation.guard.items import Item
from guardrails.normalise import LEET

Disguise = Callable[[str, random.Random], str]
_UMLAUTS = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue"))
_DIGITS = {letter: digit for digit, letter in LEET.items() if digit.isdigit()}


def typo(text: str, chance: random.Random) -> str:
    """One or two slips of the fingers in longer words."""
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha()]
    for i in chance.sample(long, min(len(long), 1 + chance.randrange(2))):
        w = words[i]
        at = chance.randrange(1, len(w) - 1)
        lost, swapped, doubled = w[:at] + w[at + 1 :], w[:at] + w[at + 1] + w[at] + w[at + 2 :], w[: at + 1] + w[at:]
        words[i] = chance.choice((lost, swapped, doubled))
    return " ".join(words)


def plain_letters(text: str, chance: random.Random) -> str:
    """Without diacritics, capitals and question marks."""
    flat = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in flat if not unicodedata.combining(c)).replace("?", "")


def umlauts_spelt(text: str, chance: random.Random) -> str:
    """ae, oe, ue and ss as on a foreign keyboard."""
    for letter, spelt in _UMLAUTS:
        text = text.replace(letter, spelt)
    return text


def leet(text: str, chance: random.Random) -> str:
    """Digits for some of the letters that they look like."""
    return "".join(_DIGITS[c.lower()] if c.lower() in _DIGITS and chance.random() < 0.4 else c for c in text)


DISGUISES: Mapping[str, Disguise] = {
    "typo": typo,
    "plain_letters": plain_letters,
    "umlauts_spelt": umlauts_spelt,
    "leet": leet,
}


def disguised(items: Sequence[Item], share: float, seed: int) -> Iterator[Item]:
    """A share of the items once more, in each disguise that changes them."""
    for name, change in DISGUISES.items():
        for item in items:
            chance = random.Random(f"{seed}/{name}/{item.family}/{item.text}")  # noqa: S311 - a fixed choice, no secret
            if chance.random() < share:
                text = change(item.text, chance)
                if text != item.text:
                    yield replace(item, text=text)
