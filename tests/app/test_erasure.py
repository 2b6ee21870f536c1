"""Erasure: no byte of ours holds the words, later turns go too, receipts still verify, and it can be finished."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from app.erase import Which, erase_records
from app.errors import RecordErased, RecordUnavailable, RecordUnreadable
from app.leaf import stands_for
from app.log import log_signer, log_writer
from app.main import SystemChance
from app.record import Recorder
from app.settings import Settings
from app.storage.engine import open_engine, writing
from app.storage.keys import Keyring
from app.storage.seal import DESTROYED, new_secret, opened, sealed
from audit.policy import Policy
from audit.proofs import check_proof, read_proof
from audit.tiles import Tree
from audit.verify import from_folder, verify_log
from domain.exchange import Exchange
from tests.exchanges import new_exchange

HOUR = "2031-06-01T08"
CANARIES = 200


def recorder(data: Path, url: str | None = None) -> Recorder:
    engine = open_engine(url or f"sqlite:///{data}/records.db")
    return Recorder(engine, Keyring(data / "keys"), log=log_writer(Settings(data=data)))


def turn(number: int, conversation: str, after: Exchange | None = None) -> Exchange:
    """An exchange whose question holds a canary, and whose history repeats those before."""
    made = new_exchange(number, conversation)
    before = () if after is None else (*after.question.history, after.question.text)
    question = made.question.model_copy(update={"text": canary(number), "history": before})
    return made.with_(question=question, follows=None if after is None else after.record)


def canary(number: int) -> str:
    return f"canary-{random.Random(number).getrandbits(96):024x}"


def holding(data: Path, needles: Sequence[bytes]) -> dict[str, int]:
    """Per file how many of the needles its bytes hold."""
    files = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    return {p.name: n for p, raw in files.items() if (n := sum(needle in raw for needle in needles))}


async def receipts(record: Recorder, ids: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for one in ids:
        while (receipt := await record.receipt(one)) is None:
            await asyncio.sleep(0.05)
        found[one] = receipt
    return found


def secrets_of(data: Path) -> list[bytes]:
    engine = open_engine(f"sqlite:///{data}/keys/records.db")
    with engine.connect() as connection:
        found = [bytes(row.secret) for row in connection.execute(text("SELECT secret FROM keys"))]
    engine.dispose()
    return found


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_nothing_of_two_hundred_erased_records_is_left(
    where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if where == "postgresql" else None
    turns = [turn(n, f"c{n}") for n in range(CANARIES)]
    kept = [new_exchange(1000 + n, f"k{n}") for n in range(50)]
    canaries = [canary(n).encode() for n in range(CANARIES)]

    async def story() -> None:
        async with recorder(tmp_path, url) as record:
            await asyncio.gather(*(record.append(e) for e in (*turns, *kept)))
            before.update(await receipts(record, [e.record for e in turns]))
            secrets = secrets_of(tmp_path)
            halves = [half for secret in secrets for half in (secret[:32], secret[32:])]
            assert holding(tmp_path, halves), "the search would find nothing anyway"
            assert await record.erase([e.record for e in turns], "request", HOUR) == CANARIES
            left = set(secrets_of(tmp_path))
            gone = [half for secret in secrets if secret not in left for half in (secret[:32], secret[32:])]
            assert len(gone) == 2 * CANARIES
            assert holding(tmp_path, [*canaries, *gone]) == {}
            for one in turns:
                with pytest.raises(RecordErased):
                    await record.read(one.record)
            for one in kept:
                assert await record.read(one.record) == one
            after.update(await receipts(record, [e.record for e in turns]))

    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    asyncio.run(story())
    trust = Policy((log_signer(Settings(data=tmp_path)).key,))
    for receipt in (*before.values(), *after.values()):
        proof = read_proof(receipt)
        assert proof.extra is not None
        check_proof(proof, proof.extra, trust)
    fetch = from_folder(tmp_path / "log")
    head = verify_log(fetch, trust)
    assert head.size == CANARIES + len(kept) + CANARIES
    tree = Tree(fetch, head.size)
    stones = [entry for n in range(CANARIES + len(kept), head.size) if b'"erasure"' in (entry := tree.entry(n))]
    erased = {stands_for(read_proof(r).extra or b"") for r in before.values()}
    assert len(stones) == CANARIES
    assert all(any(of.encode() in stone for stone in stones) for of in erased if of)


def test_the_words_were_never_there_in_clear(tmp_path: Path) -> None:
    async def story() -> None:
        async with recorder(tmp_path) as record:
            await record.append(turn(1, "c1"))
            assert holding(tmp_path, [canary(1).encode()]) == {}

    asyncio.run(story())


def test_later_turns_that_hold_the_words_are_erased_too(tmp_path: Path) -> None:
    first = turn(1, "c1")
    second, aside = turn(2, "c1", first), turn(3, "c9", first)
    third, other = turn(4, "c1", second), turn(5, "c5")

    async def story() -> None:
        async with recorder(tmp_path) as record:
            for one in (first, second, aside, third, other):
                await record.append(one)
            assert await record.erase([second.record], "request", HOUR) == 2
            assert [e.record for e in await record.conversation("c1")] == [first.record]
            assert await record.erase([first.record], "request", HOUR) == 2
            assert await record.conversation("c1") == await record.conversation("c9") == ()
            assert (await record.read(other.record)) is not None
            assert await record.erase([first.record], "request", HOUR) == 0

    asyncio.run(story())


def test_a_turn_that_goes_on_from_what_is_erased_meanwhile_is_refused(tmp_path: Path) -> None:
    first, other = turn(1, "c1"), turn(7, "c7")

    async def story() -> None:
        async with recorder(tmp_path) as record:
            await record.append(first)
            await record.erase([first.record], "request", HOUR)
            late, fine = record.append(turn(2, "c1", first)), record.append(other)
            refused, stored = await asyncio.gather(late, fine, return_exceptions=True)
            assert isinstance(refused, RecordErased)
            assert stored is None
            assert record.healthy
            assert holding(tmp_path, [canary(1).encode()]) == {}

    asyncio.run(story())


@pytest.mark.parametrize("where", ["sqlite", "postgresql"])
def test_no_turn_slips_in_while_its_conversation_is_erased(
    where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_url") if where == "postgresql" else f"sqlite:///{tmp_path}/records.db"
    roots = [turn(n, f"c{n}") for n in range(12)]

    async def story() -> None:
        async with recorder(tmp_path, url) as record, recorder(tmp_path, url) as other:
            await asyncio.gather(*(record.append(e) for e in roots))

            async def go_on(root: Exchange) -> None:
                last = root
                for n in range(1, 400):
                    last = turn(100 * n + root.seed, f"c{root.seed}", root)
                    try:
                        await record.append(last)
                    except RecordErased:
                        return
                raise AssertionError("its conversation was erased, and yet it could go on")

            async def erase(root: Exchange) -> None:
                await asyncio.sleep(0.002 * root.seed)
                await other.erase([root.record], "request", HOUR)

            await asyncio.gather(*(go_on(e) for e in roots), *(erase(e) for e in roots))
            assert await record.ids() == []

    asyncio.run(story())
    words = [canary(100 * n + e.seed).encode() for n in range(400) for e in roots]
    assert holding(tmp_path, words) == {}


def test_what_was_interrupted_is_unreadable_at_once_and_finished_by_asking_again(tmp_path: Path) -> None:
    first = turn(1, "c1")

    async def story() -> None:
        async with recorder(tmp_path) as record:
            await record.append(first)
            ring = Keyring(tmp_path / "keys")
            engine = open_engine(f"sqlite:///{tmp_path}/records.db")
            with engine.connect() as connection:
                name = str(connection.execute(text("SELECT key FROM records")).scalar())
            engine.dispose()
            ring.destroy([name])  # and here the power goes
            ring.close()
            with pytest.raises(RecordErased):
                await record.read(first.record)
            assert await record.conversation("c1") == ()
            assert await record.erase([first.record], "request", HOUR) == 1
            with pytest.raises(RecordErased):
                await record.read(first.record)

    asyncio.run(story())


def test_a_reader_keeps_nobody_from_writing_and_the_keys_are_gone_first(tmp_path: Path) -> None:
    """Somebody reads the records for a long time, as a tool that copies a database does."""

    async def story() -> None:
        async with recorder(tmp_path) as record:
            for n in range(5):
                await record.append(turn(n, f"c{n}"))
            secrets = secrets_of(tmp_path)
            reader = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM records").fetchone()
            erasing = asyncio.create_task(record.erase([turn(1, "c1").record], "request", HOUR))
            await asyncio.sleep(0.3)
            for n in range(10, 13):
                await asyncio.wait_for(record.append(turn(n, f"c{n}")), 4)
            with pytest.raises(RecordUnavailable, match=r"the records are erased; run the command again"):
                await erasing
            left = set(secrets_of(tmp_path))
            (gone,) = [s for s in secrets if s not in left]
            assert holding(tmp_path, [gone[:32], gone[32:]]) == {}
            reader.close()
            assert await record.erase([turn(1, "c1").record], "request", HOUR) == 0

    asyncio.run(story())


def test_a_damaged_record_is_erased_like_any_other(tmp_path: Path) -> None:
    async def story() -> None:
        async with recorder(tmp_path) as record:
            await record.append(turn(1, "c1"))
        with sqlite3.connect(tmp_path / "records.db") as store:
            store.execute("UPDATE records SET body = x'00'")
        store.close()

    asyncio.run(story())
    said: list[str] = []
    settings = Settings(data=tmp_path)
    asyncio.run(erase_records(settings, Which(record=turn(1, "c1").record), said.append, SystemChance()))
    assert said[0].startswith("records erased: 1")


def test_a_command_makes_no_store_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(RecordUnreadable, match="there is no record store"):
        asyncio.run(erase_records(Settings(data=tmp_path / "typo"), Which(older_than=30), print, SystemChance()))
    assert not (tmp_path / "typo").exists()


def test_keys_that_are_gone_stop_the_service_and_are_not_made_anew(tmp_path: Path) -> None:
    async def story() -> None:
        async with recorder(tmp_path) as record:
            await record.append(turn(1, "c1"))
        for path in (tmp_path / "keys").glob("records.db*"):
            path.unlink()
        for _ in range(2):
            with pytest.raises(RecordUnreadable, match="the keys of the records are gone"):
                await recorder(tmp_path).open()
        (tmp_path / "keys" / "records.db").touch()
        async with recorder(tmp_path) as record:
            await record.append(turn(2, "c2"))
            assert await record.read(turn(2, "c2").record) is not None

    asyncio.run(story())


def test_a_record_without_its_key_is_named(tmp_path: Path) -> None:
    async def story() -> None:
        async with recorder(tmp_path) as record:
            await record.append(new_exchange(1))
            ring = open_engine(f"sqlite:///{tmp_path}/keys/records.db")
            with writing(ring) as connection:
                connection.execute(text("DELETE FROM keys"))
            ring.dispose()
            with pytest.raises(RecordUnreadable, match="its key is not among the keys"):
                await record.read(new_exchange(1).record)

    asyncio.run(story())


def test_a_seal_is_of_one_record_one_key_and_these_bytes() -> None:
    secret = new_secret()
    seal = sealed(secret, "a", b"body")
    assert opened(secret, "a", seal) == b"body"
    assert sealed(secret, "a", b"body") != seal
    for other in (
        (new_secret(), "a", seal),
        (secret, "b", seal),
        (secret, "a", seal[:-1]),
        (secret, "a", b"{}"),
        (DESTROYED, "a", seal),
    ):
        with pytest.raises(ValueError, match="altered"):
            opened(*other)
