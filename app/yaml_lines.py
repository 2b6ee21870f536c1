"""Reads reviewed YAML files into checked, frozen values; every problem names file, line and field.

All problems of a file are reported at once, in plain English. What YAML 1.1 silently reads as
something else (`no` as false, `18:00` as 1080) is an error that says to quote it, and so are a
key given twice and aliases, which could blow a small file up to gigabytes.
"""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from app.errors import PackError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]

# libyaml's parser is ten times faster; both give the same nodes and marks.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEPTH = 40
SAFE_TRUTH = {"true", "false", "True", "False", "TRUE", "FALSE"}
PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?")
PATTERNS = {
    r"^[0-9a-f]{64}$": "must be 64 lower-case hexadecimal digits (a SHA-256)",
    r"^https?://": "must start with http:// or https://",
    r"^\d{2}:\d{2}$": "must be a time of day such as '18:00'",
}


@dataclass
class Lined:
    """One YAML file as plain data, with the line (from 1) on which each place of it starts."""

    path: Path
    data: object = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def say(self, place: Place, text: str, line: int | None = None) -> None:
        """Note a problem at a place of this file."""
        at = line or self.line(place)
        self.problems.append(f"{self.path}:{at}: {dotted(place)}: {text}" if place else f"{self.path}:{at}: {text}")

    def line(self, place: Place) -> int:
        """The line of the place, or of the nearest place around it that exists."""
        return next((self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), 1)


def dotted(place: Place) -> str:
    """`parties[2].forms`, as a person would write it."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place).lstrip(".")


def read_lines(path: Path) -> Lined:
    """Parse the file; what is wrong with the YAML itself stands in `problems`."""
    file = Lined(path)
    try:
        text = path.read_bytes().decode()
        deep = _too_deep(text)
        node = None if deep else yaml.compose(text, Loader=LOADER)
        if deep:
            file.say((), "is nested too deeply", deep)
        elif node is None:
            file.say((), "is empty")
        else:
            file.data = _plain(node, (), file, set())
    except UnicodeDecodeError as error:
        file.say((), "is not UTF-8 text", 1 + error.object[: error.start].count(b"\n"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        file.say((), f"is not valid YAML: {error.problem or error.context}", mark.line + 1 if mark else 1)
    except yaml.YAMLError as error:
        file.say((), f"is not valid YAML: {str(error).splitlines()[0]}")
    except OSError as error:
        file.problems.append(f"{path}: cannot be read: {error.strerror}")
    return file


def _too_deep(text: str) -> int | None:
    """The line where nesting passes DEPTH. libyaml builds nodes by recursion and would crash the process."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEPTH:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def check(file: Lined, model: type[Model]) -> Model | None:
    """The file's data as the model; None when anything is wrong, which is then in `problems`."""
    if file.problems:
        return None
    try:
        value = model.model_validate(file.data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            place = tuple(p for p in item["loc"] if p != "[key]")
            file.say(place, _in_english(item, annotation_at(model, place), model))
        return None
    return value


def load_checked(path: Path, model: type[Model]) -> Model:
    """Read one YAML file as the model. Raises PackError with every problem found."""
    file = read_lines(path)
    value = check(file, model)
    if value is None:
        raise PackError(*file.problems)
    return value


def _plain(node: yaml.Node, place: Place, file: Lined, seen: set[int]) -> object:
    """Nodes to dicts, lists and scalars, noting the line of each place."""
    line = node.start_mark.line + 1
    file.lines.setdefault(place, line)
    if id(node) in seen:
        file.say(place, "anchors and aliases are not used in these files; write the value out")
        return None
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = _key(key_node, place, file)
            if key is None:
                continue
            key_line = key_node.start_mark.line + 1
            if key in found:
                file.say((*place, key), f"is given twice (first on line {file.line((*place, key))})", key_line)
                continue
            file.lines[(*place, key)] = key_line
            found[key] = _plain(value_node, (*place, key), file, seen)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, n), file, seen) for n, item in enumerate(node.value)]
    return _scalar(node, place, file)


def _key(node: yaml.Node, place: Place, file: Lined) -> str | None:
    if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str":
        return str(node.value)
    raw = node.value if isinstance(node, yaml.ScalarNode) else "…"
    what = {"bool": "a truth value", "int": "a number", "float": "a number", "null": "nothing"}
    kind = what.get(node.tag.rsplit(":", 1)[-1], "something other than text")
    file.say(place, f"YAML reads the key {raw} as {kind}; quote it: '{raw}'", node.start_mark.line + 1)
    return None


def _scalar(node: yaml.Node, place: Place, file: Lined) -> object:
    raw = str(node.value)
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "str":
        return raw
    if kind == "bool" and raw not in SAFE_TRUTH:
        file.say(place, f"YAML reads {raw} as a truth value; quote it if it is text: '{raw}'")
        return None
    if kind in {"int", "float"} and not PLAIN_NUMBER.fullmatch(raw):
        file.say(place, f"YAML reads {raw} as a number in a special notation; quote it if it is text: '{raw}'")
        return None
    if kind not in {"bool", "int", "float", "null", "timestamp"}:
        file.say(place, f"the YAML tag {node.tag} is not allowed")
        return None
    try:
        return LOADER("").construct_object(node)
    except (ValueError, yaml.YAMLError):
        file.say(place, f"{raw} is not a valid {'date' if kind == 'timestamp' else kind}")
        return None


def annotation_at(model: Any, place: Iterable[str | int]) -> Any:
    """The declared type at a place of a model, or None where there is none."""
    here: Any = model
    for step in place:
        if isinstance(here, type) and issubclass(here, BaseModel):
            known = here.model_fields.get(str(step))
            here = known.annotation if known else None
        else:
            inner = [a for a in get_args(here) if a is not Ellipsis]
            here = inner[-1] if inner else None
        if get_origin(here) in {Union, types.UnionType}:
            here = next(a for a in get_args(here) if a is not type(None))
    return here


def _in_english(item: Any, wanted: Any, model: Any) -> str:
    kind, given, context = item["type"], item.get("input"), item.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        parent = annotation_at(model, item["loc"][:-1])
        names = list(parent.model_fields) if isinstance(parent, type) and issubclass(parent, BaseModel) else []
        near = difflib.get_close_matches(str(item["loc"][-1]), names, 1)
        return "is not a known field" + (f"; did you mean {near[0]!r}?" if near else "")
    if kind == "string_type":
        return "must be text" + ("" if given is None or isinstance(given, list | dict) else f"; quote it: '{given}'")
    if kind == "tuple_type":
        return "must be a list of texts" if str in get_args(wanted) else "must be a list"
    if kind in {"model_type", "dict_type"}:
        return "must be a mapping of " + ("languages to texts" if kind == "dict_type" else "fields to values")
    if kind == "too_short":
        return "must have at least one entry"
    if kind == "string_too_short":
        return f"must have at least {context['min_length']} character{'s' * (context['min_length'] > 1)}"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters; it has {len(str(given))}"
    if kind in {"literal_error", "enum"}:
        return f"must be {context['expected']}, not {_shown(given)}"
    if kind.startswith("date"):
        return f"must be a date such as 2025-02-23, not {_shown(given)}"
    if kind.startswith(("int_", "float_")):
        return f"must be a number, not {_shown(given)}"
    if kind.startswith("bool_"):
        return f"must be true or false, not {_shown(given)}"
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], f"must match the pattern {context['pattern']}")
    message = str(context["error"]) if kind == "value_error" else str(item["msg"])
    return message[:1].lower() + message[1:]


def _shown(value: object) -> str:
    text = value.isoformat() if isinstance(value, date) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
