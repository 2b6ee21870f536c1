"""The guard's figures as one picture, by language and by category."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from evaluation.figures import Figure
from evaluation.guard.measure import FALSE, RECALL
from evaluation.guard.tally import CATEGORY, Figures
from evaluation.picture import Panel, drawn

TITLE = "What the guard declines, measured on the frozen held-out part"
LANGUAGE = {"de": "German", "en": "English", "fr": "French", "other": "other languages"}


def panels(figures: Figures) -> tuple[Panel, ...]:
    """Recall, then false refusals: by language with their aim, by category, each measure on one scale."""
    refused = {LANGUAGE[tag]: row.refused for tag, row in figures.languages.items()}
    declined = {LANGUAGE[tag]: row.declined for tag, row in figures.languages.items()}
    categories, kinds = _plain(figures.refuse_categories), _plain(figures.answer_kinds)
    low = _lowest([*refused.values(), *categories.values()])
    high = _highest([*declined.values(), *kinds.values()])
    return (
        Panel("Refused, of what must be refused: by language", refused, RECALL, low, 1.0),
        Panel("The same by category", categories, CATEGORY, low, 1.0),
        Panel("Declined, of what can be answered: by language", declined, FALSE, 0.0, high),
        Panel("The same by kind of question, no aim set", kinds, None, 0.0, high),
    )


def picture(figures: Figures) -> str:
    """The whole picture as SVG text."""
    return drawn(TITLE, figures.items, panels(figures))


def _plain(rows: Mapping[str, Figure]) -> dict[str, Figure]:
    return {name.replace("_", " "): figure for name, figure in rows.items()}


def _lowest(shown: Sequence[Figure]) -> float:
    """A tenth below which no interval reaches, and room enough to see the aims."""
    return min([0.8, *(math.floor(f.low * 10) / 10 for f in shown if f.low is not None)])


def _highest(shown: Sequence[Figure]) -> float:
    return max([0.1, *(math.ceil(f.high * 10) / 10 for f in shown if f.high is not None)])
