"""Nothing is read whose digest does not agree, wherever it comes from, and no publisher can hold a build up."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.errors import SourceError
from app.packs import load_pack
from app.places import sources_folder
from domain.base import sha256
from ingestion.build import Built, Order, build
from ingestion.fetch import Limits, Shelf, Taken, collect
from tests.small_pack import Doc, retrieval_data, write_pack

TEXT = (
    "# Brücken\n\nJede Brücke der Stadt wird alle drei Jahre geprüft, und was nicht mehr trägt, wird sofort gesperrt.\n"
).encode()
NOON = datetime(2031, 1, 5, 12, 0, 30, tzinfo=UTC)
Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def publisher(reply: Reply) -> Iterator[str]:
    """A web server on this machine that answers every request in one way; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                reply(self)
            except OSError:
                self.close_connection = True  # the reader has had enough, as it should

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/bruecken.md"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sending(data: bytes) -> Reply:
    """Answers with these bytes."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body without length and without end."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"wort " * 20_000)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: never silent for long, never done."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.05)


def dripping_head(handler: BaseHTTPRequestHandler) -> None:
    """The same before the body begins."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-long: ")
    while True:
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(0.05)


def moved(handler: BaseHTTPRequestHandler) -> None:
    """The document is said to be elsewhere."""
    handler.send_response(302)
    handler.send_header("location", "/elsewhere.md")
    handler.send_header("content-length", "0")
    handler.end_headers()


def gone(handler: BaseHTTPRequestHandler) -> None:
    """Nothing is here any more."""
    handler.send_error(410)


def pack_at(folder: Path, url: str | None) -> Path:
    """A pack of one document that lies with its publisher."""
    rendition = {"sha256": sha256(TEXT), "media_type": "text/markdown"} | ({"url": url} if url else {})
    return write_pack(folder, [Doc("bruecken", TEXT, inside=False, more={"renditions": [rendition]})])


def taken(pack: Path, data: Path, limits: Limits, mirror: Path | None = None) -> Taken:
    """The pack's document as it was obtained."""
    shelf = Shelf(pack, sources_folder(data), mirror, lambda: NOON)
    (one,) = collect(load_pack(pack), shelf, data / "reading", limits).values()
    return one


def built(pack: Path, data: Path, now: datetime = NOON) -> Built:
    """The pack built at a fixed time."""
    order = Order(pack, data, clock=lambda: now)
    return build(load_pack(pack), retrieval_data(), order, lambda _stage, _done, _all: None)


def test_a_fetched_document_is_kept_and_the_report_says_from_where_and_when(tmp_path: Path) -> None:
    with publisher(sending(TEXT)) as url:
        pack = pack_at(tmp_path / "pack", url)
        first = built(pack, tmp_path / "data")
    (row,) = json.loads((first.folder / "report.json").read_text())
    assert (row["origin"], row["url"], row["fetched"]) == ("publisher", url, "2031-01-05T12:00:30Z")
    lock = (first.folder / "corpus.lock").read_bytes()
    assert url.encode() not in lock and b"2031-01-05" not in lock

    again = built(pack, tmp_path / "data", datetime(2032, 2, 2, tzinfo=UTC))  # the publisher is away by now
    assert again.folder == first.folder
    other = built(pack_at(tmp_path / "other", None), tmp_path / "data", datetime(2032, 2, 2, tzinfo=UTC))
    (row,) = json.loads((other.folder / "report.json").read_text())
    assert (row["url"], row["fetched"]) == (url, "2031-01-05T12:00:30Z"), "the time of the fetch, not of the build"
    assert (other.folder / "corpus.lock").read_bytes() == lock


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (sending(TEXT + b"!"), "is altered"),
        (sending(b""), "is altered"),
        (sending(b"x" * 300_001), "holds more than 300000 bytes"),
        (endless, "holds more than 300000 bytes"),
        (dripping, "took more than 0.5 seconds"),
        (dripping_head, "took more than 0.5 seconds"),
        (moved, "could not be fetched"),
        (gone, "410"),
    ],
    ids=["altered", "empty", "large", "endless", "dripping", "dripping-head", "moved", "gone"],
)
def test_a_publisher_that_misbehaves_is_named_in_time_and_nothing_is_kept(
    reply: Reply, message: str, tmp_path: Path
) -> None:
    started = time.monotonic()
    # Half a second only where time is what is tried: a busy machine may need it for an honest reply.
    limits = Limits(300_000, 0.5, 0.4) if "took more" in message else Limits(300_000, 8, 8)
    with publisher(reply) as url, pytest.raises(SourceError) as caught:
        taken(pack_at(tmp_path / "pack", url), tmp_path / "data", limits)
    assert message in caught.value.message
    assert caught.value.message.startswith(f"bruecken: {url}")
    assert time.monotonic() - started < 10
    assert not list((tmp_path / "data").rglob("*"))


def test_a_publisher_that_is_not_there_is_named(tmp_path: Path) -> None:
    with publisher(gone) as url:
        pass
    with pytest.raises(SourceError, match=r"bruecken: .* could not be fetched"):
        taken(pack_at(tmp_path / "pack", url), tmp_path / "data", Limits())


@pytest.mark.parametrize("spoilt", [b"", b"garbage", TEXT[:-1], TEXT + b" "], ids=["empty", "other", "less", "more"])
def test_kept_bytes_that_were_altered_are_refused(spoilt: bytes, tmp_path: Path) -> None:
    kept = sources_folder(tmp_path / "data") / sha256(TEXT)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(spoilt)
    with publisher(sending(TEXT)) as url, pytest.raises(SourceError, match=r"is altered.*delete it") as caught:
        taken(pack_at(tmp_path / "pack", url), tmp_path / "data", Limits())
    assert str(kept) in caught.value.message


def test_kept_bytes_of_unknown_origin_are_taken_without_a_claim_to_a_fetch(tmp_path: Path) -> None:
    kept = sources_folder(tmp_path / "data") / sha256(TEXT)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(TEXT)
    found = taken(pack_at(tmp_path / "pack", "http://127.0.0.1:9/none"), tmp_path / "data", Limits())
    assert (found.origin, found.url, found.fetched) == ("kept", None, None)
    assert found.path.read_bytes() == TEXT


def test_what_is_read_is_the_verified_copy_not_the_file_it_was_taken_from(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "b.md").write_bytes(TEXT)
    found = taken(pack_at(tmp_path / "pack", None), tmp_path / "data", Limits(), mirror)
    (mirror / "b.md").write_bytes(b"swapped after it was verified")
    assert found.origin == "mirror"
    assert found.path.read_bytes() == TEXT
    assert mirror not in found.path.parents


def test_a_file_too_large_to_be_a_document_is_not_read(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", [Doc("bruecken", TEXT)])
    with pytest.raises(SourceError, match=f"bruecken.md holds more than {len(TEXT) - 1} bytes"):
        taken(pack, tmp_path / "data", Limits(len(TEXT) - 1))
