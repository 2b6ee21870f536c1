"""`isegoria audit verify`: a log in a folder or on a server, one receipt, or a bundle, checked without our database.

Promise: offline for all but an address; exit code 0 valid, 1 not, 2 could not be checked; the message names the
object that is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.bars import Show
from app.bundle import LOG
from app.errors import IsegoriaError
from app.leaf import commitment
from app.log import PUBLIC_KEY
from app.unbundle import Checked, NotABundle, check_bundle
from audit.archive import Archive
from audit.checkpoints import Head
from audit.errors import AuditError, Missing, NotAnArchive, Unreachable
from audit.notes import LARGEST, read_key
from audit.policy import Policy, read_policy
from audit.proofs import check_proof, read_proof
from audit.tiles import CHECKPOINT, Fetch
from audit.verify import from_folder, from_url, verify_log

Say = Callable[[str], None]
LARGEST_RECORD = 16 * 2**20
"""Bytes of an opening that are read at most."""


class CannotCheck(IsegoriaError):
    """There is nothing to check, or nobody to trust."""

    code = "cannot_check"


@dataclass(frozen=True)
class Trust:
    """Whom the auditor trusts: a key, a policy file, or, said plainly, the key that the log brings along."""

    key: str | None = None
    policy: Path | None = None

    def of(self, fetch: Fetch | None, say: Say) -> Policy:
        """The policy. Raises CannotCheck or AuditError."""
        if self.policy is not None:
            return read_policy(_read(self.policy), str(self.policy))
        if self.key is not None:
            return Policy((read_key(self.key),))
        if fetch is None:
            raise CannotCheck("a receipt is checked against a key you trust: give --key or --policy")
        key = read_key(fetch(PUBLIC_KEY, LARGEST).decode("utf-8", "replace"))
        say(f"no key was given: {key.name}'s own is used, so this shows only that the log agrees with itself")
        return Policy((key,))


def verify(
    target: str, trust: Trust, earlier: Sequence[Path], say: Say, show: Show, opening: Path | None = None
) -> int:
    """Check a folder, an address, a receipt (with the `opening` of its record) or a bundle; the exit code.

    Raises CannotCheck.
    """
    bundle, fetch = is_bundle(target), _log_at(target)
    if opening is not None and (bundle or fetch is not None):
        raise CannotCheck("a record is checked against its receipt, not against a log")
    if bundle:
        return _bundle(Path(target), trust, earlier, say, show)
    try:
        policy = trust.of(fetch, say)
    except AuditError as error:
        raise CannotCheck(f"nobody to trust: {error}") from error
    if fetch is None and earlier:
        raise CannotCheck("a receipt cannot show that a log extends an earlier checkpoint: give the log")
    try:
        if fetch is None:
            return _receipt(Path(target), policy, opening, say)
        seen = [_read(path) for path in earlier]
        head = verify_log(fetch, policy, seen, lambda done, total: show("entries", done, total))
    except Unreachable as error:
        raise CannotCheck(str(error)) from error
    except AuditError as error:
        if isinstance(error, Missing) and error.what == CHECKPOINT:
            raise CannotCheck(f"{target}: {error}") from error
        say(f"not valid: {error}")
        return 1
    say(f"valid: {_told(head)}; every entry and every tile is right{_extends(earlier)}")
    return 0


def is_bundle(target: str) -> bool:
    """Whether the target is a zip file, or is called one."""
    try:
        with Path(target).open("rb") as file:
            return target.endswith(".zip") or file.read(2) == b"PK"
    except OSError:
        return target.endswith(".zip") and "://" not in target


def _log_at(target: str) -> Fetch | None:
    """Reads the log at an address or in a folder; None for what is a file."""
    if target.startswith(("http://", "https://")):
        return from_url(target)
    return from_folder(Path(target)) if Path(target).is_dir() else None


@contextmanager
def checked_bundle(
    path: Path, trust: Trust, earlier: Sequence[Path], say: Say, show: Show
) -> Iterator[tuple[Archive, Checked]]:
    """A bundle that holds, open while the block lasts. Raises CannotCheck, or AuditError about what is wrong."""
    seen = [_read(one) for one in earlier]
    try:
        archive = Archive(path)
    except NotAnArchive as error:
        raise CannotCheck(str(error)) from error
    with archive:
        try:
            policy = trust.of(archive.fetch(LOG), say)
        except AuditError as error:
            raise CannotCheck(f"nobody to trust: {error}") from error
        try:
            checked = check_bundle(archive, policy, seen, show)
        except NotABundle as error:
            raise CannotCheck(f"{path}: {error.message}") from error
        yield archive, checked


def _bundle(path: Path, trust: Trust, earlier: Sequence[Path], say: Say, show: Show) -> int:
    try:
        with checked_bundle(path, trust, earlier, say, show) as (_, checked):
            say(f"valid: {checked.told()}; every member is right{_extends(earlier)}")
            if checked.owed:
                say(f"of the withheld, {checked.owed} are of hours that the manifest says are revealed: ask why")
    except AuditError as error:
        say(f"not valid: {error}")
        return 1
    return 0


def _extends(earlier: Sequence[Path]) -> str:
    return f", and extends {len(earlier)} earlier checkpoints" if earlier else ""


def _receipt(path: Path, policy: Policy, opening: Path | None, say: Say) -> int:
    proof = read_proof(_read(path), str(path))
    if proof.extra is None:
        raise CannotCheck(f"{path}: brings no leaf along")
    head = check_proof(proof, proof.extra, policy, str(path))
    say(f"valid: leaf {proof.index} of {_told(head)}")
    if opening is not None and not _stands_for(proof.extra, opening):
        say(f"not valid: the receipt holds, but its leaf does not stand for the record in {opening}")
        return 1
    if opening is not None:
        say(f"valid: the leaf stands for the record in {opening}, to the byte")
    with suppress(ValueError, AttributeError, RecursionError):  # another log may hold other things than JSON
        facts = json.loads(proof.extra).items()
        say(json.dumps({name: value for name, value in facts if name != "pad"}, indent=2))
    return 0


def _stands_for(leaf: bytes, opening: Path) -> bool:
    """Whether the leaf commits to the body of this file under its salt. Raises CannotCheck."""
    try:
        opened = json.loads(_read(opening, LARGEST_RECORD))
        committed = commitment(bytes.fromhex(opened["salt"]), opened["body"].encode())
        return bool(committed == json.loads(leaf)["commitment"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CannotCheck(f"{opening}: not an object with `body` and `salt`, or the leaf is not of a record") from error


def _told(head: Head) -> str:
    return f"{head.origin}, {head.size} leaves, root {head.root.hex()}"


def _read(path: Path, most: int = LARGEST) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise CannotCheck(f"{path}: cannot be read: {error.strerror}") from error
