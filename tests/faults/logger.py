"""Child of the fault test: appends twice to a log and prints its size after each; a refusal is one line."""

from __future__ import annotations

import sys
from pathlib import Path

from audit.errors import AuditError
from tests.audit.logs import entries, writer


def append_twice(root: Path) -> None:
    """Two appends, the second over the edge of a tile."""
    with writer(root) as log:
        for size in (250, 10):
            log.append(entries(size, log.head.size))
            print(log.head.size, flush=True)


if __name__ == "__main__":
    try:
        append_twice(Path(sys.argv[1]))
    except (AuditError, OSError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
