"""An audit bundle checked against a trusted key, from its members alone, and laid out for a replay.

Promise: every member is the one that the manifest names; the whole log is verified; every revealed record is the one
that its leaf stands for; what records name by digest is there and has it. What is wrong is named.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from os import SEEK_CUR
from pathlib import Path

import rfc8785

from app.bars import Show
from app.bundle import BUILDS, LARGEST_MANIFEST, LOG, MANIFEST, MODELS, OBJECTS, RECORDS, VERSION, Manifest, Member
from app.errors import IsegoriaError
from app.log import PUBLIC_KEY
from app.places import MANIFEST as LISTED
from app.reveal import Named, check_records
from app.sealed import rewritten
from app.storage.objects import model_files, object_path
from audit.archive import PIECE, Archive
from audit.checkpoints import Head
from audit.errors import Malformed, Missing
from audit.policy import Policy
from audit.tiles import CHECKPOINT, ENTRIES, Tree, levels, tile_path, widths
from audit.verify import verify_log
from domain.base import Digest

ZEROS = bytes(PIECE)


class NotABundle(IsegoriaError):
    """The file is no audit bundle, or one of a later format."""

    code = "not_a_bundle"


@dataclass(frozen=True)
class Checked:
    """What was found in a bundle that holds."""

    manifest: Manifest
    head: Head
    owed: int
    """Leaves of hours that the manifest says are revealed, without a record and not said to be erased."""

    def told(self) -> str:
        """In one line."""
        counts = self.manifest.records
        return (
            f"{self.head.origin}, {self.head.size} leaves, root {self.head.root.hex()}: {counts.revealed} revealed, "
            f"{counts.withheld} withheld, {counts.erased} erased, {counts.other} that stand for no record"
        )


def check_bundle(archive: Archive, policy: Policy, earlier: Sequence[bytes], show: Show) -> Checked:
    """The checks in the order of docs/log.md. Raises NotABundle, or AuditError about what is wrong."""
    manifest = read_manifest(archive)
    _check_members(archive, manifest, show)
    fetch = archive.fetch(LOG)
    head = verify_log(fetch, policy, earlier, lambda done, total: show("log", done, total))
    _check_log_members(archive, head.size)
    found = check_records(archive, Tree(fetch, head.size), manifest.window, show)
    if (manifest.origin, manifest.leaves, manifest.records) != (head.origin, head.size, found.counts):
        raise Malformed(MANIFEST, f"tells of another log, or counts otherwise: there are {found.counts!r}")
    _check_objects(archive, manifest, found.named)
    _check_builds(archive, manifest, found.named)
    return Checked(manifest, head, found.owed)


def unpack(archive: Archive, folder: Path) -> None:
    """Lay out what a replay needs as a data directory has it. The bundle must have been checked."""
    for name in archive.under(OBJECTS, BUILDS, MODELS):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for piece in archive.pieces(name):  # an index engine's files are mostly zeros: those take no room
                if piece == ZEROS[: len(piece)]:
                    file.seek(len(piece), SEEK_CUR)
                else:
                    file.write(piece)
            file.truncate()


def read_manifest(archive: Archive) -> Manifest:
    """The manifest. Raises NotABundle, or Malformed when it is not written as the format says."""
    if MANIFEST not in archive.names:
        raise NotABundle(f"there is no {MANIFEST}: this is no audit bundle")
    data = archive.read(MANIFEST, LARGEST_MANIFEST)
    try:
        raw = json.loads(data)
        if isinstance(raw, dict) and raw.get("version") != VERSION:
            raise NotABundle(f"a bundle of format {str(raw.get('version'))[:20]!r}; this program reads {VERSION}")
        manifest = Manifest.model_validate(raw)
        assert manifest.window.newest
        if rfc8785.dumps(manifest.model_dump(mode="json")) != data:
            raise Malformed(MANIFEST, "is not in RFC 8785 bytes")
    except (ValueError, OverflowError, RecursionError) as error:  # pydantic's and JSON's among them
        raise Malformed(MANIFEST, f"is not a manifest ({type(error).__name__})") from error
    return manifest


def _check_members(archive: Archive, manifest: Manifest, show: Show) -> None:
    there = set(archive.names) - {MANIFEST}
    for name in sorted(there ^ manifest.members.keys()):
        if name in there:
            raise Malformed(name, "is not named by the manifest")
        raise Missing(name, "is named by the manifest and not there")
    for done, (name, member) in enumerate(sorted(manifest.members.items()), start=1):
        if not name.startswith((LOG, RECORDS, OBJECTS, BUILDS, MODELS)):
            raise Malformed(name, "belongs to no part of a bundle")
        running, size = sha256(), 0
        for piece in archive.pieces(name):
            running.update(piece)
            size += len(piece)
        if (running.hexdigest(), size) != (member.sha256, member.size):
            raise Malformed(name, "is not the member that the manifest names: it was altered, or the manifest was")
        show("members", done, len(manifest.members))


def _check_log_members(archive: Archive, size: int) -> None:
    """That the log is given in its own files and no others."""
    files = {CHECKPOINT, PUBLIC_KEY, *(tile_path(ENTRIES, n, width) for n, width in widths(size))}
    files |= {tile_path(level, n, width) for level, count in levels(size) for n, width in widths(count)}
    for name in sorted(set(archive.under(LOG)) ^ {LOG + path for path in files}):
        if name.removeprefix(LOG) in files:
            raise Missing(name, "is a file of the log and not there")
        raise Malformed(name, "is no file of the log")


def _check_objects(archive: Archive, manifest: Manifest, named: Named) -> None:
    for name in archive.under(OBJECTS):
        if name != _object(manifest.members[name].sha256):
            raise Malformed(name, "does not have the digest it is named by")
    for digest in sorted(named.objects):
        if _object(digest) not in manifest.members:
            raise Missing(_object(digest), "is named by a revealed record and not there")
    for policy in sorted(named.policies):
        try:
            files = model_files(archive.read(_object(policy), LARGEST_MANIFEST))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Malformed(_object(policy), f"is not a policy ({type(error).__name__})") from error
        for digest in sorted(files):
            if _object(digest) not in manifest.members:
                raise Missing(_object(digest), "is named by a policy and not there")


def _object(digest: Digest) -> str:
    return OBJECTS + object_path(Path(), digest).as_posix()


def _check_builds(archive: Archive, manifest: Manifest, named: Named) -> None:
    """That builds are whole by their own lists, and that those are there which the records name."""
    members, listed = manifest.members, set[str]()
    made: set[tuple[str, Digest, Digest, Digest]] = set()
    for name in archive.under(BUILDS):
        if name.count("/") == 3 and name.endswith(f"/{LISTED}"):
            folder = name.removesuffix(LISTED)
            listed |= {name, *_check_listed(archive, members, folder)}
            index = archive.read(f"{folder}index.digest", LARGEST_MANIFEST).decode("utf-8", "replace").strip()
            lock, pack = (members[folder + file].sha256 for file in ("corpus.lock", "election.json"))
            made.add((name.split("/")[1], lock, index, pack))
    for name in archive.under(BUILDS):
        if name not in listed:
            raise Malformed(name, "is not listed by its build")
    for election, corpus, index, pack in sorted(named.builds.keys() - made):
        why = f"holds no build with corpus {corpus[:16]}, index {index[:16]} and election {pack[:16]}"
        raise Missing(f"{BUILDS}{election}", f"{why}, which a revealed record names")


def _check_listed(archive: Archive, members: Mapping[str, Member], folder: str) -> set[str]:
    """The files that a build lists. Raises Malformed or Missing about one that is not as listed."""
    try:
        listed: dict[str, Digest] = dict(json.loads(archive.read(folder + LISTED, LARGEST_MANIFEST)))
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed(folder + LISTED, f"is not a list of files ({type(error).__name__})") from error
    for file in ("corpus.lock", "election.json", "index.digest", *sorted(listed)):
        name = folder + file
        if name not in members:
            raise Missing(name, "is a file of its build and not there")
        if file not in listed or (members[name].sha256 != listed[file] and not rewritten(file)):
            raise Malformed(name, "is not the file that its build lists")
    return {folder + file for file in listed}
