"""The `isegoria` command: build, serve, and batch commands that read JSON lines.

Batch commands load their models once, answer line by line in order, and turn a bad line into
`{"id", "error"}` without stopping. Errors are one clear line; nobody sees a traceback.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from app.errors import IsegoriaError
from app.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

Row = dict[str, Any]
OWN = {"app", "audit", "domain", "guardrails", "ingestion", "evaluation"}
JSONL = typer.Option("--jsonl", help="Read JSON lines from standard input, write one JSON line for each")


def main() -> None:
    """Entry point: every expected error becomes one line on standard error and exit code 2."""
    try:
        app()
    except IsegoriaError as error:
        typer.secho(error.message, fg="red", err=True)
        raise SystemExit(2) from None
    except ValidationError as error:
        for problem in error.errors():
            name = "ISEGORIA_" + "_".join(str(part) for part in problem["loc"]).upper()
            typer.secho(f"{name}: {problem['msg']}", fg="red", err=True)
        raise SystemExit(2) from None
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in OWN:
            raise
        typer.secho(f"{error.name} is not installed; this command needs more than serving does: make setup", err=True)
        raise SystemExit(2) from None
    except BrokenPipeError:
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@app.command()
def build(
    election: Annotated[str, typer.Argument(help="Id of a pack under the elections folder, or a folder")],
    mirror: Annotated[Path | None, typer.Option(help="Folder that holds the documents; found by digest")] = None,
    update_lock: Annotated[bool, typer.Option("--update-lock", help="Replace the committed corpus.lock")] = False,
) -> None:
    """Fetch, extract, cut and index the documents of an election. Exit 0 only when complete."""
    from app.bars import Bars
    from app.common import load_retrieval
    from app.packs import find_pack, load_pack
    from ingestion.build import Order
    from ingestion.build import build as build_pack
    from ingestion.report import print_report

    settings = Settings()
    pack = find_pack(election, settings.elections)
    loaded = load_pack(pack)

    def fill(folder: Path) -> None:
        if settings.qdrant_url is not None:
            from ingestion.server import fill_server

            fill_server(folder, settings.qdrant_url, loaded.id)

    order = Order(pack, settings.data, mirror, update_lock, first=fill)
    with Bars() as bars:
        built = build_pack(loaded, load_retrieval(settings.elections), order, bars.show)
    print_report(built)
    if settings.qdrant_url is not None:
        typer.echo(f"  the Qdrant server at {settings.qdrant_url} holds the same points")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that answer; one for each core serves most", min=1)] = 1,
) -> None:
    """Serve every built election."""
    import gc

    # Nothing that loads now is garbage; `app.main` turns collection on again when the desk is open.
    gc.disable()
    from app.serve import serve as run

    run(Settings(), host, port, workers)


@app.command()
def guard(
    jsonl: Annotated[bool, JSONL] = False,
    election: Annotated[str | None, typer.Option(help="Use this pack's parties instead of all packs'")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show the path of the decision too")] = False,
    text: Annotated[str | None, typer.Argument(help="One question, when --jsonl is not given")] = None,
) -> None:
    """Say what the guard does with each question: answer, refuse or redirect, and why."""
    from app.batch import guard_rows

    handle = guard_rows(Settings(), election, explain)
    if not jsonl:
        if text is None:
            raise typer.BadParameter("give a question, or --jsonl")
        print(json.dumps(handle({"id": "1", "text": text}), ensure_ascii=False, indent=2))
        return
    _each(handle)


@app.command()
def ask(
    election: Annotated[str, typer.Argument(help="Id of a built election")],
    jsonl: Annotated[bool, JSONL] = False,
    no_record: Annotated[bool, typer.Option("--no-record", help="Do not store the exchanges")] = False,
    text: Annotated[str | None, typer.Argument(help="One question, when --jsonl is not given")] = None,
) -> None:
    """Answer questions as the service does."""
    from app.batch import Asking

    async def run() -> None:
        async with Asking(Settings(), election, record=not no_record) as handle:
            if jsonl:
                await _each_async(handle)
            elif text is None:
                raise typer.BadParameter("give a question, or --jsonl")
            else:
                print(json.dumps(await handle({"id": "1", "text": text}), ensure_ascii=False, indent=2))

    asyncio.run(run())


@app.command()
def search(
    election: Annotated[str, typer.Argument(help="Id of a built election")],
    jsonl: Annotated[bool, JSONL] = False,
    text: Annotated[str | None, typer.Argument(help="One question, when --jsonl is not given")] = None,
) -> None:
    """Search: k passages for each party in scope, or of the law."""
    from app.batch import search_rows

    handle = search_rows(Settings(), election)
    if jsonl:
        _each(handle)
    elif text is None:
        raise typer.BadParameter("give a question, or --jsonl")
    else:
        print(json.dumps(handle({"id": "1", "text": text}), ensure_ascii=False, indent=2))


KEY = Annotated[str | None, typer.Option(help="The log's public key (vkey), from a source you trust")]
POLICY = Annotated[Path | None, typer.Option(help="A policy file (C2SP tlog-policy) instead of a key")]


@app.command()
def replay(
    target: Annotated[str | None, typer.Argument(help="Id of a record, or an audit bundle (.zip)")] = None,
    every: Annotated[bool, typer.Option("--all", help="Replay every record of this store")] = False,
    key: KEY = None,
    policy: POLICY = None,
) -> None:
    """Compute recorded answers again and compare them byte for byte: exit 0 same, 1 differs, 2 unusable."""
    from app.auditor import Trust, is_bundle
    from app.bars import Bars
    from app.replay import replay_bundle, replay_records

    if (target is None) == (not every):
        raise typer.BadParameter("give the id of a record, a bundle, or --all")
    if target is None or not is_bundle(target):
        raise typer.Exit(asyncio.run(replay_records(Settings(), target, typer.echo)).exit_code)
    with Bars(passing=True) as bars:
        code = asyncio.run(replay_bundle(Path(target), Trust(key, policy), typer.echo, bars.show))
    raise typer.Exit(code)


@app.command()
def erase(
    record: Annotated[str | None, typer.Argument(help="Id of a record")] = None,
    conversation: Annotated[str | None, typer.Option(help="Id of a conversation: all of its records")] = None,
    older_than: Annotated[int | None, typer.Option(min=0, max=36500, help="Days: all records that are older")] = None,
) -> None:
    """Erase records and the later turns that hold their words; their leaves in the log stay."""
    from app.erase import Which, erase_records
    from app.main import SystemChance

    which = Which(record, conversation, older_than)
    asyncio.run(erase_records(Settings(), which, typer.echo, SystemChance()))


@app.command()
def reports(
    forget: Annotated[str | None, typer.Option(help="Id of a report that has been dealt with")] = None,
) -> None:
    """Print what readers have reported, one JSON object a line, oldest first; or forget one report."""
    from app.reported import forget_report, print_reports

    asyncio.run(print_reports(Settings(), print) if forget is None else forget_report(Settings(), forget, typer.echo))


@app.command()
def auditor(name: Annotated[str, typer.Argument(help="Who gets the token; letters, digits, `.`, `_`, `-`")]) -> None:
    """Make a token with which an auditor may list masked exchanges; shown once, kept nowhere."""
    import hashlib
    import re
    import secrets

    from app.settings import AUDITOR

    token = secrets.token_urlsafe(32)
    pair = f"{name}={hashlib.sha256(token.encode()).hexdigest()}"
    if not re.fullmatch(AUDITOR, pair):
        raise typer.BadParameter(f"{name!r}: 1 to 64 letters, digits, dots, lines and hyphens")
    typer.echo(f"token for {name}, to be given once: {token}")
    typer.echo(f"add to ISEGORIA_AUDITORS, then restart: {pair}")


audit = typer.Typer(no_args_is_help=True, help="Check the public log, export from it, add to it.")
app.add_typer(audit, name="audit")


@audit.command()
def verify(
    target: Annotated[str, typer.Argument(help="Folder or address of a log, a receipt (.tlog-proof) or a bundle")],
    key: KEY = None,
    policy: POLICY = None,
    earlier: Annotated[list[Path] | None, typer.Option(help="A checkpoint seen before, which it must extend")] = None,
    opening: Annotated[
        Path | None, typer.Option(help="With a receipt: the record and salt it should stand for")
    ] = None,
) -> None:
    """Verify a log, a receipt or an audit bundle: exit 0 valid, 1 not, 2 could not be checked."""
    from app.auditor import Trust
    from app.auditor import verify as check
    from app.bars import Bars

    with Bars(passing=True) as bars:
        code = check(target, Trust(key, policy), earlier or [], typer.echo, bars.show, opening)
    raise typer.Exit(code)


DAY = ["%Y-%m-%d"]


@audit.command("export")
def export_(
    target: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet")],
    since: Annotated[datetime | None, typer.Option(formats=DAY, help="First day of the records (UTC)")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="Last day of the records (UTC)")] = None,
    reveal_after_days: Annotated[int, typer.Option(min=0, max=36500, help="Younger records stay closed")] = 14,
) -> None:
    """Write an audit bundle: the whole log, the text of records old enough, and what a replay needs."""
    from app.bars import Bars
    from app.bundle import TIME, Window
    from app.export import export_bundle
    from app.main import SystemChance

    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--until lies before --since")
    chance = SystemChance()
    days = [day.date().isoformat() if day else None for day in (since, until)]
    window = Window(chance.now().strftime(TIME), reveal_after_days, *days)
    with Bars(passing=True) as bars:
        manifest = asyncio.run(export_bundle(Settings(), target, window, bars.show))
    counts = manifest.records
    typer.echo(
        f"{target}: {manifest.leaves} leaves, {counts.revealed} records revealed, {counts.withheld} withheld, "
        f"{counts.erased} erased, {counts.other} other leaves, {len(manifest.members) + 1} members"
    )


@audit.command()
def incident(
    text: Annotated[str, typer.Argument(help="What happened, for everybody to read: at most 900 bytes")],
) -> None:
    """Tell the public about an incident: a leaf of this service's log that cannot be taken back."""
    from app.incident import report_incident
    from app.main import SystemChance

    asyncio.run(report_incident(Settings(), text, typer.echo, SystemChance()))


@app.command()
def evaluate(
    suite: Annotated[
        str | None, typer.Argument(help="guardrail, masking, retrieval, suggested or answers; all if left out")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Folder for figures and picture of guardrail or answers")] = None,
) -> None:
    """Measure the built elections against the committed labels; the exit code is a gate against regression."""
    from evaluation.run import run_suites

    raise typer.Exit(0 if run_suites(Settings(), suite, typer.echo, report) else 1)


@app.command("check-quote")
def check_quote(
    election: Annotated[str, typer.Argument(help="Id of a built election")],
    document: Annotated[str, typer.Argument(help="SHA-256 of the document")],
    page: Annotated[int, typer.Argument(help="Physical page, from 1; 1 for a document without pages")],
    quote: Annotated[str, typer.Argument(help="The quotation")],
) -> None:
    """Say whether a quotation stands on a page, by the rule of the answer object: exit 0 yes, 1 no."""
    from app.batch import quote_stands

    stands = quote_stands(Settings(), election, document, page, quote)
    typer.echo("verified" if stands else "not found")
    raise typer.Exit(0 if stands else 1)


@app.command()
def schemas() -> None:
    """Write the JSON Schemas of the pack files into the elections folder."""
    from app.packs import write_schemas

    for path in write_schemas(Settings().elections / "schemas"):
        typer.echo(str(path))


def _rows() -> Iterator[tuple[Row | None, Row]]:
    """Per input line the row, or None with the error line to print."""
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw.decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            yield None, {"id": None, "error": f"line {number} is not valid JSON: {str(error)[:200]}"}
            continue
        if not isinstance(row, dict):
            yield None, {"id": None, "error": f"line {number} is not a JSON object"}
        else:
            yield row, {}


def _write(row: Row) -> None:
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _each(handle: Callable[[Row], Row]) -> None:
    for row, problem in _rows():
        _write(problem if row is None else handle(row))


async def _each_async(handle: Callable[[Row], Awaitable[Row]]) -> None:
    for row, problem in _rows():
        _write(problem if row is None else await handle(row))
