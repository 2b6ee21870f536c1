"""Where a name stands in a question: who is asked to speak, and who is only spoken about.

Grammar alone decides, the same for every name. Only a voter's question is read so, never a
document.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Protocol

from domain.cue_words import (
    ABOUT,
    ALONE_WORDS,
    ARTICLES,
    AUXILIARIES,
    COMPARING,
    CONJUNCTIONS,
    LINKS,
    OWN_TEXTS,
    PARTY_WORDS,
    QUESTION_WORDS,
    STATING_VERBS,
    WHICH_WORDS,
    WHO_WORDS,
    WITH_OR_AGAINST,
)
from domain.name_trie import Word, fold, words_of

MOST_LETTERS = 8
MOST_ALONE = 6
"""Words of a follow-up that consists of a name."""
PARTIES = frozenset({"parteien", "parties", "partis"})
_OWNING = frozenset({"von", "vom", "of", "de", "du", "des"})
_BREAK = re.compile(r"[.,!?:;()…\n]")
_SPACE = re.compile(r"[\s\"'’„“”«»]*")


class Place(Protocol):
    """Code points `[start, end)` of a name."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def unknown_speakers(text: str, names: Sequence[Place], follow_up: bool = False) -> tuple[tuple[int, int], ...]:
    """Abbreviations in capitals that stand where a party speaks and are no name in `names`.

    `follow_up` says that the text continues a conversation, where a name may stand alone ("und die …?").
    """
    if text == text.upper():
        return ()
    words = words_of(text)
    taken = [(n.start, n.end) for n in names]
    found: list[tuple[int, int]] = []
    for place, word in enumerate(words):
        written = text[word.start : word.end]
        free = all(word.end <= start or end <= word.start for start, end in taken)
        if not (free and written.isalpha() and written.isupper() and 2 <= len(written) <= MOST_LETTERS):
            continue
        if text[word.end : word.end + 1] in ("-", "‐", "‑"):
            continue
        speaks = _speaks(words, place, text) or (follow_up and _alone(words, place))
        if speaks or _in_list(words, place, text, [*taken, *found]):
            found.append((word.start, word.end))
    return tuple(found)


def spoken_of(text: str, names: Sequence[Place]) -> frozenset[int]:
    """Which of the names (by number) are only spoken about: "Was sagt A über B?" asks A."""
    words = words_of(text)
    if any(w.folded.startswith(COMPARING) for w in words):
        return frozenset()
    found: set[int] = set()
    for number, name in enumerate(names):
        before = [w for w in words if w.end <= name.start]
        speaker = any(n not in found for n in range(number)) or any(w.folded in PARTIES for w in before)
        if speaker and _about(before, text, name):
            found.add(number)
    return frozenset(found)


def _speaks(words: Sequence[Word], place: int, text: str) -> bool:
    before = place
    if before and words[before - 1].folded in ARTICLES and _joined(text, words[before - 1], words[before]):
        before -= 1
    earlier = [w.folded for w in words[:before]]
    if not _asks_who(earlier):
        verb = bool(earlier) and (earlier[-1] in STATING_VERBS or earlier[-1] in AUXILIARIES)
        if verb and (QUESTION_WORDS | WHICH_WORDS) & set(earlier):
            return True
        if place + 1 < len(words) and words[place + 1].folded in STATING_VERBS:
            return True
    if place + 2 < len(words) and words[place + 1].folded == "s" and words[place + 2].folded in PARTY_WORDS:
        return True
    return _after_own_text(words, place)


def _asks_who(earlier: Sequence[str]) -> bool:
    """Whether the question leaves open who speaks: then a name in it is not the speaker."""
    verbs = STATING_VERBS | AUXILIARIES
    return bool(WHO_WORDS & set(earlier)) or any(
        word in WHICH_WORDS and (then in verbs or then.startswith(("partei", "parti", "party", "list")))
        for word, then in itertools.pairwise(earlier)
    )


def _after_own_text(words: Sequence[Word], place: int) -> bool:
    links = 0
    while links < 2 and place - links > 0 and words[place - links - 1].folded in LINKS:
        links += 1
    at = place - links - 1
    return at >= 0 and words[at].folded in OWN_TEXTS and (links > 0 or words[at].folded == fold("laut"))


def _in_list(words: Sequence[Word], place: int, text: str, sure: Sequence[tuple[int, int]]) -> bool:
    """Beside a sure name, with a conjunction and at most an article between."""
    word = words[place]
    for start, end in sure:
        low, high = (end, word.start) if end <= word.start else (word.end, start)
        if low > high or _BREAK.search(text[low:high]):
            continue
        between = [w.folded for w in words if low <= w.start and w.end <= high]
        if between and between[0] in CONJUNCTIONS and set(between[1:]) <= ARTICLES:
            return True
    return False


def _alone(words: Sequence[Word], place: int) -> bool:
    others = [w.folded for n, w in enumerate(words) if n != place]
    return 0 < len(others) < MOST_ALONE and set(others) <= ALONE_WORDS | {"mit"} and place == len(words) - 1


def _about(before: Sequence[Word], text: str, name: Place) -> bool:
    """Directly before the name stands a preposition of speaking about, or one and a noun that the name owns."""
    at = len(before)
    article = at > 0 and before[at - 1].folded in ARTICLES and before[at - 1].folded not in ABOUT
    at -= article
    if at == 0 or _BREAK.search(text[before[at - 1].end : name.start]):
        return False
    if _preposition(before, at, text, bool(article)):
        return True
    owned = at > 1 and (article or before[at - 1].folded in _OWNING)
    noun = before[at - 1]
    if not owned or noun.folded in CONJUNCTIONS or (noun.folded in STATING_VERBS and noun.cased[:1].islower()):
        return False
    at -= before[at - 1].folded in _OWNING
    at -= 1
    inner = at > 0 and before[at - 1].folded in ARTICLES and before[at - 1].folded not in ABOUT
    at -= inner
    return at > 0 and _preposition(before, at, text, True)


def _preposition(before: Sequence[Word], at: int, text: str, article: bool) -> bool:
    """Whether word `at - 1` is a preposition of speaking about, and no further member of a list."""
    word = before[at - 1].folded
    listed = at > 1 and (
        before[at - 2].folded in CONJUNCTIONS or _BREAK.search(text[before[at - 2].end : before[at - 1].start])
    )
    owner = word in _OWNING and at > 1 and before[at - 2].folded in PARTY_WORDS
    return not listed and not owner and (word in ABOUT or (article and word in WITH_OR_AGAINST))


def _joined(text: str, left: Word, right: Word) -> bool:
    return _SPACE.fullmatch(text[left.end : right.start]) is not None
