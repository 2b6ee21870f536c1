"""Packs made for measuring only, from public texts beside the project; nothing of them is kept in it.

`english-10000`: one invented list owns at least 10,000 English passages, so that an answer of ours
has to search all of them, as the baseline does. `recall-*`: one document per paragraph of a
labelled set, so that a hit's document says which paragraph it is.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.retrieval.corpus import FORMAT
from bench.servers import run_cli

PARTY = "corpus"
WORDS = (20, 170)
"""Passages of the generated pack have at least and at most so many words."""
SIZES = (3, 2, 4, 1, 5, 6, 7, 8, 9, 10)
"""Sentences per piece: the first cut, then the re-cut variants that pad the set."""
PIECES_PER_FILE = 500
SETS = {"de": "xquad/xquad.de.json", "en": "xquad/xquad.en.json", "fr": "fquad/fquad-valid.json"}
MANIFESTOS = ("conservatives", "greens", "labour", "libdems", "reform")


@dataclass(frozen=True)
class Labelled:
    """Questions with the document digest of the paragraph that answers each."""

    pack: str
    questions: tuple[tuple[str, str], ...]


def ensure_built(election: str, pack: str, data: Path, mirror: Path | None) -> Path:
    """The folder of the current build, built now unless it is there already in the format of this code."""
    pointer = data / "elections" / election / "current"
    if not _servable(pointer):
        print(f"building {election} (not part of any measurement)", file=sys.stderr, flush=True)
        more = ("--mirror", str(mirror.resolve())) if mirror else ()
        run_cli(("build", pack, *more), {"ISEGORIA_DATA": str(data.resolve())})
    return pointer.parent / pointer.read_text(encoding="utf-8").strip()


def _servable(pointer: Path) -> bool:
    """Whether there is a build, and in the format that this code reads."""
    if not pointer.is_file():
        return False
    meta = pointer.parent / pointer.read_text(encoding="utf-8").strip() / "index" / "meta.json"
    return meta.is_file() and json.loads(meta.read_text(encoding="utf-8"))["format"] == FORMAT


def serving_view(data: Path, election: str, folder: Path) -> Path:
    """A data directory that serves this one build and keeps its records to itself."""
    (folder / "elections").mkdir(parents=True, exist_ok=True)
    for name in (f"elections/{election}", "models"):
        link, target = folder / name, (data / name).resolve()
        if not link.exists() and target.exists():
            link.symlink_to(target)
    return folder


def english_pack(mirror: Path, folder: Path, size: int) -> Path:
    """Write the generated English pack: `size` pieces of manifestos and encyclopaedia paragraphs."""
    texts = [(mirror / "uk2024" / "md" / f"{n}--2024.md").read_text(encoding="utf-8") for n in MANIFESTOS]
    texts += [context for context, _ in _paragraphs(mirror, "en")]
    pieces = _pieces([_sentences(t) for t in texts], size)
    docs = [pieces[i : i + PIECES_PER_FILE] for i in range(0, len(pieces), PIECES_PER_FILE)]
    return _write(folder, "english-10000", "en", ["\n\n".join(part) + "\n" for part in docs])


def recall_pack(mirror: Path, language: str, folder: Path) -> Labelled:
    """Write the pack of a labelled set and give its questions."""
    found: dict[str, list[str]] = {}
    for context, questions in _paragraphs(mirror, language):
        found.setdefault(_markdown(context), []).extend(questions)
    _write(folder, f"recall-{language}", language, list(found))
    pairs = tuple((q, _digest(text)) for text, questions in found.items() for q in questions)
    return Labelled(str(folder), pairs)


def _paragraphs(mirror: Path, language: str) -> Iterator[tuple[str, list[str]]]:
    raw = json.loads((mirror / "retrieval" / SETS[language]).read_text(encoding="utf-8"))
    for article in raw["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"], [q["question"] for q in paragraph["qas"]]


def _sentences(text: str) -> list[str]:
    kept = []
    for line in text.splitlines():
        if not line.startswith(("#", "|", "!")):
            plain = re.sub(r"[*_#`>\[\]|<]", "", line).strip("-• \t")
            kept += [s for s in re.split(r"(?<=[.!?]) +(?=[A-Z])", plain) if s]
    return kept


def _pieces(texts: Sequence[Sequence[str]], size: int) -> list[str]:
    """The first `size` distinct pieces: every text cut by 3 sentences, then by 2, by 4, and so on."""
    found: dict[str, None] = {}
    for step in SIZES:
        for sentences in texts:
            for start in range(0, len(sentences), step):
                piece = " ".join(sentences[start : start + step])
                if WORDS[0] <= len(piece.split()) <= WORDS[1]:
                    found.setdefault(piece)
                    if len(found) == size:
                        return list(found)
    raise ValueError(f"the texts give {len(found)} pieces, not {size}")


def _markdown(text: str) -> str:
    """A paragraph as a Markdown document: nothing of it may be read as markup."""
    plain = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", plain) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(folder: Path, election: str, language: str, texts: Sequence[str]) -> Path:
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    documents = []
    for i, text in enumerate(texts):
        (folder / "texts" / f"{i:04}.md").write_text(text, encoding="utf-8")
        documents.append(_source(f"text-{i:04}", f"texts/{i:04}.md", _digest(text), language))
    head = {
        "id": election,
        "name": {language: "Measuring pack"},
        "country": {language: "Nowhere"},
        "polling_day": "2031-05-04",
        "time_zone": "Europe/Berlin",
        "languages": [language],
        "authority": {"name": {language: "Nobody"}},
        "operator": {"name": "Bench", "contact": "Bench", "complaints": "Bench"},
        "fictional": True,
    }
    party = {"id": PARTY, "short": {language: "Xqzlist"}, "name": {language: "Xqzlist of all texts"}}
    _json(folder / "election.yaml", head)
    _json(folder / "parties.yaml", {"parties": [party]})
    _json(folder / "sources.yaml", {"documents": documents})
    return folder


def _source(name: str, path: str, digest: str, language: str) -> dict[str, object]:
    return {
        "id": name,
        "title": name,
        "publisher": "Bench",
        "party": PARTY,
        "kind": "programme",
        "status": "adopted",
        "language": language,
        "published": "2031-01-02",
        "renditions": [{"sha256": digest, "media_type": "text/markdown", "path": path}],
    }


def _json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
