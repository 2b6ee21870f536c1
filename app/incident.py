"""`isegoria audit incident`: what the operator tells the public, as a leaf that cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import category

from app.desk import Chance
from app.errors import BadIncident
from app.leaf import hour_of, incident_leaf
from app.main import existing_recorder
from app.settings import Settings


async def report_incident(settings: Settings, text: str, say: Callable[[str], None], chance: Chance) -> None:
    """Hand the text in to the log. Raises BadIncident or RecordError."""
    text = text.strip()
    if not text or not all(c.isprintable() or category(c) == "Zs" for c in text):
        raise BadIncident("the text is empty, or holds a character that cannot be printed")
    try:
        leaf = incident_leaf(text, hour_of(chance.now()))
    except ValueError as error:
        raise BadIncident(f"the text is too long: it would make {error}") from error
    async with existing_recorder(settings) as recorder:
        await recorder.hand_in(leaf)
    say("handed in: the service that runs on this data directory publishes it within a second, else the next one")
