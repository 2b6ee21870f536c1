"""`isegoria evaluate guardrail --report FOLDER`: the figures as JSON, the picture and the page, from one run.

The frozen part is asked once; the same decisions are printed, judged by the gates and written. Nothing is
written when the run breaks off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.errors import IsegoriaError
from evaluation.frozen import frozen_digest
from evaluation.guard.measure import FILE, OPENING, Decided, decide, every_name, held_out, print_figures
from evaluation.guard.page import page
from evaluation.guard.picture import picture
from evaluation.guard.public import Answered, answered, public_questions
from evaluation.guard.tally import Figures, figures
from guardrails.policy import Policy

JSON, SVG, PAGE = "guard.json", "guard.svg", "guard.md"
STEP = 50
"""Questions between two looks at the bar. It is drawn between questions, so that drawing is not in their time."""
Item = TypeVar("Item")


def report(policy: Policy, elections: Path, corpora: Path, folder: Path, say: Callable[[str], None]) -> bool:
    """Measure, print and write the three files into the folder. True when every regression gate holds."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IsegoriaError(f"{folder}: {error.strerror}; --report needs a folder to write into") from error
    say(OPENING)
    decided, public = asked(policy, elections, corpora)
    holds = print_figures(decided, policy, say)
    for file in write(figures(decided, public, policy, frozen_digest(FILE)), folder):
        say(f"written: {file}")
    return holds


def asked(
    policy: Policy, elections: Path, corpora: Path, file: Path = FILE
) -> tuple[list[Decided], dict[str, Answered]]:
    """Every held-out item and every public question put to the guard, with a bar for each set."""
    names = every_name(elections)
    columns = (TextColumn("{task.description:>18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as bars:
        decided = decide(_watched(bars, "held-out part", held_out(file)), policy, elections)
        public = {
            name: answered(_watched(bars, name, questions), policy, names)
            for name, questions in public_questions(corpora).items()
        }
    return decided, public


def write(found: Figures, folder: Path) -> tuple[Path, ...]:
    """The three files, all made of the same figures."""
    texts = {JSON: found.model_dump_json(indent=2) + "\n", SVG: picture(found), PAGE: page(found, SVG)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def _watched(bars: Progress, name: str, items: Sequence[Item]) -> Iterator[Item]:
    """The items one by one, with the bar following."""
    task = bars.add_task(name, total=len(items))
    for number, item in enumerate(items, start=1):
        yield item
        if number % STEP == 0 or number == len(items):
            bars.update(task, completed=number)
            bars.refresh()
