"""`register.jsonl` of a pack: where each programme takes a position on a matter, read, checked and sealed.

Optional. A line that cannot be used is an error with file, line and field, and so is a matter that leaves out a
party with a document. A matter of which one place no longer exists is left out for all parties alike, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import PackError
from app.retrieval.analyse import SLOT, Analyser
from app.retrieval.lexicon import offsets
from app.retrieval.matter_names import NEW, Word, coded, weighed
from app.retrieval.telling import learnt, terms_of
from domain.base import Digest, Language, sha256
from domain.names import Names
from domain.passage import Passage
from domain.register import Matter
from ingestion.lines import pack_bytes, read_lines, refuse
from ingestion.meaning import Centres

FILE = "register.jsonl"


@dataclass(frozen=True)
class RegisterFile:
    """The matters of the file in its order, and the file's digest; empty for a pack without one."""

    matters: tuple[Matter, ...] = ()
    digest: Digest | None = None

    def pinned(self) -> dict[str, object]:
        """What the corpus lock holds of it: nothing for a pack without the file."""
        return {} if self.digest is None else {"register_sha256": self.digest}


def read_register(pack: Path) -> RegisterFile:
    """Read the pack's file. Raises PackError with the problems found, each with file, line and field."""
    path = pack / FILE
    data = pack_bytes(path, "register")
    if data is None:
        return RegisterFile()
    problems: list[str] = []
    found = dict(read_lines(path, data, Matter, problems))
    twice = [i for i, n in Counter(m.id for m in found.values()).items() if n > 1]
    problems += [f"{path}: id: {i} is given twice" for i in twice]
    refuse(problems)
    return RegisterFile(tuple(found.values()), sha256(data))


def usable(register: RegisterFile, passages: Sequence[Passage], pack: Path) -> tuple[Matter, ...]:
    """The matters all of whose places stand in these passages.

    Raises PackError for a party left out or unknown, another party's passage, or a sentence that does not exist.
    """
    known = {p.id: p for p in passages}
    parties = {p.party for p in passages if p.party is not None}
    if register.matters and len({p.language for p in passages if p.party is not None}) > 1:
        raise PackError(f"{pack / FILE}: a register needs programmes in one language; these are in several")
    problems = [
        f"{pack / FILE}:{number}: {'.'.join(filter(None, ('places', party)))}: {problem}"
        for number, matter in enumerate(register.matters, start=1)
        for party, problem in _problems(matter, parties, known)
    ]
    refuse(problems)
    return tuple(m for m in register.matters if all(p.passage in known for places in m.places.values() for p in places))


def _problems(matter: Matter, parties: set[str], known: Mapping[Digest, Passage]) -> Iterable[tuple[str, str]]:
    if all(place.near for places in matter.places.values() for place in places):
        yield "", "no party has a position; a matter that silences all is left out"
    for party in sorted(parties - set(matter.places)):
        yield party, "has a document and no entry, not even an empty one"
    for party in sorted(set(matter.places) - parties):
        yield party, "has no document here"
    for party, places in matter.places.items():
        twice = [i for i, n in Counter(place.passage for place in places).items() if n > 1]
        yield from ((party, f"passage {i[:16]} is given twice") for i in twice)
        if any(one.near and not other.near for one, other in pairwise(places)):
            yield party, "a place that is near stands before a position"
        for place in places:
            passage = known.get(place.passage)
            if passage is not None and passage.party != party:
                yield party, f"passage {place.passage[:16]} is not of this party"
            elif passage is not None and place.sentence >= len(passage.sentences):
                yield party, f"passage {place.passage[:16]} has {len(passage.sentences)} sentences, counted from 0"


@dataclass(frozen=True)
class Sealed:
    """What `app.retrieval.register` opens: text, and arrays by name."""

    meta: Mapping[str, object]
    arrays: Mapping[str, NDArray[np.int64]]


def masked(matter: Matter, names: Names) -> Matter:
    """The matter with every party's and leader's name in its own words masked, as in a question."""

    def hidden(texts: Mapping[Language, Sequence[str]]) -> dict[Language, tuple[str, ...]]:
        return {tag: tuple(names.mask(text, SLOT) for text in of) for tag, of in texts.items()}

    return matter.model_copy(update={"names": hidden(matter.names), "told": hidden(matter.told)})


def plain_names(matters: Sequence[Matter], language: Language) -> dict[Digest, list[str]]:
    """Per passage the plain names of the matters on which it takes a position: more words for its subject line."""
    found: dict[Digest, list[str]] = {}
    for matter in matters:
        for place in (place for places in matter.places.values() for place in places if not place.near):
            found.setdefault(place.passage, []).extend(matter.names.get(language, ())[:1])
    return found


def sealed(
    matters: Sequence[Matter],
    analysers: Mapping[Language, Analyser],
    numbers: Mapping[Digest, int],
    centres: Centres | None = None,
) -> Sealed:
    """The matters with their places by passage number, their names as weighed words, and what they mean."""
    parties = sorted({party for m in matters for party in m.places})
    rows = [[(numbers[p.passage], p.sentence, p.near) for p in m.places[party]] for m in matters for party in parties]
    arrays = {
        "places": np.array([place for row in rows for place in row], dtype=np.int64).reshape(-1, 3),
        "place_starts": offsets([len(row) for row in rows]),
    }
    stems: dict[Language, list[str]] = {}
    told: dict[Language, Sequence[str]] = {}
    for tag in sorted(analysers):
        if any(tag in m.names for m in matters):
            stems[tag], found = _names(matters, analysers[tag])
            arrays |= {f"{tag}.name_{name}": array for name, array in found.items()}
        if any(tag in m.told for m in matters):
            said = ((*m.names.get(tag, ()), *m.told.get(tag, ())) for m in matters)
            telling = learnt([[terms_of(text, analysers[tag]) for text in texts] for texts in said])
            told[tag] = telling.terms
            arrays |= {f"{tag}.told_{name}": array for name, array in telling.arrays().items()}
    if centres is not None and matters:
        arrays["meanings"] = centres.of([_texts(m) for m in matters]).astype(np.int64)
    titles = {tag: [next(iter(m.names.get(tag, ())), "") for m in matters] for tag in stems}
    meta = {"ids": [m.id for m in matters], "parties": parties, "stems": stems, "told": told, "titles": titles}
    return Sealed(meta, arrays)


def _texts(matter: Matter) -> dict[Language, tuple[str, ...]]:
    """In what words questions call the matter, and people tell of it."""
    return {tag: (*matter.names.get(tag, ()), *matter.told.get(tag, ())) for tag in {**matter.names, **matter.told}}


def _names(matters: Sequence[Matter], analyser: Analyser) -> tuple[list[str], dict[str, NDArray[np.int64]]]:
    """The stems of all names in a language, and the arrays of `MatterNames`; a name without a word is none."""
    called = [[analyser.content(name) for name in matter.names.get(analyser.language, ())] for matter in matters]
    worth = _weights(called, analyser)
    numbers = {stem: n for n, stem in enumerate(worth)}
    words: dict[Word, int] = {}
    names: list[list[int]] = []
    matter: list[int] = []
    for number, said in enumerate(called):
        for name in filter(None, said):
            found = [weighed(word, analyser, worth) for word in name]
            names.append([words.setdefault(word, len(words)) for word in found])
            matter.append(number)
    distinct = coded(words, numbers)
    return list(worth), {
        "worth": np.array(list(worth.values()), dtype=np.int64),
        "stem": distinct.stem,
        "parts": distinct.parts,
        "weight": distinct.weight,
        "words": np.array([word for name in names for word in name], dtype=np.int64),
        "starts": offsets([len(name) for name in names]),
        "matter": np.array(matter, dtype=np.int64),
    }


def _weights(called: Sequence[Sequence[Sequence[str]]], analyser: Analyser) -> dict[str, int]:
    """How rare each stem is among the matters, in thousandths: 1,000 stands in none, 0 in all."""
    held: Counter[str] = Counter()
    for names in called:
        words = [weighed(word, analyser, {}) for word in {word for name in names for word in name}]
        held.update({stem for word in words for stem in (word.stem, *word.parts)})
    whole = log(len(called) + 1)
    return {stem: max(0, round(NEW * (1 - log(n + 0.5) / whole))) for stem, n in sorted(held.items())}
