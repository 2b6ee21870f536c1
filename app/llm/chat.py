"""The seam behind which a language model stands: one instruction and one text go in, one reply comes out.

Whoever asks must not trust the reply; that there is none, or no usable one, is always ModelUnusable.
`ScriptedChat` is the twin in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol


class ModelUnusable(Exception):
    """The model gave no reply that can be used: too late, too long, an error, or not what was asked for."""


class ChatModel(Protocol):
    """A language model as the service sees it."""

    @property
    def name(self) -> str:
        """The name by which records know it."""
        ...

    async def reply(self, instruction: str, text: str) -> str:
        """What it says to the text under the instruction. Raises ModelUnusable."""
        ...


class ScriptedChat:
    """A model in memory that says what `says` gives for a text; `heard` is every text that was put to it."""

    def __init__(self, name: str, says: Callable[[str], str]) -> None:
        self._name = name
        self._says = says
        self.heard: list[str] = []

    @property
    def name(self) -> str:
        return self._name

    async def reply(self, instruction: str, text: str) -> str:
        """The scripted reply. Raises ModelUnusable when there is no instruction, which no model could follow."""
        if not instruction.strip():
            raise ModelUnusable("no instruction")
        self.heard.append(text)
        return self._says(text)


def content_of(body: bytes | str) -> str:
    """The text of the first choice of a chat completion. Raises ModelUnusable."""
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ModelUnusable("the reply is no chat completion") from error
    if not isinstance(content, str):
        raise ModelUnusable("the reply holds no text")
    return content
