"""The service's own log: its key, its writer, and the receipts that show a record stands in it."""

from __future__ import annotations

import fcntl
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.errors import RecordUnreadable
from app.places import keys_folder, log_folder
from app.settings import Settings
from audit.checkpoints import Head, read_checkpoint
from audit.errors import AuditError
from audit.files import make_folder, write_whole
from audit.merkle import check_inclusion, inclusion_path, leaf_hash
from audit.notes import LARGEST, Signer
from audit.proofs import Proof
from audit.tiles import CHECKPOINT, Tree
from audit.verify import from_folder
from audit.writer import Writer, begin

KEY, SIGNED, PUBLIC_KEY = "log.key", "signed", "log.vkey"


def log_signer(settings: Settings) -> Signer:
    """The key that signs the log, made on the first start. Raises RecordUnreadable."""
    folder = keys_folder(settings.data)
    path = folder / KEY
    try:
        if not folder.exists():
            make_folder(folder)
            folder.chmod(0o700)
        with (folder / ".lock").open("a") as lock:  # two first starts must not make two keys
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                made = Ed25519PrivateKey.generate()
                begin(Signer(settings.log_origin, made), folder / SIGNED)
                write_whole(path, made.private_bytes_raw().hex().encode() + b"\n")
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii")))
    except OSError as error:
        raise RecordUnreadable(f"{path}: the log's key cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RecordUnreadable(f"{path}: not a key of 32 bytes in hexadecimal") from error
    return Signer(settings.log_origin, private)


def published_head(folder: Path) -> tuple[str, Head] | None:
    """The signed checkpoint as published, and the head it states; None while nothing is. Raises AuditError."""
    try:
        data = (folder / CHECKPOINT).read_bytes()
    except OSError:
        return None
    return data.decode(), read_checkpoint(data, CHECKPOINT)[1]


def log_writer(settings: Settings) -> Writer:
    """The writer of the log, not yet opened; its public key lies beside the log. Raises RecordUnreadable."""
    signer, folder = log_signer(settings), log_folder(settings.data)
    public = folder / PUBLIC_KEY
    try:
        make_folder(folder)
        if not public.exists():
            write_whole(public, f"{signer.key}\n".encode(), 0o644)
        if public.read_text(encoding="utf-8").strip() != str(signer.key):
            raise RecordUnreadable(f"{public}: is not the public half of {keys_folder(settings.data) / KEY}")
    except OSError as error:
        raise RecordUnreadable(f"{public}: the log cannot be written to: {error.strerror}") from error
    return Writer(folder, signer, keys_folder(settings.data) / SIGNED)


def receipt(folder: Path, entry: bytes, place: int) -> bytes | None:
    """The `.tlog-proof` of the leaf at this place, which it carries along; None while no checkpoint covers it.

    Raises RecordUnreadable when the published log is damaged.
    """
    fetch = from_folder(folder)
    if not (folder / CHECKPOINT).exists():
        return None
    try:
        checkpoint = fetch(CHECKPOINT, LARGEST)
        _, head = read_checkpoint(checkpoint, CHECKPOINT)
        if place >= head.size:
            return None
        path = inclusion_path(place, head.size, Tree(fetch, head.size).node)
        check_inclusion(f"leaf {place}", leaf_hash(entry), place, head.size, path, head.root)
    except AuditError as error:
        raise RecordUnreadable(f"the log cannot be read: {error}") from error
    return Proof(place, tuple(path), checkpoint, extra=entry).text().encode()
