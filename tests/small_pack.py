"""Small election packs written for a test: documents given as bytes, everything else invented.

The files are JSON, which every YAML reader takes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from app.common import RetrievalData, load_retrieval
from app.packs import load_pack
from domain.base import sha256
from ingestion.build import Built, Order, build

ROOT = Path(__file__).resolve().parent.parent
ELECTIONS = ROOT / "elections"
ENDINGS = {"text/markdown": "md", "text/html": "html", "application/pdf": "pdf"}


@dataclass(frozen=True)
class Doc:
    """A document of a small pack. `inside`: the bytes lie in the pack folder, else only its digest is known."""

    id: str
    data: bytes
    media_type: str = "text/markdown"
    party: str | None = "auen"
    kind: str = "programme"
    language: str = "de"
    inside: bool = True
    more: dict[str, Any] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        """The document as `sources.yaml` lists it."""
        rendition = {"sha256": sha256(self.data), "media_type": self.media_type}
        if self.inside:
            rendition["path"] = f"sources/{self.id}.{ENDINGS[self.media_type]}"
        return {
            "id": self.id,
            "title": f"Title of {self.id}",
            "publisher": "Somebody",
            "party": self.party,
            "kind": self.kind,
            "status": "adopted",
            "language": self.language,
            "published": "2031-01-02",
            "renditions": [rendition],
        } | self.more


PARTIES: tuple[dict[str, Any], ...] = (
    {"id": "auen", "short": {"de": "AUEN"}, "name": {"de": "Bündnis der Auen"}},
    {"id": "hafen", "short": {"de": "HAFEN"}, "name": {"de": "Liste Hafen und Handwerk"}},
)


def write_pack(folder: Path, docs: Sequence[Doc], parties: Sequence[dict[str, Any]] = PARTIES, **head: Any) -> Path:
    """Write a pack into `folder`; `head` replaces fields of `election.yaml`."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    election = {
        "id": "toy",
        "name": {"de": "Spielwahl"},
        "country": {"de": "Spielland"},
        "polling_day": "2031-05-04",
        "time_zone": "Europe/Berlin",
        "languages": ["de"],
        "authority": {"name": {"de": "Wahlamt"}},
        "operator": {"name": "Toy body", "contact": "1 Toy Street", "complaints": "complaints@example.org"},
    } | head
    _write(folder / "election.yaml", election)
    _write(folder / "parties.yaml", {"parties": list(parties)})
    _write(folder / "sources.yaml", {"documents": [doc.entry() for doc in docs]})
    for doc in docs:
        if doc.inside:
            (folder / doc.entry()["renditions"][0]["path"]).write_bytes(doc.data)
    return folder


def _write(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


@cache
def retrieval_data() -> RetrievalData:
    """The retrieval data that all elections share."""
    return load_retrieval(ELECTIONS)


def build_quietly(pack: Path, data: Path, mirror: Path | None = None, update_lock: bool = False) -> Built:
    """Load and build the pack without progress bars."""
    order = Order(pack, data, mirror, update_lock)
    return build(load_pack(pack), retrieval_data(), order, lambda _stage, _done, _all: None)
