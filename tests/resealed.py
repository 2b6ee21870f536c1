"""Changes a stored record as somebody with database and keys would, its leaf in the database included."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.leaf import leaf_of
from app.storage.engine import open_engine, writing
from app.storage.keys import Keyring
from app.storage.seal import opened, salt_of, sealed
from domain.exchange import Exchange


def rewritten(data: Path, record: str, edit: Callable[[dict[str, Any]], None], leaf: bool = True) -> None:
    """Edit the record's JSON and seal it again under its key; its leaf is left as it was when `leaf` is False."""
    engine, ring = open_engine(f"sqlite:///{data}/records.db"), Keyring(data / "keys")
    with writing(engine) as store:
        row = store.execute(text("SELECT body, key FROM records WHERE record = :r"), {"r": record}).one()
        secret = ring.secrets([row.key])[row.key]
        exchange = json.loads(opened(secret, record, row.body))
        edit(exchange)
        body = json.dumps(exchange).encode()
        changed = {"r": record, "b": sealed(secret, record, body)}
        store.execute(text("UPDATE records SET body = :b WHERE record = :r"), changed)
        if leaf:
            entry = leaf_of(Exchange.model_validate_json(body), salt_of(secret), body)
            store.execute(text("UPDATE leaves SET entry = :e WHERE record = :r"), {"r": record, "e": entry})
    engine.dispose()
    ring.close()
