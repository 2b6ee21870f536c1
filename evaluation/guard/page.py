"""The guard's figures as a page: the picture, then every table, in Markdown.

What misses its aim is named first. Public questions that were refused stand by the names their corpora give
them, since their words belong to others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from evaluation.figures import Figure
from evaluation.guard.picture import LANGUAGE, TITLE
from evaluation.guard.tally import Figures, Row
from evaluation.picture import judged

ALT = "A point with its interval for each language and category; every figure stands in the tables below"


def page(figures: Figures, image: str) -> str:
    """The page as Markdown; `image` is where the picture stands, seen from the page."""
    parts = [
        f"# {TITLE}",
        f"![{ALT}]({image})",
        "\n".join(_opening(figures)),
        "## By language",
        _rows({LANGUAGE[tag]: row for tag, row in figures.languages.items()}, "language"),
        "## Refused, by category",
        _figures(figures.refuse_categories, "category"),
        "## Declined though answerable, by kind of question",
        _figures(figures.answer_kinds, "kind"),
        "## Redirected, by category",
        _figures(figures.redirect_categories, "category"),
        "## By technique",
        "Register or disguise of single questions; dialogues stand apart.",
        _rows(figures.techniques, "technique"),
        "## Which category was found",
        "Items: a line for what the policy asks for, a column for what the guard said.",
        _confusion(figures.confusion),
        "## Dialogues, pairs and time",
        _figures({"dialogues decided rightly": figures.dialogues, "pairs decided alike": figures.pairs}, "what"),
        _time(figures),
        "## Public questions",
        *_public(figures),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(figures: Figures) -> Iterator[str]:
    missed = [f"{name} {figure}" for name, figure in _aimed(figures) if figure.reached is False]
    if figures.median_ms is not None and figures.median_ms > figures.median_aim_ms:
        missed.append(f"median {figures.median_ms:.3f} ms")
    yield f"{figures.items} questions, each a share with its Wilson interval at 95 % and the counts."
    yield ""
    yield "Missed aims: " + ("; ".join(map(_cell, missed)) + "." if missed else "none.")
    yield ""
    yield f"* policy `{figures.policy}`"
    yield f"* held-out part `{figures.held_out}`"


def _aimed(figures: Figures) -> Iterator[tuple[str, Figure]]:
    """The figures that may have an aim, with their names."""
    for tag, row in figures.languages.items():
        for what in Row.model_fields:
            yield f"{what}, {LANGUAGE[tag]}", getattr(row, what)
    yield from ((f"refused, {name}", figure) for name, figure in figures.refuse_categories.items())
    yield "dialogues", figures.dialogues
    yield "pairs", figures.pairs
    if figures.public:
        yield "public questions refused", figures.public_refused


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("_", " ")


def _table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    heads = [*heads]
    body = [[*line] for line in lines]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in (heads, ["---"] * len(heads), *body))


def _figures(found: Mapping[str, Figure], what: str) -> str:
    lines = [(name, str(figure), _goal(figure)) for name, figure in found.items()]
    return _table((what, "share", "aim"), lines) if lines else "No items."


def _rows(found: Mapping[str, Row], what: str) -> str:
    heads = (what, "refused, of what must be", "declined, of what can be answered", "redirected, of what must be")
    lines = [(name, *(_both(f) for f in (row.refused, row.declined, row.redirected))) for name, row in found.items()]
    return _table(heads, lines) if lines else "No items."


def _both(figure: Figure) -> str:
    goal = _goal(figure)
    return f"{figure}, {goal}" if goal else str(figure)


def _goal(figure: Figure) -> str:
    return "" if figure.aim is None else f"aim {figure.aim_is} {figure.aim:g}: {judged(figure)}"


def _confusion(found: Mapping[str, Mapping[str, int]]) -> str:
    columns = sorted({*found, *(name for row in found.values() for name in row)})
    lines = [(wanted, *(str(row[name]) if name in row else "" for name in columns)) for wanted, row in found.items()]
    return _table(("asked for", *columns), lines) if lines else "No items."


def _time(figures: Figures) -> str:
    if figures.median_ms is None or figures.p95_ms is None:
        return "No items."
    word = "reached" if figures.median_ms <= figures.median_aim_ms else "missed"
    return (
        f"Milliseconds per question on one core, as processor time: median {figures.median_ms:.3f} "
        f"(aim at most {figures.median_aim_ms:g}: {word}), 95th percentile {figures.p95_ms:.3f}."
    )


def _public(figures: Figures) -> Iterator[str]:
    if not figures.public:
        yield "Not measured: the public corpora are absent."
        return
    lines = [(name, str(one.refused), str(one.redirected)) for name, one in figures.public.items()]
    lines.append(("all", _both(figures.public_refused), ""))
    yield "Nobody should be refused here; to be told that a question is not about the election is no refusal."
    yield _table(("set", "refused", "redirected"), lines)
    for name, one in figures.public.items():
        if one.names:
            yield f"Refused of {name}: " + ", ".join(f"`{q}` ({_cell(c)})" for q, c in one.names.items()) + "."
