"""A slip of the fingers is undone; what is known, short, rare or two slips away stays."""

from __future__ import annotations

import pytest

from guardrails.slips import OFTEN, SpellingError, meant, read_counts

COUNTS = {"party": 90, "which": 80, "their": 60, "there": 70, "safest": OFTEN, "moron": OFTEN - 1, "wats": 3}
KNOWN = frozenset({"carers", "ther"}).__contains__


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("paarty", "party"),
        ("prty", "party"),
        ("wihch", "which"),
        ("safets", "safest"),
        ("thre", "there"),
        ("theer", "there"),
    ],
)
def test_one_slip_is_undone(word: str, wanted: str) -> None:
    assert meant(word, COUNTS, KNOWN) == wanted


@pytest.mark.parametrize("word", ["party", "wats", "carers", "ther", "prt", "p4rty", "paaarty", "morn", "zzyzx", "□"])
def test_known_short_rare_and_strange_words_stay(word: str) -> None:
    assert meant(word, COUNTS, KNOWN) == word


def test_a_list_says_which_line_is_wrong() -> None:
    assert read_counts("party\t90\nwahl\t3\n", "words.de.tsv") == {"party": 90, "wahl": 3}
    with pytest.raises(SpellingError, match=r"words\.de\.tsv, line 2"):
        read_counts("party\t90\nwahl\n", "words.de.tsv")
