"""What the record does when the database is locked, full, damaged or gone: no false acknowledgement, ever."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from app.errors import RecordExists, RecordUnavailable, RecordUnreadable, RecordWriteFailed
from app.record import Recorder
from app.storage.engine import open_engine, writing
from app.storage.keys import Keyring
from domain.exchange import Exchange
from tests.exchanges import new_exchange


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program holds the write lock."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.rollback()
        other.close()


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes: a real I/O error from the kernel."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def refused(append: Coroutine[Any, Any, None], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        await append


def test_a_locked_database_is_waited_for(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(open_engine(f"sqlite:///{path}", busy_timeout=10), Keyring(tmp_path / "keys")) as recorder:
            with locked(path) as other:
                threading.Timer(0.3, other.rollback).start()
                began = time.monotonic()
                await recorder.append(new_exchange(1))
                assert 0.2 < time.monotonic() - began < 8

    asyncio.run(story())


def test_a_database_locked_for_too_long_is_unavailable_and_then_works_again(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(open_engine(f"sqlite:///{path}", busy_timeout=0.2), Keyring(tmp_path / "keys")) as recorder:
            with locked(path):
                await refused(recorder.append(new_exchange(1)), RecordUnavailable, "holds the database's write lock")
                assert recorder.healthy
                assert await recorder.read(new_exchange(1).record) is None
            await recorder.append(new_exchange(1))

    asyncio.run(story())


def test_the_waiting_line_is_bounded(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(
            open_engine(f"sqlite:///{path}", busy_timeout=10), Keyring(tmp_path / "keys"), waiting=4
        ) as recorder:
            with locked(path):
                first = asyncio.create_task(recorder.append(new_exchange(0)))
                await asyncio.sleep(0.1)
                others = [asyncio.create_task(recorder.append(new_exchange(n))) for n in range(1, 5)]
                await asyncio.sleep(0)
                began = time.monotonic()
                await refused(recorder.append(new_exchange(9)), RecordUnavailable, "too many")
                assert time.monotonic() - began < 0.1
            await asyncio.gather(first, *others)
            assert len(await recorder.conversation("c0")) == 5

    asyncio.run(story())


@asynccontextmanager
async def one_batch(path: Path, recorder: Recorder) -> AsyncIterator[None]:
    """What is appended inside is written in one transaction: the writer is kept busy meanwhile."""
    with locked(path):
        busy = asyncio.create_task(recorder.append(new_exchange(1000, "busy")))
        await asyncio.sleep(0.1)
        yield
        await asyncio.sleep(0)
    await busy


def test_a_record_id_given_twice_in_one_batch_fails_alone(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(open_engine(f"sqlite:///{path}"), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(new_exchange(1, "first"))
            async with one_batch(path, recorder):
                batch = [asyncio.create_task(recorder.append(new_exchange(n, "second"))) for n in (2, 1, 3, 3)]
            results = await asyncio.gather(*batch, return_exceptions=True)
            assert [type(r) for r in results] == [type(None), RecordExists, type(None), RecordExists]
            assert "record 00000000000000000000000000000001 was" in str(results[1])
            assert [e.seed for e in await recorder.conversation("second")] == [2, 3]

    asyncio.run(story())


def test_a_caller_that_goes_away_does_not_leave_its_batch_hanging(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(open_engine(f"sqlite:///{path}"), Keyring(tmp_path / "keys")) as recorder:
            async with one_batch(path, recorder):
                batch = [asyncio.create_task(recorder.append(new_exchange(n))) for n in range(3)]
                await asyncio.sleep(0)
                batch[0].cancel()
            await asyncio.wait_for(asyncio.gather(*batch[1:]), 5)
            assert len(await recorder.conversation("c0")) == 3

    asyncio.run(story())


def test_a_full_disk_stops_the_writer_for_good(tmp_path: Path) -> None:
    async def story() -> None:
        engine = open_engine(f"sqlite:///{tmp_path}/records.db")

        @event.listens_for(engine, "connect")
        def small(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA max_page_count=60")

        acknowledged = await fill(Recorder(engine, Keyring(tmp_path / "keys")), "the disk is full")
        async with Recorder(open_engine(f"sqlite:///{tmp_path}/records.db"), Keyring(tmp_path / "keys")) as again:
            assert [e.seed for e in await again.conversation("c0")] == acknowledged[-50:]

    asyncio.run(story())


async def fill(recorder: Recorder, words: str) -> list[int]:
    """Append until it fails; the numbers that were acknowledged."""
    acknowledged = []
    async with recorder:
        for number in range(1000):
            try:
                await recorder.append(new_exchange(number))
            except RecordWriteFailed as error:
                assert words in error.message
                assert "records.db" in error.message
                break
            acknowledged.append(number)
        assert 2 < len(acknowledged) < 1000
        assert not recorder.healthy
        small = new_exchange(2000).with_(answer=None, hits=())
        await refused(recorder.append(small), RecordWriteFailed, "until a restart")
        assert await recorder.read(new_exchange(acknowledged[-1]).record) is not None
    return acknowledged


def test_after_a_failed_write_nothing_more_is_accepted_although_the_disk_works_again(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(open_engine(f"sqlite:///{path}"), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(new_exchange(1))
            with files_up_to(os.path.getsize(f"{path}-wal") + 1000):
                await refused(recorder.append(new_exchange(2)), RecordWriteFailed, "the disk reported an error")
            assert not recorder.healthy
            began = time.monotonic()
            await refused(recorder.append(new_exchange(3)), RecordWriteFailed, "the disk reported an error")
            assert time.monotonic() - began < 0.1
        async with Recorder(open_engine(f"sqlite:///{path}"), Keyring(tmp_path / "keys")) as again:
            assert [e.seed for e in await again.conversation("c0")] == [1]
            await again.append(new_exchange(3))

    asyncio.run(story())


def test_those_who_wait_behind_a_failed_write_are_told_too(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(open_engine(f"sqlite:///{path}", busy_timeout=10), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(new_exchange(0))
            with files_up_to(os.path.getsize(f"{path}-wal") + 1000):
                many = [recorder.append(new_exchange(n)) for n in range(1, 200)]
                results = await asyncio.gather(*many, return_exceptions=True)
            assert {type(r) for r in results} == {RecordWriteFailed}

    asyncio.run(story())


def test_a_damaged_file_is_named_when_reading_and_writing(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "records.db"
        async with Recorder(open_engine(f"sqlite:///{path}"), Keyring(tmp_path / "keys")) as recorder:
            for number in range(40):
                await recorder.append(new_exchange(number))
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (path.stat().st_size - 4096))
        with pytest.raises(RecordUnreadable, match=r"records.db: the database file is damaged"):
            async with Recorder(open_engine(f"sqlite:///{path}"), Keyring(tmp_path / "keys")) as recorder:
                await recorder.read(new_exchange(3).record)

    asyncio.run(story())


@pytest.mark.parametrize("how", ["deleted", "replaced"])
@pytest.mark.parametrize("file", ["records.db", "keys/records.db"])
def test_a_file_that_is_taken_away_does_not_swallow_records(tmp_path: Path, how: str, file: str) -> None:
    async def story() -> None:
        path, url = tmp_path / file, f"sqlite:///{tmp_path}/records.db"
        async with Recorder(open_engine(url), Keyring(tmp_path / "keys")) as recorder:
            for n in range(20, 30):  # so that keys are stored ahead, and none need be written
                await recorder.append(new_exchange(n))
            await recorder.append(new_exchange(1))
            if how == "deleted":
                path.unlink()
            else:
                (tmp_path / "backup.db").write_bytes(path.read_bytes())
                (tmp_path / "backup.db").replace(path)
            await refused(recorder.append(new_exchange(2)), RecordWriteFailed, "records.db: .* moved or deleted")
            assert not recorder.healthy

    asyncio.run(story())


def test_an_altered_record_is_not_passed_off_as_the_original(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        engine = open_engine(database_url)
        async with Recorder(engine, Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(new_exchange(1))
            body = new_exchange(1).with_(seed=2).model_dump_json().encode()
            with writing(engine) as connection:
                connection.execute(text("UPDATE records SET body = :body"), {"body": body})
            with pytest.raises(RecordUnreadable, match="the seal was altered"):
                await recorder.read(new_exchange(1).record)

    asyncio.run(story())


def test_a_record_of_another_version_is_said_to_be_one(tmp_path: Path) -> None:
    class Older(Exchange):
        colour: str = "none"

    async def story() -> None:
        async with Recorder(open_engine(f"sqlite:///{tmp_path}/records.db"), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(Older.model_validate(new_exchange(1).model_dump()))
            with pytest.raises(RecordUnreadable, match="cannot be read by this version"):
                await recorder.read(new_exchange(1).record)

    asyncio.run(story())


def test_it_must_be_opened_first(tmp_path: Path) -> None:
    recorder = Recorder(open_engine(f"sqlite:///{tmp_path}/records.db"), Keyring(tmp_path / "keys"))
    assert not recorder.healthy
    asyncio.run(refused(recorder.append(new_exchange(1)), RecordUnavailable, "closed"))


def test_a_lost_server_connection_is_made_again(postgres_server: Any, postgres_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with Recorder(open_engine(postgres_url), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(new_exchange(1))
            with psycopg.connect(postgres_server.get_uri(), autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    [psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]],
                )
            await recorder.append(new_exchange(2))
            assert len(await recorder.conversation("c0")) == 2

    asyncio.run(story())


def test_a_server_that_stops_is_unavailable_until_back(postgres_server: Any, postgres_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
        async with Recorder(open_engine(postgres_url), Keyring(tmp_path / "keys")) as recorder:
            with psycopg.connect(postgres_server.get_uri(), autocommit=True) as other:
                other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
                other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
                await refused(recorder.append(new_exchange(1)), RecordUnavailable, "cannot be reached|went away")
                assert recorder.healthy
                other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await recorder.append(new_exchange(1))

    asyncio.run(story())


def test_a_lock_on_the_server_is_waited_for_and_then_reported(postgres_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with Recorder(open_engine(postgres_url, busy_timeout=0.2), Keyring(tmp_path / "keys")) as recorder:
            with psycopg.connect(postgres_url) as other:
                other.execute("LOCK TABLE records IN EXCLUSIVE MODE")
                await refused(recorder.append(new_exchange(1)), RecordUnavailable, "busy")
            await recorder.append(new_exchange(1))

    asyncio.run(story())


def test_a_server_that_refuses_writes_stops_the_writer(postgres_server: Any, postgres_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
        async with Recorder(open_engine(postgres_url), Keyring(tmp_path / "keys")) as recorder:
            await recorder.append(new_exchange(1))
        with psycopg.connect(postgres_server.get_uri(), autocommit=True) as other:
            other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        async with Recorder(open_engine(postgres_url), Keyring(tmp_path / "keys")) as recorder:
            await refused(recorder.append(new_exchange(2)), RecordWriteFailed, "cannot be written to")
            assert not recorder.healthy
            assert await recorder.read(new_exchange(1).record) == new_exchange(1)

    asyncio.run(story())
