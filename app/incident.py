"""`isegoria audit incident`: what the operator tells the public, as a leaf that cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from app.desk import Chance
from app.errors import BadIncident
from app.leaf import incident_leaf
from app.main import open_recorder
from app.settings import Settings

LONGEST = 900
"""Bytes of a text, so that its leaf is as long as every other."""


async def report_incident(settings: Settings, text: str, say: Callable[[str], None], chance: Chance) -> None:
    """Hand the text in to the log. Raises BadIncident or RecordError."""
    text = text.strip()
    if not text or not text.isprintable():
        raise BadIncident("the text is empty, or holds a character that cannot be printed")
    try:
        leaf = incident_leaf(text, chance.now().astimezone(UTC).strftime("%Y-%m-%dT%H"))
    except ValueError as error:
        raise BadIncident(f"the text has {len(text.encode())} bytes; at most {LONGEST} fit into a leaf") from error
    async with open_recorder(settings, serving=False) as recorder:
        await recorder.hand_in(leaf)
    say("handed in: the service that runs on this data directory publishes it within a second, else the next one")
