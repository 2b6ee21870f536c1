"""What a step may use: one built election, the settings, and a place to report trouble."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.answering.phrases import Phrases
from app.built import Built
from app.common import Wording
from app.settings import Settings
from domain.base import Language


@dataclass(frozen=True)
class Room:
    """The room in which one question is answered. No clock, no network, no store: those stay outside."""

    built: Built
    settings: Settings
    phrases: Phrases
    trouble: Callable[[str, Exception], None]
    today: str
    """Date of the question in the election's time zone, YYYY-MM-DD, as recorded."""

    def words(self, language: Language) -> Wording:
        return self.built.common.words(language)
