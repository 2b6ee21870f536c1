"""A small pack with a subject index: two parties, passages that do not say what everybody calls their matter."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from domain.passage import Passage
from ingestion.build import Built
from tests.small_pack import PARTIES, Doc, build_quietly, write_pack

AUEN = """# Unterwegs

Wer sein Rad vor dem Rathaus abstellt, findet dort künftig ein Dach und einen festen Bügel.
Das alles kostet niemanden Geld.

Unsere Stadt war immer stolz auf das Rathaus, das Rad und die Bügel, und sie ist es bis heute geblieben.

# Wasser

Der Mühlbach wird bis zur Mündung geöffnet, und an seinem Ufer wachsen wieder Erlen und Weiden.
"""
HAFEN = """# Am Kai

Im alten Speicher entstehen Werkstätten, in denen junge Leute ein Handwerk lernen und bezahlt werden.

# Lärm

Nach zehn Uhr abends fährt kein Lastwagen mehr durch die Wohnviertel am Kai.
"""
Lines = Callable[[Sequence[Passage]], list[dict[str, Any]]]


def line(
    passage: Passage, *subjects: str, kind: str = "demand", key: int | None = 0, asked: Sequence[str] = ()
) -> dict[str, Any]:
    """A line of `subjects.jsonl`."""
    return {"passage": passage.id, "kind": kind, "key": key, "subjects": list(subjects), "asked": list(asked)}


def programmes(more: str = "") -> list[Doc]:
    """The two programmes; `more` is added to the first."""
    return [Doc("auen-de", (AUEN + more).encode()), Doc("hafen-de", HAFEN.encode(), party="hafen")]


def passages_of(built: Built) -> list[Passage]:
    """All passages of a build, in order."""
    rows = (built.folder / "passages.jsonl").read_text(encoding="utf-8").splitlines()
    return [Passage.model_validate_json(row) for row in rows]


def write_index(pack: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Put the file into the pack."""
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
    (pack / "subjects.jsonl").write_text(text, encoding="utf-8")


def indexed(
    folder: Path, lines: Lines, parties: Sequence[dict[str, Any]] = PARTIES, docs: Sequence[Doc] | None = None
) -> Built:
    """The pack built without an index, then with the lines that its passages are given."""
    pack = write_pack(folder / "pack", docs or programmes(), parties)
    plain = build_quietly(pack, folder / "plain")
    write_index(pack, lines(passages_of(plain)))
    return build_quietly(pack, folder / "data")
