"""The contract of the record, on SQLite, on PostgreSQL and in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from app.errors import RecordError, RecordExists, RecordUnavailable
from app.record import MemoryRecorder, Recorder, Records
from app.storage.engine import open_engine
from app.storage.keys import Keyring
from domain.exchange import Exchange
from tests.exchanges import new_exchange

Opened = Callable[[], AbstractAsyncContextManager[Records]]


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same record each time it is called."""
    memory = MemoryRecorder()
    url = f"sqlite:///{tmp_path / 'deep' / 'records.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")

    @asynccontextmanager
    async def open_record() -> AsyncIterator[Records]:
        if request.param == "memory":
            yield memory
            return
        async with Recorder(open_engine(url), Keyring(tmp_path / "keys")) as recorder:
            yield recorder

    return open_record


def test_what_was_appended_is_read_back_equal(opened: Opened) -> None:
    async def story() -> None:
        async with opened() as record:
            await record.append(new_exchange(1))
            assert await record.read(new_exchange(1).record) == new_exchange(1)
            assert await record.read("f" * 32) is None
            assert record.healthy

    asyncio.run(story())


def test_it_is_still_there_after_closing_and_opening(opened: Opened) -> None:
    async def story() -> None:
        async with opened() as record:
            await record.append(new_exchange(1))
        async with opened() as record:
            assert await record.read(new_exchange(1).record) == new_exchange(1)

    asyncio.run(story())


def test_a_conversation_comes_oldest_first_whatever_its_ids_and_times(opened: Opened) -> None:
    numbers = [5, 2, 9, 1]

    async def story() -> None:
        async with opened() as record:
            for number in numbers:
                await record.append(new_exchange(number, "mine"))
                await record.append(new_exchange(100 + number, "other"))
            assert [e.seed for e in await record.conversation("mine")] == numbers
            assert await record.conversation("nobody's") == ()

    asyncio.run(story())


def test_a_long_conversation_gives_its_last_fifty(opened: Opened) -> None:
    async def story() -> None:
        async with opened() as record:
            for number in range(53):
                await record.append(new_exchange(number, claims=1, hits=0))
            assert [e.seed for e in await record.conversation("c0")] == list(range(3, 53))

    asyncio.run(story())


def test_one_id_is_stored_once_and_others_beside_it_are_not_lost(opened: Opened) -> None:
    async def story() -> None:
        async with opened() as record:
            await record.append(new_exchange(1, "first"))
            again = [record.append(new_exchange(number, "second")) for number in (2, 1, 3, 3)]
            results = await asyncio.gather(*again, return_exceptions=True)
            assert [type(r) for r in results] == [type(None), RecordExists, type(None), RecordExists]
            assert [e.seed for e in await record.conversation("second")] == [2, 3]
            assert [e.seed for e in await record.conversation("first")] == [1]
            assert record.healthy

    asyncio.run(story())


def test_many_at_once_are_all_stored(opened: Opened) -> None:
    async def story() -> None:
        async with opened() as record:
            await asyncio.gather(*(record.append(new_exchange(n, f"c{n % 7}")) for n in range(200)))
            stored = [await record.read(new_exchange(n).record) for n in range(200)]
            assert [e.seed if e else None for e in stored] == list(range(200))
            assert sum([len(await record.conversation(f"c{n}")) for n in range(7)]) == 200

    asyncio.run(story())


def test_an_exchange_without_an_answer_is_kept(opened: Opened) -> None:
    bare = new_exchange(1).with_(answer=None, scope=None, hits=(), steps=())

    async def story() -> None:
        async with opened() as record:
            await record.append(bare)
            assert await record.read(bare.record) == bare

    asyncio.run(story())


def test_two_recorders_may_share_one_database(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        one, two = (
            Recorder(open_engine(database_url), Keyring(tmp_path / "keys")),
            Recorder(open_engine(database_url), Keyring(tmp_path / "keys")),
        )
        await asyncio.gather(one.open(), two.open())
        recorders = (one, two)
        await asyncio.gather(*(recorders[n % 2].append(new_exchange(n, f"c{n % 3}")) for n in range(120)))
        found = [await one.conversation(f"c{n}") for n in range(3)]
        assert sorted(e.seed for part in found for e in part) == list(range(120))
        await one.close()
        await two.close()

    asyncio.run(story())


def test_appends_that_wait_when_it_closes_are_still_written(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        recorder = Recorder(open_engine(database_url), Keyring(tmp_path / "keys"))
        await recorder.open()
        waiting = [asyncio.create_task(recorder.append(new_exchange(n))) for n in range(20)]
        await asyncio.sleep(0)
        await recorder.close()
        await asyncio.gather(*waiting)
        assert not recorder.healthy
        with pytest.raises(RecordUnavailable, match="closed"):
            await recorder.append(new_exchange(99))
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as again:
            assert len(await again.conversation("c0")) == 20

    asyncio.run(story())


def test_a_caller_that_goes_away_does_not_disturb_the_others(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as recorder:
            gone = asyncio.create_task(recorder.append(new_exchange(1)))
            stays = asyncio.create_task(recorder.append(new_exchange(2)))
            await asyncio.sleep(0)
            gone.cancel()
            await stays
            await recorder.append(new_exchange(3))
            assert recorder.healthy

    asyncio.run(story())


@pytest.mark.parametrize(
    "spoilt",
    [
        new_exchange(1).with_(record="a" * 65),
        new_exchange(1).with_(record=""),
        new_exchange(1).with_(at="x" * 40),
        new_exchange(1, conversation="with\x00nul"),
        new_exchange(1).with_(query_code="\ud800"),
    ],
    ids=["long", "empty", "time", "nul", "surrogate"],
)
def test_a_value_that_no_column_takes_hurts_its_caller_alone(
    database_url: str, tmp_path: Path, spoilt: Exchange
) -> None:
    async def story() -> None:
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as recorder:
            with pytest.raises(RecordError) as caught:
                await recorder.append(spoilt)
            assert type(caught.value) is RecordError
            await recorder.append(new_exchange(2))

    asyncio.run(story())
