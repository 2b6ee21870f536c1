"""`isegoria audit export`: an audit bundle made from the store, for strangers who have neither it nor us.

Promise: nothing is revealed that lies outside the days asked for or is younger than the delay; what log, store or data
directory do not hold whole ends the export with its name, and leaves no file.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from app.bars import Show
from app.bundle import BUILDS, LOG, MODELS, OBJECTS, PART, RECORDS, Counts, Line, Manifest, Window, Writer
from app.census import EXCHANGE, Facts, commitment_in, erased_in, leaves_of
from app.errors import BundleError, RecordUnreadable
from app.leaf import commitment
from app.log import PUBLIC_KEY
from app.main import code_digest, existing_recorder
from app.places import MANIFEST as LISTED
from app.places import log_folder, model_folder, objects_folder
from app.recall import build_of
from app.record import Recorder
from app.reveal import Named
from app.sealed import rewritten
from app.settings import Settings
from app.storage.leaves import PlacedRecord
from app.storage.objects import get_object, model_files, object_path
from app.storage.vault import Opening
from audit.errors import AuditError
from audit.files import whole_file
from audit.notes import LARGEST, read_key
from audit.policy import Policy
from audit.tiles import CHECKPOINT, ENTRIES, WIDTH, Fetch, Tree, levels, pack, tile_path, widths
from audit.verify import from_folder, verify_log
from domain.base import Digest
from domain.exchange import Digests

READ = 1 << 20


async def export_bundle(settings: Settings, target: Path, window: Window, show: Show) -> Manifest:
    """Write the bundle. Raises BundleError or RecordError; then there is no file."""
    if target.exists():
        raise BundleError(f"{target}: is there already, and a bundle is never overwritten")
    if target.resolve().is_relative_to(settings.data.resolve()):
        raise BundleError(f"{target}: lies in the data directory, where an erasure must find all words; choose another")
    fetch = _pinned(log_folder(settings.data))
    try:
        async with existing_recorder(settings) as recorder:
            with whole_file(target) as file, Writer(file) as out:
                return await Export(settings.data, window, out, show).written(recorder, fetch)
    except OSError as error:
        raise BundleError(f"{target}: no bundle was written: {error.strerror}") from error


def _pinned(folder: Path) -> Fetch:
    """Reads the log of one checkpoint, while it may grow. Raises BundleError when there is none."""
    files = from_folder(folder)
    try:
        checkpoint = files(CHECKPOINT, LARGEST)
    except AuditError as error:
        raise BundleError(f"{folder}: there is no log to export; a running server writes it: {error}") from error
    return lambda path, limit: checkpoint if path == CHECKPOINT else files(path, limit)


class Export:
    """One bundle while it is made."""

    def __init__(self, data: Path, window: Window, out: Writer, show: Show) -> None:
        self._data, self._window, self._out, self._show = data, window, out, show
        self._named = Named()
        self._lines: list[bytes] = []
        self._parts = self._length = 0

    async def written(self, recorder: Recorder, fetch: Fetch) -> Manifest:
        """All members, the manifest last."""
        origin, tree = self._log(fetch)
        counts = await self._records(recorder, tree)
        self._write_objects()
        self._write_builds()
        window = self._window
        manifest = Manifest(
            origin=origin, leaves=tree.size, records=counts, since=window.since, until=window.until, made=window.made,
            reveal_after_days=window.reveal_after_days, code=code_digest(), members=self._out.members,
        )  # fmt: skip
        self._out.finish(manifest)
        return manifest

    def _log(self, fetch: Fetch) -> tuple[str, Tree]:
        """The log as published under its checkpoint: a partial tile is there even when the full one is out by now."""
        try:
            key = read_key(fetch(PUBLIC_KEY, LARGEST).decode("utf-8", "replace"))
            head = verify_log(fetch, Policy((key,)), say=lambda done, total: self._show("log", done, total))
            tree = Tree(fetch, head.size)
            for name in (CHECKPOINT, PUBLIC_KEY):
                self._out.add(LOG + name, [fetch(name, LARGEST)])
            for n, width in widths(head.size):
                self._out.add(LOG + tile_path(ENTRIES, n, width), [pack(tree.entries(n))])
            for level, count in levels(head.size):
                for n, width in widths(count):
                    self._out.add(LOG + tile_path(level, n, width), tree.hashes(level, n))
        except AuditError as error:
            raise BundleError(f"{log_folder(self._data)}: the log is damaged: {error}") from error
        return head.origin, tree

    async def _records(self, recorder: Recorder, tree: Tree) -> Counts:
        erased, counts, rows = erased_in(tree), Counter[str](), dict[int, PlacedRecord]()
        found: dict[str, Opening] = {}
        for place, entry, facts in leaves_of(tree):
            if place % WIDTH == 0:
                rows = {row.place: row for row in await recorder.placed(place, WIDTH)}
                found = await recorder.openings([r.record for r in rows.values() if self._window.reveals(r.at)])
                self._show("records", place, tree.size)
            row = rows.get(place)
            if row is not None and row.entry != entry:
                raise RecordUnreadable(f"record {row.record}: its leaf in the store is not leaf {place} of the log")
            if facts.get("kind") != EXCHANGE:
                counts["other"] += 1
            elif commitment_in(facts) in erased:
                counts["erased"] += 1
            elif row is not None and row.record in found:
                self._reveal(row, facts, found[row.record])
                counts["revealed"] += 1
            else:
                counts["withheld"] += 1
        self._end_part()
        self._show("records", tree.size, tree.size)
        return Counts(**{name: counts[name] for name in Counts.model_fields})

    def _reveal(self, row: PlacedRecord, facts: Facts, opening: Opening) -> None:
        """One more line. Raises RecordUnreadable when the record is not what was logged."""
        if commitment(opening.salt, opening.body) != commitment_in(facts):
            raise RecordUnreadable(f"record {row.record} is not the one that leaf {row.place} of the log stands for")
        exchange = json.loads(opening.body)
        self._named.add(exchange["question"]["election"], exchange["digests"])
        self._lines.append(Line(row.place, opening.salt, opening.body).written())
        self._length += len(self._lines[-1])
        if self._length > PART:
            self._end_part()

    def _end_part(self) -> None:
        if self._lines:
            self._out.add(f"{RECORDS}{self._parts:05d}.jsonl", self._lines)
            self._parts, self._lines, self._length = self._parts + 1, [], 0

    def _write_objects(self) -> None:
        """What the records name, and the files of the small model that a policy names."""
        folder = objects_folder(self._data)
        named = self._named
        found = named.objects.union(*(model_files(get_object(folder, digest)) for digest in named.policies))
        for done, digest in enumerate(sorted(found), start=1):
            self._out.add(OBJECTS + object_path(Path(), digest).as_posix(), [get_object(folder, digest)])
            self._show("objects", done, len(found))

    def _write_builds(self) -> None:
        """The builds, as far as they are listed, and the models that they embed questions with."""
        models: set[Digest] = set()
        wanted = [(key[0], Digests.model_validate(one)) for key, one in sorted(self._named.builds.items())]
        for folder, election in sorted({build_of(*one, self._data): one[0] for one in wanted}.items()):
            listed: dict[str, Digest] = json.loads((folder / LISTED).read_bytes())
            for done, name in enumerate(sorted({*listed, LISTED}), start=1):
                member = f"{BUILDS}{election}/{folder.name}/{name}"
                if self._copied(member, folder / name) != listed.get(name) and name in listed and not rewritten(name):
                    raise RecordUnreadable(f"{folder / name}: was altered while it was read")
                self._show(f"build {election}", done, len(listed) + 1)
            meta = json.loads((folder / "index" / "meta.json").read_bytes())
            models |= {model for key in ("model", "meaning") if (model := meta.get(key))}
        for model in sorted(models):
            folder = model_folder(self._data, model)
            for path in sorted(folder.iterdir()):
                self._copied(f"{MODELS}{folder.name}/{path.name}", path)

    def _copied(self, member: str, path: Path) -> Digest:
        """Copy a file and return its digest. Raises RecordUnreadable."""
        try:
            file = path.open("rb")
        except OSError as error:
            raise RecordUnreadable(f"{path}: cannot be read: {error.strerror}") from error
        with file:
            return self._out.add(member, iter(lambda: file.read(READ), b""))
