"""Decides whether the words around an ambiguous form make it the party.

Every rule is the same for all names; what differs between forms (their cues, the words that rule
them out) is data of the pack. Nothing that a slot of a masked name hides is used as evidence.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from domain.cue_words import (
    ALONE_WORDS,
    ARTICLES,
    CONJUNCTIONS,
    FUNCTION_WORDS,
    LINKS,
    PARTY_WORDS,
    PREPOSITION_ARTICLES,
    STATING_VERBS,
)
from domain.election import AmbiguousForm, Cue
from domain.name_trie import SLOT, Entry, Found, Word, fold

STOP = re.compile(r"[.!?:;…•\"„“”»«]|\n\s*\n")
PUNCTUATION = re.compile(r"[.,!?:;…•\"„“”»«()/\[\]&+|–—]|\n\s*\n")
HYPHENS = frozenset("-‐‑–")
QUOTES = " \t\n\r\u00a0\u202f\"'„“”‚‘’»«`*_"


class Source(NamedTuple):
    """A text, its words, and whether it is written without capitals."""

    text: str
    words: list[Word]
    uncased: bool


def cued(entry: Entry, listed: AmbiguousForm, found: Found, source: Source) -> bool:
    """Whether the words around an ambiguous form make it the party."""
    if ruled_out(listed, found, source):
        return False
    cues = frozenset(listed.cues)
    if Cue.UNLESS in cues:
        return True
    exact = _as_listed(entry, found, source)
    if found.head is not None or hyphen_after(found, source):
        head = found.head or source.words[found.last].folded
        return (Cue.PARTY_WORD in cues and head in PARTY_WORDS) or (
            Cue.COMPOUND in cues and exact and found.head is None
        )
    free = free_standing(found, source) or not listed.adjective
    said = _verb_before(found, source)
    article = _article_before(listed, found, source)
    return (
        (Cue.ARTICLE in cues and article and (free or exact or said))
        or (Cue.EXACT_ARTICLE in cues and article and exact)
        or (Cue.CAPITAL in cues and exact and _telling(entry, listed, found, source))
        or (Cue.PARTY_WORD in cues and _party_word(listed, found, source, free or exact))
        or (
            Cue.VERB in cues
            and (
                (_verb_after(found, source) and (article or not listed.articles))
                or (said and (free or article or exact))
            )
        )
        or (Cue.ALONE in cues and _alone(found, source))
        or (Cue.UNCASED in cues and source.uncased)
    )


def _article_before(listed: AmbiguousForm, found: Found, source: Source) -> bool:
    if found.first == 0 or not _near(source, found.first):
        return False
    word = source.words[found.first - 1].folded
    return word in ({fold(a) for a in listed.articles} or ARTICLES)


def _near(source: Source, place: int) -> bool:
    """Only space, quotation marks or an apostrophe stand before the word at this place."""
    return not source.text[source.words[place - 1].end : source.words[place].start].strip(QUOTES)


def _gap_after(found: Found, source: Source) -> str:
    end = source.words[found.last - 1].end
    return source.text[end : source.words[found.last].start if found.last < len(source.words) else len(source.text)]


def hyphen_after(found: Found, source: Source) -> bool:
    """The form is joined by a hyphen to a further word."""
    return found.last < len(source.words) and len(gap := _gap_after(found, source)) == 1 and gap in HYPHENS


def ruled_out(listed: AmbiguousForm, found: Found, source: Source) -> bool:
    """A word that rules the party out, another word glued to the form, or a compound before it."""
    words, first, last = source.words, found.first, found.last
    if first and words[first - 1].end == words[first].start:
        return True
    if first and words[first].start - words[first - 1].end == 1 and source.text[words[first].start - 1] in HYPHENS:
        return True
    if found.head is None and last < len(words) and words[last].start == words[last - 1].end:
        return True
    return any(_listed_word(w, listed.never_after) for w in _words_before(found, source)) or any(
        _listed_word(w, listed.never_before) for w in _words_after(found, source)
    )


def _words_before(found: Found, source: Source) -> list[str]:
    """The word before a form, and the one before its article."""
    words, first = source.words, found.first
    if first and words[first - 1].folded.isdigit():
        return [words[first - 1].folded]
    before = [words[first - 1].folded] if first and _near(source, first) else []
    if before and before[0] in ARTICLES and first > 1 and _near(source, first - 1):
        before.append(words[first - 2].folded)
    return before


def _words_after(found: Found, source: Source) -> list[str]:
    """The word after a form, and what a conjunction or article there leads to.

    An article with a preposition inside begins a phrase of its own.
    """
    if found.head is not None:
        return [found.head]
    if PUNCTUATION.search(_gap_after(found, source)):
        return []
    after: list[str] = []
    for word in source.words[found.last : found.last + 3]:
        after.append(word.folded)
        if word.folded in PREPOSITION_ARTICLES or not (word.folded in CONJUNCTIONS or word.folded in ARTICLES):
            break
    return after


def _listed_word(word: str, listed: tuple[str, ...]) -> bool:
    for entry in listed:
        stem = fold(entry)
        if word == stem or (entry == "#" and word.isdigit()) or (stem.endswith("*") and word.startswith(stem[:-1])):
            return True
    return False


def _as_listed(entry: Entry, found: Found, source: Source) -> bool:
    """The form has the listed capitals, or is all capitals where the small words around it are not."""
    words = source.words
    pairs = list(zip(entry.words, words[found.first : found.last], strict=True))
    shouted = all(w.cased.isupper() for _, w in pairs)
    if shouted:
        around = words[max(0, found.first - 2) : found.first] + words[found.last : found.last + 2]
        if any(w.folded.startswith(SLOT) for w in words[found.last : found.last + 2]):
            return False
        if any(w.folded in FUNCTION_WORDS and len(w.cased) > 1 and w.cased.isupper() for w in around):
            return False
    return all(_same_capitals(listed, w.cased, shouted) for listed, w in pairs)


def _same_capitals(listed: str, written: str, shouted: bool) -> bool:
    if listed.isdigit():
        return True
    if written.startswith(listed):
        return written == listed or written[len(listed) :].islower() or listed.isupper()
    return (listed.istitle() and (shouted or written.istitle())) or (listed.islower() and written.islower())


def _telling(entry: Entry, listed: AmbiguousForm, found: Found, source: Source) -> bool:
    """Capitals say something: inside a sentence, in a form full of capitals, or first with no word of its own after."""
    if any(sum(c.isupper() for c in word) > 1 for word in entry.words):
        return True
    words, last = source.words, found.last
    if found.first and not STOP.search(source.text[words[found.first - 1].end : words[found.first].start]):
        return True
    noun_after_noun = not listed.adjective and last < len(words) and words[last].cased[:1].isupper()
    return noun_after_noun or free_standing(found, source)


def free_standing(found: Found, source: Source) -> bool:
    """No noun can follow: the text ends here, punctuation follows, or a small word."""
    if found.last == len(source.words) or PUNCTUATION.search(_gap_after(found, source)):
        return True
    return source.words[found.last].folded in FUNCTION_WORDS


def _verb_before(found: Found, source: Source) -> bool:
    place, words = found.first, source.words
    if place and words[place - 1].folded in ARTICLES and _near(source, place):
        place -= 1
    return place > 0 and words[place - 1].folded in STATING_VERBS and _near(source, place)


def _verb_after(found: Found, source: Source) -> bool:
    """A stating verb follows, or the colon of a speaker whose name opens the text."""
    last = found.last
    if found.first == 0 and _gap_after(found, source).startswith(":"):
        return True
    return last < len(source.words) and source.words[last].folded in STATING_VERBS and _near(source, last)


def _party_word(listed: AmbiguousForm, found: Found, source: Source, clear: bool) -> bool:
    """A party word directly after a noun, or before it, with at most two small words between."""
    words, place, last = source.words, found.first, found.last
    if last < len(words) and words[last].folded == "s" and _gap_after(found, source) in ("'", "’"):
        last += 1
    if not listed.adjective and last < len(words) and words[last].folded in PARTY_WORDS and _near(source, last):
        return True
    for _ in range(3):
        if place == 0 or not _near(source, place):
            return False
        place -= 1
        if words[place].folded in PARTY_WORDS:
            return clear
        if words[place].folded not in LINKS:
            return False
    return False


def _alone(found: Found, source: Source) -> bool:
    if len(source.words) > 7:
        return False
    others = source.words[: found.first] + source.words[found.last :]
    return found.head is None and all(w.folded in ALONE_WORDS for w in others)
