"""`corpus.lock`: what a corpus is made of, so that anyone can build the same one and see that it is the same.

Documents, passages and spans, procedure cards, polling day, what is stated about each document,
tool versions, analyser and fitted integers by digest. Holds no path, no time of its making and no
machine: same inputs, same bytes. Who operates the service is not part of it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from app.errors import BuildError
from app.retrieval import analyse
from domain.base import Digest, digest_of, sha256
from domain.election import Election, Source
from ingestion.extract import Extracted

FORMAT = 2
TOOLS = ("pypdfium2", "nltk", "llama-index-core", "PyStemmer", "markdown-it-py", "trafilatura", "tokenizers")


def corpus_lock(
    election: Election, extracted: Sequence[Extracted], retrieval: dict[str, object], model: Digest | None
) -> bytes:
    """The lock as indented JSON with sorted keys, ending in a newline."""
    sources = {s.id: s for s in election.sources}
    lock = {
        "format": FORMAT,
        "election": election.id,
        "documents": [
            {
                "id": one.source,
                "sha256": sources[one.source].renditions[0].sha256,
                "pages": len(one.pages),
                "passages": len(one.passages),
                "passages_sha256": digest_of([p.model_dump(mode="json") for p in one.passages]),
                "text_sha256": digest_of([p.text for p in one.pages]),
            }
            for one in extracted
        ],
        "names_sha256": digest_of([p.model_dump(mode="json") for p in election.parties]),
        "rules_sha256": digest_of([c.model_dump(mode="json") for c in election.rules]),
        "sources_sha256": digest_of([_stated(s) for s in election.sources]),
        "polling_day": election.polling_day.isoformat(),
        "tools": {name: version(name) for name in TOOLS} | {"unicode": unicodedata.unidata_version},
        "analyser": analyse.VERSION,
        "retrieval": retrieval,
        "model_sha256": model,
    }
    return (json.dumps(lock, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _stated(source: Source) -> dict[str, object]:
    """What the pack says about a document; where its file lies or is offered changes no answer."""
    return source.model_dump(mode="json", exclude={"renditions"})


def compare(committed: Path, built: bytes) -> None:
    """Raise BuildError when the committed lock exists and differs, saying in which entries."""
    if not committed.is_file() or committed.read_bytes() == built:
        return
    try:
        old, new = json.loads(committed.read_text(encoding="utf-8")), json.loads(built)
    except ValueError as error:
        raise BuildError(f"{committed}: not valid JSON ({error}); use --update-lock to replace it") from error
    differing = sorted(k for k in old.keys() | new.keys() if old.get(k) != new.get(k))
    documents = {d["id"]: d for d in old.get("documents", [])}
    changed = [d["id"] for d in new["documents"] if documents.get(d["id"]) != d]
    raise BuildError(
        f"{committed} does not match this build; it differs in: {', '.join(differing)}"
        + (f" (documents: {', '.join(changed)})" if changed else "")
        + f"; built {sha256(built)[:12]}. If the change is meant, build with --update-lock and commit the file."
    )
