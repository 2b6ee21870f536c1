"""Bundles for the tests: exported from a small pack once, then rewritten with one thing altered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import rfc8785

from app.auditor import Trust, verify
from app.bundle import MANIFEST, Manifest, Window
from app.desk import Ask
from app.export import export_bundle
from app.log import log_signer
from app.main import open_desk, open_recorder
from app.settings import Settings
from tests.small_pack import ELECTIONS, Doc, build_quietly, write_pack

REEDS = "# Röhricht\n\nDas Röhricht am Seeufer wird nicht mehr gemäht, und Stege werden darin nicht mehr genehmigt.\n"
QUESTIONS = ("Was sagen die Parteien zum Röhricht?", "Wer betreibt diesen Dienst?", "Wen soll ich wählen?")
QUICK = 1 << 20
"""Bytes beyond which packing would cost the tests more than it shows."""
Members = dict[str, bytes]


def asked(folder: Path, *questions: str) -> Settings:
    """A data directory with a small build, and these questions answered and logged."""
    settings = Settings(elections=ELECTIONS, data=folder / "data")
    build_quietly(write_pack(folder / "toy", [Doc("see", REEDS.encode())]), settings.data)
    ask(settings, *questions)
    return settings


def ask(settings: Settings, *questions: str) -> None:
    """Ask, record, and have the leaves published."""

    async def run() -> None:
        async with open_recorder(settings) as recorder:
            desk = open_desk(settings, recorder)
            for question in questions:
                await desk.ask(Ask("toy", question))
            desk.election("toy").close()

    asyncio.run(run())


def export(settings: Settings, target: Path, window: Window) -> Manifest:
    """Export without progress."""
    return asyncio.run(export_bundle(settings, target, window, lambda *_: None))


def vkey(settings: Settings) -> str:
    return str(log_signer(settings).key)


def verified(bundle: Path, key: str | None, *earlier: Path) -> tuple[int, str]:
    """The exit code of `audit verify`, and what it said."""
    said: list[str] = []
    code = verify(str(bundle), Trust(key), earlier, said.append, lambda *_: None)
    return code, "\n".join(said)


def members_of(bundle: Path) -> Members:
    """Every member but the manifest."""
    with ZipFile(bundle) as file:
        return {name: file.read(name) for name in file.namelist() if name != MANIFEST}


def without_engine(members: Members) -> Members:
    """The members without the files of the index engine, which are many and long; their build does not list them."""
    kept = {name: data for name, data in members.items() if "/index/qdrant/" not in name}
    for name in [n for n in kept if n.endswith("/files.json")]:
        listed = json.loads(kept[name])
        kept[name] = rfc8785.dumps({file: d for file, d in listed.items() if not file.startswith("index/qdrant/")})
    return kept


def manifest_of(bundle: Path) -> dict[str, Any]:
    with ZipFile(bundle) as file:
        found: dict[str, Any] = json.loads(file.read(MANIFEST))
        return found


def packed(target: Path, members: Members, manifest: Mapping[str, Any], agree: bool = True) -> Path:
    """A bundle of these members; the manifest is made to agree with them unless that is what is altered."""
    told = dict(manifest)
    if agree:
        told["members"] = {n: {"sha256": sha256(d).hexdigest(), "size": len(d)} for n, d in members.items()}
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=1) as file:
        for name, data in {**members, MANIFEST: rfc8785.dumps(told)}.items():
            file.writestr(ZipInfo(name), data, ZIP_DEFLATED if len(data) < QUICK else ZIP_STORED)
    return target


def lines_of(members: Members) -> list[dict[str, Any]]:
    """The revealed records."""
    return [json.loads(line) for line in members["records/00000.jsonl"].splitlines()]


def with_lines(members: Members, change: Callable[[list[dict[str, Any]]], object]) -> Members:
    """The members with the revealed records changed."""
    lines = lines_of(members)
    change(lines)
    return members | {"records/00000.jsonl": b"".join(rfc8785.dumps(line) + b"\n" for line in lines)}
