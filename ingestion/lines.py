"""Files of a pack with one JSON object per line, read whole: every problem is named with file, line and field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.errors import PackError
from app.yaml_lines import dotted

SHOWN = 50
"""Problems that are listed; the rest is counted."""
Line = TypeVar("Line", bound=BaseModel)


def pack_bytes(path: Path, what: str) -> bytes | None:
    """The file's bytes; None only where nothing of that name exists, not even a link to nowhere. Raises PackError."""
    try:
        path.lstat()
    except FileNotFoundError:
        return None
    if not path.is_file():
        raise PackError(f"{path}: is not a file; remove it, or put the {what} in its place")
    try:
        return path.read_bytes()
    except OSError as error:
        raise PackError(f"{path}: cannot be read ({error.strerror})") from error


def read_lines(path: Path, data: bytes, model: type[Line], problems: list[str]) -> Iterator[tuple[int, Line]]:
    """Number and content of each line that can be used; what is wrong with the others is added to `problems`."""
    for number, raw in enumerate(data.splitlines(), start=1):
        try:
            yield number, model.model_validate(json.loads(raw))
        except UnicodeDecodeError:
            problems.append(f"{path}:{number}: is not UTF-8 text")
        except json.JSONDecodeError as error:
            problems.append(f"{path}:{number}: is not JSON ({error.msg})")
        except ValidationError as error:
            for item in error.errors(include_url=False):
                place = f"{dotted(item['loc'])}: " if item["loc"] else ""
                problems.append(f"{path}:{number}: {place}{item['msg']}")
        except (ValueError, RecursionError):
            problems.append(f"{path}:{number}: is not JSON that can be read: nested too deeply, or a number too long")


def refuse(problems: Sequence[str]) -> None:
    """Raise PackError where there are problems: the first ones, and how many more there are."""
    if len(problems) > SHOWN:
        raise PackError(*problems[:SHOWN], f"and {len(problems) - SHOWN} more")
    if problems:
        raise PackError(*problems)
