"""Election packs from YAML: a pack that loads is complete and consistent, one that does not says why.

A pack is a folder with `election.yaml`, `sources.yaml`, optionally `parties.yaml` and
`rules/*.yaml`. Every problem of every file is reported at once, with file, line and field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel

from app.errors import PackError, UnknownElection
from app.yaml_lines import Lined, Place, check, read_lines
from domain.base import Frozen
from domain.election import LANGUAGE, SLUG, Election, Party, RuleCard, Source, inconsistencies


class PartiesFile(Frozen):
    """`parties.yaml`: the parties and lists on the ballot."""

    parties: tuple[Party, ...]


class SourcesFile(Frozen):
    """`sources.yaml`: the documents that count."""

    documents: tuple[Source, ...]


class RulesFile(Frozen):
    """A file under `rules/`: reviewed procedure cards."""

    cards: tuple[RuleCard, ...]


ELSEWHERE = {"parties": "parties.yaml", "sources": "sources.yaml", "rules": "rules/*.yaml"}


def find_pack(name: str, root: Path) -> Path:
    """The folder of an election given by its id under `root` or by a folder path. Raises UnknownElection."""
    if SLUG.fullmatch(name) and (root / name / "election.yaml").is_file():
        return root / name
    if (Path(name) / "election.yaml").is_file():
        return Path(name)
    known = sorted(p.parent.name for p in root.glob("*/election.yaml"))
    hint = f"known elections: {', '.join(known)}" if known else "there is no election pack"
    raise UnknownElection(f"no election {name!r}: neither a pack under {root} nor a folder with election.yaml; {hint}")


def load_pack(folder: Path) -> Election:
    """Read and check the pack in `folder`. Raises PackError with every problem found."""
    if not (folder / "election.yaml").is_file():
        raise PackError(f"{folder / 'election.yaml'}: the file is missing, so {folder} is not an election pack")
    rule_paths = sorted((folder / "rules").glob("*.yaml"))
    wanted: list[tuple[Path, type[BaseModel]]] = [(folder / "election.yaml", Election)]
    if (folder / "parties.yaml").exists():
        wanted.append((folder / "parties.yaml", PartiesFile))
    wanted.append((folder / "sources.yaml", SourcesFile))
    wanted += [(path, RulesFile) for path in rule_paths]
    files = [read_lines(path) for path, _ in wanted]
    _refuse_foreign_fields(files[0])
    values = [check(file, model) for file, (_, model) in zip(files, wanted, strict=True)]
    for file, value in zip(files, values, strict=True):
        if value is not None:
            _check_languages(value, (), file)
    problems = [f"{path}: rename it to end in .yaml" for path in _misnamed(folder)]
    problems += [problem for file in files for problem in file.problems]
    if problems:
        raise PackError(*problems)
    return _assemble([value for value in values if value is not None], files)


def _assemble(values: list[BaseModel], files: list[Lined]) -> Election:
    """One election of the checked files, when they fit together."""
    head = next(v for v in values if isinstance(v, Election))
    parts = {
        "parties": tuple(p for v in values if isinstance(v, PartiesFile) for p in v.parties),
        "sources": tuple(s for v in values if isinstance(v, SourcesFile) for s in v.documents),
        "rules": tuple(c for v in values if isinstance(v, RulesFile) for c in v.cards),
    }
    election = head.model_copy(update=parts)
    problems = [_placed(text, files) for text in inconsistencies(election)]
    problems += [
        _placed(f"sources: {source.id!r} has the path {rendition.path!r}, which leaves the pack folder", files)
        for source in election.sources
        for rendition in source.renditions
        if rendition.path is not None and not _inside(rendition.path)
    ]
    if problems:
        raise PackError(*problems)
    return election


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and "\\" not in path


def _misnamed(folder: Path) -> Iterator[Path]:
    yield from sorted(p for p in (*folder.glob("*.yml"), *folder.glob("rules/*.yml")))


def _refuse_foreign_fields(file: Lined) -> None:
    if isinstance(file.data, dict):
        for name in ELSEWHERE.keys() & file.data.keys():
            file.say((name,), f"belongs in {ELSEWHERE[name]}, not in election.yaml")


def _check_languages(value: object, place: Place, file: Lined) -> None:
    """The only mappings inside the models are texts per language: their keys must be language tags."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            _check_languages(getattr(value, name), (*place, name), file)
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            _check_languages(item, (*place, number), file)
    elif isinstance(value, dict):
        for key in value:
            if not LANGUAGE.fullmatch(key):
                file.say((*place, key), "is not a BCP 47 language tag such as 'de' or 'en'")


def _placed(problem: str, files: list[Lined]) -> str:
    """Put file, line and field before a problem between the parts of a pack, found by the id it quotes."""
    area, _, text = problem.partition(": ")
    key = {"parties": "parties", "sources": "documents", "rules": "cards"}.get(area)
    quoted = re.search(r"'([^']*)'|sha256 (\S+)", text)
    name = quoted and (quoted[1] or quoted[2])
    places = [
        (file, place)
        for file in files
        for place in file.lines
        if key and place[:1] == (key,) and place[-1] in {"id", "sha256"} and _value(file, place) == name
    ]
    if not places:
        return problem
    file, place = places[min(1, len(places) - 1)] if "given twice" in text else places[0]
    file.problems.clear()
    file.say(place, text)
    return file.problems.pop()


def _value(file: Lined, place: Place) -> object:
    here: Any = file.data
    for step in place:
        here = here[step]
    return here


def schemas() -> dict[str, str]:
    """JSON Schemas (2020-12) of the pack files by file name, as text that ends in a line feed."""
    election = Election.model_json_schema()
    for name in ELSEWHERE:
        del election["properties"][name]
    election["$defs"] = {n: d for n, d in election["$defs"].items() if n in {"Authority", "Operator", "Suggestion"}}
    parts = {
        "election": election,
        "parties": PartiesFile.model_json_schema(),
        "sources": SourcesFile.model_json_schema(),
        "rules": RulesFile.model_json_schema(),
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        f"{name}.schema.json": json.dumps(head | part, indent=2, ensure_ascii=False) + "\n"
        for name, part in parts.items()
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schemas of all pack files into `folder`; returns what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
        written.append(folder / name)
    return written
