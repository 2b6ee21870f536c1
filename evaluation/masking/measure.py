"""Does masking take out what points to a person, and nothing else? Recall, precision, texts left alone.

A datum is found when all of its range is masked. A mask is right when it overlaps a datum and covers at most
`SLACK` characters that are nobody's datum. The frozen part is only ever printed as figures, never as texts;
its author had not seen the code, and nothing is fitted on it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from domain.base import Frozen, Language
from evaluation.figures import Share, Target, share
from evaluation.frozen import frozen_bytes
from guardrails.personal_data import Masked, mask_personal_data

FOLDER = Path(__file__).parent
DEVELOPMENT = FOLDER / "items.jsonl"
HELD_OUT = FOLDER / "held-out.jsonl"
LANGUAGES = ("de", "en", "fr")
SLACK = 30
OPENING = "held-out part, frozen; every run belongs into evaluation/masking/held-out.md"
RECALL = Target(aim=0.98, gate=0.96, more=True)
PRECISION = Target(aim=0.95, gate=0.95, more=True)

Kind = Literal["email", "phone", "iban", "tax_id", "id_number", "address", "plate"]


class Datum(Frozen):
    """One labelled stretch: code points `[start, end)` of its text."""

    start: int = Field(ge=0)
    end: int
    kind: Kind


class Item(Frozen):
    """A text with the personal data in it, in order; without any when all of it must stay."""

    id: str
    language: Language
    text: str
    data: tuple[Datum, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """An item, what was masked in it, and which of its data and of the masks came out well."""

    item: Item
    masks: tuple[Masked, ...]
    found: tuple[bool, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Recall over data, precision over masks, and the share of items without data that stayed as they were."""

    recall: Share
    precision: Share
    unchanged: Share


def read_items(file: Path) -> tuple[Item, ...]:
    """The items of a file. Raises ValueError naming file and line when a line cannot be what it says it is."""
    items: dict[str, Item] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        where = f"{file.name}:{number}"
        try:
            item = Item.model_validate(json.loads(line))
        except (json.JSONDecodeError, ValidationError) as error:
            raise ValueError(f"{where}: {error}") from error
        if item.id in items:
            raise ValueError(f"{where}: the id {item.id} was given before")
        if any(not d.start < d.end <= len(item.text) for d in item.data):
            raise ValueError(f"{where}: a datum is empty or leaves its text")
        if any(a.end > b.start for a, b in pairwise(item.data)):
            raise ValueError(f"{where}: data overlap or are out of order")
        items[item.id] = item
    return tuple(items.values())


def held_out(file: Path = HELD_OUT) -> tuple[Item, ...]:
    """The frozen part. Raises ValueError when it is not the frozen file."""
    frozen_bytes(file)
    return read_items(file)


def judge(item: Item) -> Judged:
    """The item masked, by the rule of this module."""
    _, masks = mask_personal_data(item.text)
    covered = {place for mask in masks for place in range(mask.start, mask.end)}
    labelled = {place for datum in item.data for place in range(datum.start, datum.end)}
    return Judged(
        item,
        masks,
        tuple(covered.issuperset(range(d.start, d.end)) for d in item.data),
        tuple(_right(range(m.start, m.end), labelled) for m in masks),
    )


def _right(mask: range, labelled: set[int]) -> bool:
    inside = sum(place in labelled for place in mask)
    return inside > 0 and len(mask) - inside <= SLACK


def figures(judged: Iterable[Judged]) -> Figures:
    """The three shares of these items."""
    of = [*judged]
    return Figures(
        recall=share([hit for one in of for hit in one.found]),
        precision=share([hit for one in of for hit in one.right]),
        unchanged=share([not one.masks for one in of if not one.item.data]),
    )


def kinds(judged: Iterable[Judged]) -> dict[str, tuple[Share, Share]]:
    """Recall by the kind of the label and precision by the kind of the mask, in the order of their names."""
    found: dict[str, list[bool]] = defaultdict(list)
    right: dict[str, list[bool]] = defaultdict(list)
    for one in judged:
        for datum, hit in zip(one.item.data, one.found, strict=True):
            found[datum.kind].append(hit)
        for mask, hit in zip(one.masks, one.right, strict=True):
            right[mask.kind].append(hit)
    return {kind: (share(found[kind]), share(right[kind])) for kind in sorted({*found, *right})}


def measure(say: Callable[[str], None]) -> bool:
    """Print the figures of both parts; True when every regression gate holds on the frozen one."""
    say("development part")
    print_figures([judge(item) for item in read_items(DEVELOPMENT)], say)
    say(OPENING)
    return print_figures([judge(item) for item in held_out()], say)


def print_figures(judged: Sequence[Judged], say: Callable[[str], None]) -> bool:
    """Print figures by language and kind, no text; True when every regression gate holds in every language."""
    good = True
    for tag in (*LANGUAGES, "all"):
        of = figures(one for one in judged if tag in (one.item.language, "all"))
        for name, found, target in (("recall", of.recall, RECALL), ("precision", of.precision, PRECISION)):
            say(f"  {tag:<6}{name:<25} {target.judged(found)}")
            good &= target.holds(found)
        say(f"  {tag:<6}{'left alone, without data':<25} {of.unchanged}")
    for kind, (recall, precision) in kinds(judged).items():
        say(f"  {kind:<11}recall {recall!s:<32} precision {precision}")
    return good
