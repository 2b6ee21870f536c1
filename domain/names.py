"""Finds who is named in a text, in any spelling a voter uses, and masks it.

Every party is treated by the same code: forms and cues come from the pack, grammar from
`domain.cue_words`. A certain form always means the party; an ambiguous one needs one of its
cues (`domain.name_cues`). Offsets are code points of the text as given, work is linear in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from domain.cue_words import ARTICLES, CONJUNCTIONS
from domain.election import Cue, Party
from domain.name_cues import STOP, Source, cued, free_standing, hyphen_after, ruled_out
from domain.name_trie import SLOT, Entry, Found, Node, Word, enter, found_at, words_of

LIST_MARK = re.compile(r"[,/&+;|·•(]")
MAX_BETWEEN = 40
POSSESSIVE = frozenset({"s"})


@dataclass(frozen=True, slots=True)
class Mention:
    """One name found: code points `[start, end)`, the parties it means, the form as listed.

    A name that belongs to no party of the election has no parties; a leading person is named in full.
    """

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


class Names:
    """All names of an election, ready to be found in texts. Immutable once made."""

    def __init__(self, parties: Iterable[Party], *, extra: Iterable[str] = ()) -> None:
        """Names of these parties; `extra` are further names that belong to no party and are masked alike."""
        self._root = Node()
        self._given: set[str] = set()
        for party in parties:
            _enter_party(self._root, party)
            self._given |= {words[0].folded for p in party.people if len(words := words_of(p.name)) > 1}
        for name in extra:
            enter(self._root, name, None, None, None)

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Every name in the text, left to right, none overlapping, the longest form first."""
        source = Source(text, words_of(text), SLOT not in text and text == text.lower())
        items = _candidates(self._root, source, self._given)
        items = _join_lists(items, source, range(len(items)), 1)
        items = _join_lists(items, source, range(len(items) - 1, -1, -1), -1)
        kept: list[Mention] = []
        for mention in (item.mention for item in items):
            if mention is not None and (not kept or mention.start >= kept[-1].end):
                kept.append(mention)
        return tuple(kept)

    def mask(self, text: str, slot: str = SLOT) -> str:
        """The text with every mention replaced by the slot."""
        return self.masked(text, slot)[0]

    def masked(self, text: str, slot: str = SLOT) -> tuple[str, tuple[Segment, ...]]:
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


def _candidates(root: Node, source: Source, given: AbstractSet[str]) -> list[_Item]:
    """Forms found from left to right: with a mention if sure, without if a list must decide."""
    items: list[_Item] = []
    place, words = 0, source.words
    while place < len(words):
        step = 1
        if words[place].folded in root.following or len(words[place].folded) > 6:
            options = found_at(root, words, place, source.text)
            sure = next(((o, entries) for o in options if (entries := _sure(o, source, given))), None)
            if sure is not None:
                items.append(_Item(sure[0], _mention(*sure, source)))
                step = sure[0].last - place
                _hide(sure[0], words)
            else:
                items += [_Item(option, None) for option in options[:1]]
        place += step
    return items


def _hide(found: Found, words: list[Word]) -> None:
    """Let what follows see a slot where a name was found, as a reader of the masked text will."""
    for place in range(found.first, found.last):
        hidden = SLOT + (found.head or "") if place == found.last - 1 else SLOT
        words[place] = Word(hidden, hidden, words[place].start, words[place].end)


def _sure(found: Found, source: Source, given: AbstractSet[str]) -> tuple[Entry, ...]:
    return tuple(
        e
        for e in found.entries
        if (e.ambiguous is None or cued(e, e.ambiguous, found, source)) and not _namesake(e, found, source, given)
    )


def _namesake(entry: Entry, found: Found, source: Source, given: AbstractSet[str]) -> bool:
    """A surname with the given name of another leading person directly before it is somebody else."""
    if entry.person is None or found.first == 0:
        return False
    before = source.words[found.first - 1]
    gap = source.text[before.end : source.words[found.first].start]
    own = {w.folded for w in words_of(entry.person)}
    return gap.isspace() and before.folded in given and before.folded not in own


def _mention(found: Found, entries: tuple[Entry, ...], source: Source) -> Mention:
    meant = sorted(entries, key=lambda e: (e.form, e.party or ""))
    people = {e.person for e in meant}
    parties = tuple(sorted({e.party for e in meant if e.party is not None}))
    person = people.pop() if len(people) == 1 else None
    return Mention(source.words[found.first].start, found.end, parties, meant[0].form, person)


def _join_lists(items: list[_Item], source: Source, order: range, step: int) -> list[_Item]:
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


def _may_join(entry: Entry, found: Found, source: Source) -> bool:
    listed = entry.ambiguous
    if listed is None or Cue.PARTY_WORD not in listed.cues or found.head or ruled_out(listed, found, source):
        return False
    return not hyphen_after(found, source) and (not listed.adjective or free_standing(found, source))


def _one_list(left: Found, right: Found, source: Source) -> bool:
    """Between the two stand only list marks, an opening bracket, conjunctions, articles and a possessive s."""
    between = source.words[left.last : right.first]
    gap = source.text[left.end : source.words[right.first].start]
    if left.last > right.first or len(gap) > MAX_BETWEEN or STOP.search(gap.replace(";", ",")):
        return False
    folded = {w.folded for w in between}
    return folded <= ARTICLES | CONJUNCTIONS | POSSESSIVE and bool(folded & CONJUNCTIONS or LIST_MARK.search(gap))
