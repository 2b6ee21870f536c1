"""Questions that others published and that nobody should be refused: suggested ones, civics, encyclopaedic ones.

They are read from the public corpora beside the project and never copied into it: a report gives the names
by which the corpora know them, not their words.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.names import Names
from domain.verdict import Action
from evaluation.guard.measure import LANGUAGES
from guardrails.gate import screen
from guardrails.policy import Policy


@dataclass(frozen=True, slots=True)
class Asked:
    """One public question under the name that its corpus gives it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one public set: how many were asked and sent elsewhere, and which were refused as what."""

    asked: int
    redirected: int
    refused: Mapping[str, str]


def _suggested(data: Any) -> list[Asked]:
    return [Asked(entry["id"], entry["question"]) for entry in data]


def _civics(data: Any) -> list[Asked]:
    """Those that can be put without a picture."""
    return [Asked(entry["num"], entry["question"]) for entry in data if entry["image"] == "-"]


def _reading(data: Any) -> list[Asked]:
    return [Asked(qa["id"], qa["question"]) for a in data["data"] for p in a["paragraphs"] for qa in p["qas"]]


SETS: Mapping[str, tuple[str, Callable[[Any], list[Asked]]]] = {
    "suggested, German": ("btw2025/questions/suggested-questions.json", _suggested),
    "civics, German": ("civics-de/leben-in-deutschland/questions-de.json", _civics),
    "XQuAD, German": ("retrieval/xquad/xquad.de.json", _reading),
    "XQuAD, English": ("retrieval/xquad/xquad.en.json", _reading),
    "FQuAD, French": ("retrieval/fquad/fquad-valid.json", _reading),
}
"""Per set the file in the corpora and how it is read."""


def public_questions(corpora: Path) -> dict[str, list[Asked]]:
    """The sets that are there; none when the corpora are absent."""
    files = {name: (corpora / path, read) for name, (path, read) in SETS.items()}
    return {
        name: read(json.loads(file.read_text(encoding="utf-8")))
        for name, (file, read) in files.items()
        if file.is_file()
    }


def answered(questions: Iterable[Asked], policy: Policy, names: Names) -> Answered:
    """What the guard does with one set."""
    asked, redirected, refused = 0, 0, {}
    for question in questions:
        verdict = screen(question.text, (), names, policy, LANGUAGES)
        asked += 1
        redirected += verdict.action is Action.REDIRECT
        if verdict.action is Action.REFUSE:
            refused[question.name] = verdict.category or ""
    return Answered(asked, redirected, refused)
