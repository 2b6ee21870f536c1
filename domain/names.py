"""Finds who is named in a text, in any spelling a voter uses, and masks it.

Every party is treated by the same code: forms and cues come from the pack, grammar from
`domain.cue_words`. A certain form always means the party; an ambiguous one needs one of its
cues. Offsets are code points of the text as given. Work grows linearly with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from domain.cue_words import (
    ALONE_WORDS,
    ARTICLES,
    CONJUNCTIONS,
    FUNCTION_WORDS,
    LINKS,
    PARTY_WORDS,
    STATING_VERBS,
)
from domain.election import AmbiguousForm, Cue, Party
from domain.name_trie import Entry, Found, Node, Word, enter, fold, found_at, words_of

STOP = re.compile(r"[.!?:;…•\"„“”»«]|\n\s*\n")
PUNCTUATION = re.compile(r"[.,!?:;…•\"„“”»«()/\[\]&+|–—]|\n\s*\n")
LIST_MARK = re.compile(r"[,/&+;|·•]")
HYPHENS = frozenset("-‐‑–")
QUOTES = " \t\n\r\u00a0\u202f\"'„“”‚‘’»«`*_"
MAX_BETWEEN = 40


@dataclass(frozen=True, slots=True)
class Mention:
    """One name found: code points `[start, end)`, the parties it means (none for an unknown name), the form as listed."""

    start: int
    end: int
    parties: tuple[str, ...]
    form: str
    person: str | None = None


class Segment(NamedTuple):
    """A stretch `[out_start, out_end)` of masked text and the stretch of the given text it stands for.

    Segments cover both texts in order without gaps. With `copied` the two have the same code
    points, so a place maps by its distance from the start; a slot maps only as a whole.
    """

    out_start: int
    out_end: int
    in_start: int
    in_end: int
    copied: bool


class _Item(NamedTuple):
    found: Found
    mention: Mention | None


class _Text(NamedTuple):
    text: str
    words: list[Word]
    uncased: bool


class Names:
    """All names of an election, ready to be found in texts. Immutable once made."""

    def __init__(self, parties: Iterable[Party], *, extra: Iterable[str] = ()) -> None:
        """Names of these parties; `extra` are further names that belong to no party and are masked alike."""
        self._root = Node()
        for party in parties:
            _enter_party(self._root, party)
        for name in extra:
            enter(self._root, name, None, None, None)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Every name in the text, left to right, none overlapping, the longest form first."""
        source = _Text(text, words_of(text), text == text.lower())
        items = _candidates(self._root, source)
        items = _join_lists(items, source, range(len(items)), 1)
        items = _join_lists(items, source, range(len(items) - 1, -1, -1), -1)
        kept: list[Mention] = []
        for mention in (item.mention for item in items):
            if mention is not None and (not kept or mention.start >= kept[-1].end):
                kept.append(mention)
        return tuple(kept)

    def mask(self, text: str, slot: str = "□") -> str:
        """The text with every mention replaced by the slot."""
        return self.masked(text, slot)[0]

    def masked(self, text: str, slot: str = "□") -> tuple[str, tuple[Segment, ...]]:
        """The masked text and its segments, by which a span of it is found again in the given text."""
        parts: list[str] = []
        segments: list[Segment] = []
        place = out = 0
        for mention in (*self.mentions(text), None):
            upto = len(text) if mention is None else mention.start
            if upto > place:
                parts.append(text[place:upto])
                segments.append(Segment(out, out + upto - place, place, upto, True))
                out += upto - place
            if mention is not None:
                parts.append(slot)
                segments.append(Segment(out, out + len(slot), mention.start, mention.end, False))
                out, place = out + len(slot), mention.end
        return "".join(parts), tuple(segments)


def source_span(segments: tuple[Segment, ...], start: int, end: int) -> tuple[int, int]:
    """Where code points `[start, end)` of a masked text stand in the given text; slots count as a whole."""
    touched = [s for s in segments if s.out_start < end and start < s.out_end]
    if not touched:
        raise ValueError(f"no text at {start} to {end}")
    first, last = touched[0], touched[-1]
    begin = first.in_start + (max(start, first.out_start) - first.out_start if first.copied else 0)
    finish = last.in_start + min(end, last.out_end) - last.out_start if last.copied else last.in_end
    return begin, finish


def _enter_party(root: Node, party: Party) -> None:
    """Enter listed forms, and the official names except where the pack lists the same words as ambiguous."""
    for ambiguous in party.ambiguous:
        enter(root, ambiguous.form, party.id, None, ambiguous)
    unclear = {_key(a.form) for a in party.ambiguous}
    lists = [name for entry in party.lists for name in (entry.name, entry.short or entry.name)]
    official = [*party.short.values(), *party.name.values(), *lists]
    for form in (*party.forms, *(name for name in official if _key(name) not in unclear)):
        enter(root, form, party.id, None, None)
    for person in party.people:
        for form in (person.name, *person.forms):
            enter(root, form, party.id, person.name, None)


def _key(form: str) -> tuple[str, ...]:
    words = [w.folded for w in words_of(form)]
    return tuple(words[1:] if len(words) > 1 and words[0] in ARTICLES else words)


def _candidates(root: Node, source: _Text) -> list[_Item]:
    """Forms found from left to right: with a mention if sure, without if a list must decide."""
    items: list[_Item] = []
    place, words = 0, source.words
    while place < len(words):
        step = 1
        if words[place].folded in root.following or len(words[place].folded) > 6:
            options = found_at(root, words, place, source.text)
            sure = next(((o, entries) for o in options if (entries := _sure(o, source))), None)
            if sure is not None:
                items.append(_Item(sure[0], _mention(*sure, source)))
                step = sure[0].last - place
            else:
                items += [_Item(option, None) for option in options[:1]]
        place += step
    return items


def _sure(found: Found, source: _Text) -> tuple[Entry, ...]:
    return tuple(e for e in found.entries if e.ambiguous is None or _cued(e, e.ambiguous, found, source))


def _mention(found: Found, entries: tuple[Entry, ...], source: _Text) -> Mention:
    meant = sorted(entries, key=lambda e: (e.form, e.party or ""))
    people = {e.person for e in meant}
    parties = tuple(sorted({e.party for e in meant if e.party is not None}))
    person = people.pop() if len(people) == 1 else None
    return Mention(source.words[found.first].start, found.end, parties, meant[0].form, person)


def _cued(entry: Entry, listed: AmbiguousForm, found: Found, source: _Text) -> bool:
    """Whether the words around an ambiguous form make it the party."""
    if _ruled_out(listed, found, source):
        return False
    cues = frozenset(listed.cues)
    if Cue.UNLESS in cues:
        return True
    exact = _as_listed(entry, found, source)
    if found.head is not None or _hyphen_after(found, source):
        head = found.head or source.words[found.last].folded
        return (Cue.PARTY_WORD in cues and head in PARTY_WORDS) or (
            Cue.COMPOUND in cues and exact and found.head is None
        )
    free = _free(found, source) or not listed.adjective
    said = _verb_before(found, source)
    article = _article_before(listed, found, source)
    return (
        (Cue.ARTICLE in cues and article and (free or exact or said))
        or (Cue.EXACT_ARTICLE in cues and article and exact)
        or (Cue.CAPITAL in cues and exact and _telling(entry, listed, found, source))
        or (Cue.PARTY_WORD in cues and _party_word(listed, found, source, free or exact))
        or (Cue.VERB in cues and (_verb_after(found, source) or (said and (free or article or exact))))
        or (Cue.ALONE in cues and _alone(found, source))
        or (Cue.UNCASED in cues and source.uncased)
    )


def _article_before(listed: AmbiguousForm, found: Found, source: _Text) -> bool:
    if found.first == 0 or not _near(source, found.first):
        return False
    word = source.words[found.first - 1].folded
    return word in ({fold(a) for a in listed.articles} or ARTICLES)


def _near(source: _Text, place: int) -> bool:
    """Only space, quotation marks or an apostrophe stand before the word at this place."""
    return not source.text[source.words[place - 1].end : source.words[place].start].strip(QUOTES)


def _gap_after(found: Found, source: _Text) -> str:
    end = source.words[found.last - 1].end
    return source.text[end : source.words[found.last].start if found.last < len(source.words) else len(source.text)]


def _hyphen_after(found: Found, source: _Text) -> bool:
    return found.last < len(source.words) and len(gap := _gap_after(found, source)) == 1 and gap in HYPHENS


def _ruled_out(listed: AmbiguousForm, found: Found, source: _Text) -> bool:
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


def _words_before(found: Found, source: _Text) -> list[str]:
    """The word before a form, and the one before its article."""
    words, first = source.words, found.first
    if first and words[first - 1].folded.isdigit():
        return [words[first - 1].folded]
    before = [words[first - 1].folded] if first and _near(source, first) else []
    if before and before[0] in ARTICLES and first > 1 and _near(source, first - 1):
        before.append(words[first - 2].folded)
    return before


def _words_after(found: Found, source: _Text) -> list[str]:
    """The word after a form, and what a conjunction or article there leads to."""
    if found.head is not None:
        return [found.head]
    if PUNCTUATION.search(_gap_after(found, source)):
        return []
    after: list[str] = []
    for word in source.words[found.last : found.last + 3]:
        after.append(word.folded)
        if word.folded not in CONJUNCTIONS and word.folded not in ARTICLES:
            break
    return after


def _listed_word(word: str, listed: tuple[str, ...]) -> bool:
    for entry in listed:
        stem = fold(entry)
        if word == stem or (entry == "#" and word.isdigit()) or (stem.endswith("*") and word.startswith(stem[:-1])):
            return True
    return False


def _as_listed(entry: Entry, found: Found, source: _Text) -> bool:
    """The form has the listed capitals, or is all capitals where its surroundings are not."""
    words = source.words
    pairs = list(zip(entry.words, words[found.first : found.last], strict=True))
    shouted = all(w.cased.isupper() for _, w in pairs)
    if shouted:
        around = [w.cased for w in words[max(0, found.first - 2) : found.first] + words[found.last : found.last + 2]]
        letters = [w for w in around if w.isalpha() and len(w) > 1]
        if letters and all(w.isupper() for w in letters):
            return False
    return all(_same_capitals(listed, w.cased, shouted) for listed, w in pairs)


def _same_capitals(listed: str, written: str, shouted: bool) -> bool:
    if listed.isdigit():
        return True
    if written.startswith(listed):
        return written == listed or written[len(listed) :].islower() or listed.isupper()
    return (listed.istitle() and (shouted or written.istitle())) or (listed.islower() and written.islower())


def _telling(entry: Entry, listed: AmbiguousForm, found: Found, source: _Text) -> bool:
    """Capitals say something: inside a sentence, in a form full of capitals, or first with no word of its own after."""
    if any(sum(c.isupper() for c in word) > 1 for word in entry.words):
        return True
    words, last = source.words, found.last
    if found.first and not STOP.search(source.text[words[found.first - 1].end : words[found.first].start]):
        return True
    noun_after_noun = not listed.adjective and last < len(words) and words[last].cased[:1].isupper()
    return noun_after_noun or _free(found, source)


def _free(found: Found, source: _Text) -> bool:
    """No noun can follow: the text ends here, punctuation follows, or a small word."""
    if found.last == len(source.words) or PUNCTUATION.search(_gap_after(found, source)):
        return True
    return source.words[found.last].folded in FUNCTION_WORDS


def _verb_before(found: Found, source: _Text) -> bool:
    place, words = found.first, source.words
    if place and words[place - 1].folded in ARTICLES and _near(source, place):
        place -= 1
    return place > 0 and words[place - 1].folded in STATING_VERBS and _near(source, place)


def _verb_after(found: Found, source: _Text) -> bool:
    last = found.last
    return last < len(source.words) and source.words[last].folded in STATING_VERBS and _near(source, last)


def _party_word(listed: AmbiguousForm, found: Found, source: _Text, clear: bool) -> bool:
    """A party word directly after a noun, or before it, with at most two small words between."""
    words, place, last = source.words, found.first, found.last
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


def _alone(found: Found, source: _Text) -> bool:
    if len(source.words) > 7:
        return False
    others = source.words[: found.first] + source.words[found.last :]
    return found.head is None and all(w.folded in ALONE_WORDS for w in others)


def _join_lists(items: list[_Item], source: _Text, order: range, step: int) -> list[_Item]:
    """Items with a mention added where an ambiguous form stands in one list with a name already sure."""
    joined = list(items)
    for place in order:
        item, other = joined[place], place - step
        if item.mention is None and 0 <= other < len(joined) and joined[other].mention is not None:
            pair = (joined[other].found, item.found) if step > 0 else (item.found, joined[other].found)
            entries = tuple(e for e in item.found.entries if _may_join(e, item.found, source))
            if entries and _one_list(*pair, source):
                joined[place] = _Item(item.found, _mention(item.found, entries, source))
    return joined


def _may_join(entry: Entry, found: Found, source: _Text) -> bool:
    listed = entry.ambiguous
    if listed is None or Cue.PARTY_WORD not in listed.cues or found.head or _ruled_out(listed, found, source):
        return False
    return not _hyphen_after(found, source) and (not listed.adjective or _free(found, source))


def _one_list(left: Found, right: Found, source: _Text) -> bool:
    """Between the two stand only list marks, conjunctions and articles."""
    between = source.words[left.last : right.first]
    gap = source.text[left.end : source.words[right.first].start]
    if left.last > right.first or len(gap) > MAX_BETWEEN or STOP.search(gap.replace(";", ",")):
        return False
    folded = {w.folded for w in between}
    return folded <= ARTICLES | CONJUNCTIONS and bool(folded & CONJUNCTIONS or LIST_MARK.search(gap))
