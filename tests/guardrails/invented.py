"""Invented parties for the guard's tests: unlike in form, so that no rule can lean on a kind of name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from domain.election import Party
from domain.names import Names
from guardrails.policy import Policy, load_policy

COMMON = Path(__file__).parents[2] / "elections" / "common"
DATA = Path(__file__).parents[1] / "data"

PAIRS = (("Mondpartei", "Ostwind-Allianz"), ("XQP", "Bund der Uferleute"), ("Libellen", "Forum 77"))


def party(party_id: str, name: str) -> Party:
    """A party with one certain form in all three languages."""
    texts = dict.fromkeys(("de", "en", "fr"), name)
    return Party(id=party_id, short=texts, name=texts, forms=(name,))


@cache
def policy() -> Policy:
    """The policy as shipped."""
    return load_policy(COMMON)


@cache
def names() -> Names:
    """Names over all invented parties."""
    flat = [name for pair in PAIRS for name in pair]
    return Names(tuple(party(f"p{i}", name) for i, name in enumerate(flat)))


def filled(text: str, pair: tuple[str, str] = PAIRS[0]) -> str:
    """The text with its two party slots filled."""
    return text.replace("{party}", pair[0]).replace("{other}", pair[1])
