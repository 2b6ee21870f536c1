"""Words are cut greedily into the longest known pieces; nothing is lost but what the model cannot spell."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guardrails.wordpiece import INSIDE, pieces

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LIST = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "win", "winner", "##s", *LETTERS, *(INSIDE + c for c in LETTERS)]
KNOWN = {piece: i for i, piece in enumerate(dict.fromkeys(LIST))}
NAMES = {i: piece for piece, i in KNOWN.items()}


def spelled(*words: str, most: int = 64) -> list[str]:
    return [NAMES[i] for i in pieces(words, KNOWN, most)]


def test_the_longest_piece_comes_first() -> None:
    assert spelled("winners", "win") == ["[CLS]", "winner", "##s", "win", "[SEP]"]


def test_what_cannot_be_spelled_is_one_unknown_piece() -> None:
    assert spelled("win", "ж") == ["[CLS]", "win", "[UNK]", "[SEP]"]


def test_a_long_text_is_cut_and_still_closed() -> None:
    assert spelled(*["win"] * 50, most=10) == ["[CLS]", *["win"] * 8, "[SEP]"]


@given(st.lists(st.text(LETTERS, min_size=1, max_size=30), max_size=8))
def test_the_pieces_spell_the_words(words: list[str]) -> None:
    inner = spelled(*words, most=10_000)[1:-1]
    assert "".join(piece.removeprefix(INSIDE) for piece in inner) == "".join(words)
