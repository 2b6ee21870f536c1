"""What can be wrong with a log: every error names the object, and no error is raised for what is merely new."""

from __future__ import annotations


class AuditError(Exception):
    """Something about `what` (a path, a leaf, a key) does not hold; `why` says what."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what, self.why = what, why


class Missing(AuditError):
    """An object is not there or cannot be read."""


class Unreachable(AuditError):
    """A server does not give an object, which says nothing about the object."""


class Malformed(AuditError):
    """An object is not in its format."""


class NotAnArchive(AuditError):
    """A file is not a zip file, or is cut off."""


class BadSignature(AuditError):
    """A note is not signed by the key that must sign it, or by too few witnesses."""


class BadProof(AuditError):
    """A path of hashes does not lead to the root that it should lead to."""


class BadEntry(AuditError):
    """An entry is not the one that the tree was built from."""


class BadTile(AuditError):
    """A tile does not hold the hashes of what lies below it."""


class BadRoot(AuditError):
    """A checkpoint does not state the root of the tree that is published with it."""


class Forked(AuditError):
    """A head does not extend one that was signed before."""


class Busy(AuditError):
    """Another writer holds the log."""


class Stopped(AuditError):
    """The writer has stopped for good, because a write or a sync failed."""
