"""Finds the matter of the register that a question is about, or none: by its words alone, in whole numbers.

Promise: a question that asks for more than a matter's name says, or for less, is left to the ranking; where it names
a matter and something beside, the matter's places lead; and so do the places of the few matters that somebody's
story is likely to be about. The same matters decide for every party.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest
from typing import Any, NamedTuple

import numpy as np

from app.retrieval.analyse import Analyser
from app.retrieval.embed import NO_CODES, Code, similarity
from app.retrieval.lexicon import Ints
from app.retrieval.matter_names import MatterNames, open_names, weighed
from app.retrieval.telling import ARRAYS, Telling, terms_of
from domain.base import Language

TAKEN = 4
"""Matters that a story is taken to be about at most."""
HEARD = 1500
"""Score from which a story is taken to be about a matter, in thousandths of one telling word."""
PLAINLY = 2500
"""The same where nobody speaks of oneself: who asks in plain words for what no matter is called gets no guess."""
FAR, MEANT = 500, 8
"""Likeness of meaning, in thousandths, that two texts have at least, and what each thousandth more adds to a score."""
BESIDE = 600
"""Share of the likeliest matter's score, in thousandths, from which another is taken too."""


class Listed(NamedTuple):
    """A place of the register: the passage's number, the sentence to quote, and whether it is only near the matter."""

    passage: int
    sentence: int
    near: bool = False


class Met(StrEnum):
    """How a question met its matters: it names one and hardly more, one and more, or tells what they are about."""

    REGISTERED = "registered"
    TOUCHES = "touches"
    TOLD = "told"


@dataclass(frozen=True)
class Entry:
    """The matters that a question meets, one unless it was `TOLD`, and per party their places, positions first."""

    ids: tuple[str, ...]
    met: Met
    places: Mapping[str, tuple[Listed, ...]]
    score: int = 0
    """How much speaks for the likeliest matter that was told of, in thousandths of one telling word."""


@dataclass(frozen=True)
class Register:
    """All matters with their places, and their names per language; empty without one.

    The places of matter m for party p are rows `[starts[i], starts[i + 1])` of `places` with i = m * parties + p.
    """

    ids: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    places: Ints = field(default_factory=lambda: np.zeros((0, 3), dtype=np.int64))
    starts: Ints = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    names: Mapping[Language, MatterNames] = field(default_factory=dict)
    tellings: Mapping[Language, Telling] = field(default_factory=dict)
    titles: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)
    """Per language the plain name of each matter, empty where it has none."""
    meanings: Code = field(default_factory=lambda: NO_CODES)
    """What each matter means [matters, width]; without rows where no encoder read them."""

    def matter(self, text: str, asked: Analyser) -> Entry | None:
        """The one matter that the text names and hardly anything beside, else its main matter."""
        names = self.names.get(asked.language)
        if names is None:
            return None
        found = names.closest([weighed(word, asked, names.known) for word in asked.content(text)])
        if found is None:
            return None
        number, sure = found
        places = self._places(number)
        if not sure:
            places = {party: tuple(one for one in own if not one.near) for party, own in places.items()}
        return Entry((self.ids[number],), Met.REGISTERED if sure else Met.TOUCHES, places)

    def told(self, text: str, asked: Analyser, meant: Code | None = None, story: bool = True) -> Entry | None:
        """The matters that a text, a story or not, is likely to be about, the likeliest first; positions in turn.

        Its words speak for a matter, and what it means where that was read (`meant`).
        """
        scores = self.scores(text, asked, meant)
        order = np.argsort(-scores, kind="stable")[:TAKEN].tolist()
        if not order or (most := int(scores[order[0]])) < (HEARD if story else PLAINLY):
            return None
        taken = [number for number in order if 1000 * int(scores[number]) >= BESIDE * most]
        of_each = [self._places(number) for number in taken]
        places = {party: _in_turn([one[party] for one in of_each]) for party in self.parties}
        return Entry(tuple(self.ids[number] for number in taken), Met.TOLD, places, most)

    def scores(self, text: str, asked: Analyser, meant: Code | None, likeness: int = MEANT) -> Ints:
        """How much speaks for each matter, in thousandths of one telling word."""
        telling = self.tellings.get(asked.language)
        found = np.zeros(len(self.ids), dtype=np.int64) if telling is None else telling.scores(terms_of(text, asked))[0]
        return found if meant is None or not len(self.meanings) else found + alike(meant, self.meanings, likeness)

    def title(self, id: str, language: Language) -> str:
        """The matter's plain name in a language; its id where it has none there."""
        called = self.titles.get(language, ())
        return (called[self.ids.index(id)] if called else "") or id

    def _places(self, number: int) -> dict[str, tuple[Listed, ...]]:
        """The matter's places by party."""
        first, count = number * len(self.parties), len(self.parties)
        bounds = self.starts[first : first + count + 1].tolist()
        rows = {p: self.places[bounds[i] : bounds[i + 1]].tolist() for i, p in enumerate(self.parties)}
        return {p: tuple(Listed(n, s, bool(near)) for n, s, near in own) for p, own in rows.items()}


def alike(meant: Code, codes: Code, each: int = MEANT) -> Ints:
    """What likeness of meaning adds to the score of each thing, in thousandths of one telling word."""
    return each * np.maximum(0, similarity(meant, codes) - FAR)


def _in_turn(lists: Sequence[Sequence[Listed]]) -> tuple[Listed, ...]:
    """The first position of each list, then the second of each, and so on; a passage once."""
    taken: dict[int, Listed] = {}
    for turn in zip_longest(*lists):
        for one in turn:
            if one is not None and not one.near:
                taken.setdefault(one.passage, one)
    return tuple(taken.values())


def open_register(meta: Mapping[str, Any], arrays: Mapping[str, Ints]) -> Register:
    """The register as `ingestion.register` sealed it. Raises KeyError, TypeError or AttributeError when damaged."""
    names = {tag: open_names(tag, stems, arrays) for tag, stems in meta["stems"].items()}
    tellings = {
        tag: Telling(tuple(terms), len(meta["ids"]), *(arrays[f"{tag}.told_{name}"] for name in ARRAYS))
        for tag, terms in meta["told"].items()
    }
    titles = {tag: tuple(called) for tag, called in meta["titles"].items()}
    places = arrays["places"], arrays["place_starts"]
    meanings = np.asarray(arrays["meanings"], dtype=np.int8) if "meanings" in arrays else NO_CODES
    return Register(tuple(meta["ids"]), tuple(meta["parties"]), *places, names, tellings, titles, meanings)
