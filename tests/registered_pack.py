"""The small pack of two parties with a register: which sentences take a position on bicycle parking and on noise."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain.passage import Passage
from ingestion.build import Built
from tests.indexed_pack import passages_of, programmes
from tests.small_pack import build_quietly, write_pack

Places = Mapping[str, Sequence[tuple[str, int]]]
"""Party id to the places, each by words of its passage and the number of the sentence."""


def matter(found: Sequence[Passage], number: str, names: Sequence[str], places: Places) -> dict[str, Any]:
    """A line of `register.jsonl`."""
    ids = {words: next(p.id for p in found if words in p.text) for rows in places.values() for words, _ in rows}
    return {
        "id": number,
        "names": {"de": list(names)},
        "about": "Was dazu zählt.",
        "places": {p: [{"passage": ids[w], "sentence": s} for w, s in rows] for p, rows in places.items()},
    }


def usual(found: Sequence[Passage]) -> list[dict[str, Any]]:
    """Two matters: one that one party speaks of, one that the other does."""
    return [
        matter(
            found, "bicycles", ("Fahrradparken", "Rad unterstellen"), {"auen": [("Dach", 1), ("stolz", 0)], "hafen": []}
        ),
        matter(found, "night-noise", ("Nachtfahrverbot",), {"auen": [], "hafen": [("Lastwagen", 0)]}),
    ]


def write_register(pack: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    """Put the file into the pack."""
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
    (pack / "register.jsonl").write_text(text, encoding="utf-8")


def registered(folder: Path) -> Built:
    """The pack built without a register (`plain`), then with it (`data`)."""
    pack = write_pack(folder / "pack", programmes())
    plain = build_quietly(pack, folder / "plain")
    write_register(pack, usual(passages_of(plain)))
    return build_quietly(pack, folder / "data")
