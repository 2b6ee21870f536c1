"""Every error this program raises on purpose, with a stable code and the status an HTTP reply carries.

IsegoriaError
├─ PackError              an election pack or another reviewed file is wrong; `problems` holds one line each
├─ SourceError            a document is missing, altered or unreadable
├─ BuildError             a build could not be completed
├─ IndexUnusable          the index of an election is missing, damaged or of another version
├─ UnknownElection · UnknownParty · UnknownRecord · UnknownConversation · UnknownDocument
├─ NoReceipt              the record has no leaf: it is from before the log, or there is no log
│  └─ ReceiptPending      no checkpoint of the log covers the record yet
├─ BadErasure             what is to be erased is not said, or said twice
├─ BadIncident            the text for the public log is empty or too long
├─ BadQuestion            the question cannot be taken: empty, too long, not text
├─ RecordError
│  ├─ RecordUnavailable   the store is busy; the same request may succeed later
│  ├─ RecordWriteFailed   a write failed; nothing more is accepted until a restart
│  ├─ RecordExists        this record id was already stored
│  ├─ RecordErased        the record was erased, or what a question goes on from
│  └─ RecordUnreadable    the store is damaged, or was written by another version
├─ BundleError            an audit bundle could not be written
├─ ServiceUnavailable     the service cannot start: nothing built, or its address is taken
└─ ServicePaused          the operator has paused the service or one election
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar


def where(error: BaseException) -> str:
    """File and line in which the error arose, and no word of what was being worked on."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{PurePath(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else ""


class IsegoriaError(Exception):
    """Base of all errors with a message a person can act on; shown without a traceback."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PackError(IsegoriaError):
    """A reviewed file is wrong. Each problem names file, line and field where they are known."""

    code = "pack"

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems: Sequence[str] = problems


class SourceError(IsegoriaError):
    """A document is missing, altered or unreadable."""

    code = "source"


class BuildError(IsegoriaError):
    """A build could not be completed; nothing of it was published."""

    code = "build"


class IndexUnusable(IsegoriaError):
    """The index of an election is missing, damaged or of another version."""

    code = "index_unusable"
    status = 503


class UnknownElection(IsegoriaError):
    """No election pack has this id."""

    code = "unknown_election"
    status = 404


class UnknownParty(IsegoriaError):
    """The election has no party with this id."""

    code = "unknown_party"
    status = 422


class UnknownRecord(IsegoriaError):
    """No record has this id."""

    code = "unknown_record"
    status = 404


class NoReceipt(IsegoriaError):
    """The record has no leaf in a log."""

    code = "no_receipt"
    status = 404


class ReceiptPending(NoReceipt):
    """No checkpoint of the log covers the record yet."""

    code = "receipt_pending"


class UnknownConversation(IsegoriaError):
    """No conversation has this id."""

    code = "unknown_conversation"
    status = 404


class UnknownDocument(IsegoriaError):
    """No document, page, section or passage with this id."""

    code = "unknown_document"
    status = 404


class BadQuestion(IsegoriaError):
    """The question cannot be taken: empty, too long or not text."""

    code = "bad_question"
    status = 422


class BadReport(IsegoriaError):
    """A report that is empty, too long, or no text."""

    code = "bad_report"
    status = 422


class UnknownReport(IsegoriaError):
    """No report has this id."""

    code = "unknown_report"
    status = 404


class BadErasure(IsegoriaError):
    """What is to be erased is not said, or said twice."""

    code = "bad_erasure"


class BadIncident(IsegoriaError):
    """The text for the public log is empty or too long."""

    code = "bad_incident"


class RecordError(IsegoriaError):
    """An exchange could not be stored or read, so it is not answered."""

    code = "record"


class RecordUnavailable(RecordError):
    """The store is busy; the same request may succeed later."""

    code = "record_unavailable"
    status = 503


class RecordWriteFailed(RecordError):
    """A write failed, and what the disk holds is uncertain: nothing more is accepted until a restart."""

    code = "record_write_failed"


class RecordExists(RecordError):
    """This record id was already stored; a record is never overwritten."""

    code = "record_exists"


class RecordErased(RecordError):
    """The record was erased: its key is destroyed, and only its leaf is left."""

    code = "record_erased"
    status = 410


class RecordUnreadable(RecordError):
    """The store is damaged, is not ours, or was written by another version."""

    code = "record_unreadable"


class BundleError(IsegoriaError):
    """An audit bundle could not be written; no file was left."""

    code = "bundle"


class ServiceUnavailable(IsegoriaError):
    """The service cannot start."""

    code = "unavailable"
    status = 503


class ServicePaused(IsegoriaError):
    """The operator has paused the service or one election."""

    code = "paused"
    status = 503
