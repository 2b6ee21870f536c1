"""`subjects.jsonl` of a pack: what each passage is about, for the ranking alone.

Optional. A line that cannot be used is an error with file, line and field; a line for a passage that
this build does not hold is counted as stale and reported, and so is a passage without a line. An index
of some programmes of a language and not of the others is an error: it would serve parties unevenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.retrieval.analyse import SLOT, Analyser
from app.retrieval.lexicon import Document, Lexicon, Posting
from domain.base import Digest, Language, sha256
from domain.names import Names
from domain.passage import Passage, PassageKind, SubjectLine
from ingestion.lines import pack_bytes, read_lines, refuse

FILE = "subjects.jsonl"
BESIDE = {PassageKind.DESCRIPTION: 1, PassageKind.FURNITURE: 3}
"""How far a passage of this kind is from taking a position."""
Lines = Mapping[Digest, SubjectLine]


@dataclass(frozen=True)
class SubjectIndex:
    """The lines of the file by passage, and the file's digest; empty for a pack without one."""

    lines: Lines = field(default_factory=dict)
    digest: Digest | None = None

    def pinned(self) -> dict[str, object]:
        """What the corpus lock holds of it: nothing for a pack without the file."""
        return {} if self.digest is None else {"subjects_sha256": self.digest}


@dataclass(frozen=True)
class Agreement:
    """How the file and the passages of a build fit: lines used, lines of no passage, programme passages without one."""

    used: int
    stale: int
    without: int


def read_subjects(pack: Path) -> SubjectIndex:
    """Read the pack's file. Raises PackError with the problems found, each with file, line and field."""
    path = pack / FILE
    data = pack_bytes(path, "subject index")
    if data is None:
        return SubjectIndex()
    found: dict[Digest, SubjectLine] = {}
    problems: list[str] = []
    for number, line in read_lines(path, data, SubjectLine, problems):
        if line.passage in found:
            problems.append(f"{path}:{number}: passage: is given twice")
        found[line.passage] = line
    refuse(problems)
    return SubjectIndex(found, sha256(data))


def agreement(index: SubjectIndex, documents: Mapping[str, Sequence[Passage]], pack: Path) -> Agreement | None:
    """Compare file and build, whose passages are given by document; None without a file.

    Raises PackError for a key sentence that its passage lacks, and for programmes without lines beside others with.
    """
    if index.digest is None:
        return None
    known = {p.id: p for passages in documents.values() for p in passages}
    problems = [
        f"{pack / FILE}:{number}: key: the passage has {len(known[line.passage].sentences)} sentences, counted from 0"
        for number, line in enumerate(index.lines.values(), start=1)
        if line.passage in known and line.key is not None and line.key >= len(known[line.passage].sentences)
    ]
    refuse([*problems, *_uneven(index, documents, pack)])
    used = sum(i in known for i in index.lines)
    without = sum(p.party is not None and p.id not in index.lines for p in known.values())
    return Agreement(used, len(index.lines) - used, without)


def _uneven(index: SubjectIndex, documents: Mapping[str, Sequence[Passage]], pack: Path) -> list[str]:
    """Per language the programmes that have no lines where others have; half of the passages are enough."""
    found: dict[Language, tuple[list[str], list[str]]] = {}
    for name, passages in documents.items():
        if passages and passages[0].party is not None:
            covered = 2 * sum(p.id in index.lines for p in passages) >= len(passages)
            found.setdefault(passages[0].language, ([], []))[covered].append(name)
    return [
        f"{pack / FILE}: describes {', '.join(having)}, but fewer than half of the passages of {', '.join(lacking)} "
        f"({language}); give lines to all programmes of a language or to none"
        for language, (lacking, having) in sorted(found.items())
        if lacking and having
    ]


def phrases(line: SubjectLine | None, names: Names) -> list[str]:
    """What the line calls the passage, names masked."""
    return names.mask("; ".join((*line.subjects, *line.asked)), SLOT).split("; ") if line else []


def document(analyser: Analyser, texts: Sequence[str]) -> Document:
    """Stems, pairs and grams of texts that do not run into each other."""
    stems = [term for text in texts for term in (*analyser.stems(text), *analyser.pairs(text))]
    return stems, [gram for text in texts for gram in analyser.grams(text)]


def added(text: Posting, both: Posting, line: Document, lexicon: Lexicon) -> Posting:
    """The line's terms, and by how much the frequency of each is greater with the line than by the text alone."""
    known = [*map(lexicon.stem_id, line[0]), *map(lexicon.gram_id, line[1])]
    ids = np.array(sorted({i for i in known if i is not None}), dtype=np.int64)
    said = dict(zip(*(part.tolist() for part in text), strict=True))
    worth = both[1][np.searchsorted(both[0], ids)]
    return ids, worth - np.array([said.get(i, 0) for i in ids.tolist()], dtype=np.int64)


def beside(line: SubjectLine | None) -> int:
    """How far the passage is from taking a position: 0 where it takes one, or nothing is known."""
    return BESIDE.get(line.kind, 0) if line else 0
