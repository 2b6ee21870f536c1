"""Child of the fault test of erasure: erases one conversation of a store and prints how many records it had."""

from __future__ import annotations

import sys
from pathlib import Path

from app.errors import IsegoriaError
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from app.storage.vault import Vault

HOUR = "2031-06-01T08"


def vault(data: Path) -> Vault:
    """The store under this folder, opened."""
    made = Vault(open_engine(f"sqlite:///{data}/records.db"), Keyring(data / "keys"))
    made.open()
    return made


def erase_conversation(data: Path, conversation: str) -> int:
    """How many records were erased."""
    store = vault(data)
    try:
        return store.erase(store.ids(conversation, None), "request", HOUR)
    finally:
        store.close()


if __name__ == "__main__":
    try:
        print(erase_conversation(Path(sys.argv[1]), sys.argv[2]), flush=True)
    except (IsegoriaError, OSError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
