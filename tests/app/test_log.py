"""The service's own log: every record a leaf, leaves that tell nothing, receipts, and a database that is too old."""

from __future__ import annotations

import asyncio
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import rfc8785
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.errors import NoReceipt, RecordUnavailable, RecordUnreadable, RecordWriteFailed
from app.leaf import LENGTH, Statement, commitment, leaf_of, padded
from app.log import log_signer, log_writer
from app.main import create_app
from app.record import Recorder
from app.settings import Settings
from app.storage import sequencer
from app.storage.engine import open_engine, writing
from app.storage.keys import Keyring
from app.storage.repository import row_of
from app.storage.sequencer import Sequencer
from app.storage.vault import Opening
from audit.policy import Policy
from audit.proofs import check_proof, read_proof
from audit.tiles import Tree
from audit.verify import from_folder, verify_log
from tests.exchanges import new_exchange
from tests.served import EVENTS, RENT, events_of, settings_for, with_builds


def settings_of(data: Path) -> Settings:
    return Settings(data=data, log_origin="votes.example/log")


def recorder(url: str, data: Path) -> Recorder:
    return Recorder(open_engine(url), Keyring(data / "keys"), log=log_writer(settings_of(data)))


def trusted(data: Path) -> Policy:
    return Policy((log_signer(settings_of(data)).key,))


def old_database(data: Path) -> str:
    """The URL of a database that was brought back from a backup: it lacks two of the three leaves that were signed."""
    url, database = f"sqlite:///{data}/records.db", data / "records.db"

    async def append(*numbers: int) -> None:
        async with recorder(url, data) as record:
            for n in numbers:
                await record.append(new_exchange(n))

    asyncio.run(append(1))
    shutil.copy(database, data / "backup.db")
    asyncio.run(append(2, 3))
    for old in data.glob("records.db*"):
        old.unlink()
    shutil.copy(data / "backup.db", database)
    return url


async def receipt_of(record: Recorder, one: str) -> bytes:
    """The receipt as soon as there is one."""
    for _ in range(100):
        if (found := await record.receipt(one)) is not None:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("no checkpoint covered the record")


def test_every_record_becomes_a_leaf_with_a_receipt(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with recorder(database_url, tmp_path) as record:
            await asyncio.gather(*(record.append(new_exchange(n)) for n in range(40)))
            for n in (0, 39):
                proof = read_proof(await receipt_of(record, new_exchange(n).record))
                assert proof.extra is not None
                check_proof(proof, proof.extra, trusted(tmp_path))
            await record.append(new_exchange(40))

    asyncio.run(story())
    head = verify_log(from_folder(tmp_path / "log"), trusted(tmp_path))
    assert (head.origin, head.size) == ("votes.example/log", 41)


def test_a_leaf_stands_for_its_record_and_tells_nothing_of_it(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with recorder(database_url, tmp_path) as record:
            await record.append(new_exchange(7))
            found = await record.opening(new_exchange(7).record)
            assert found is not None
            shown.append(found)

    shown: list[Opening] = []
    asyncio.run(story())
    leaf = Tree(from_folder(tmp_path / "log"), 1).entry(0)
    facts = json.loads(leaf)
    assert len(leaf) == LENGTH
    assert rfc8785.dumps(facts) == leaf
    assert facts["commitment"] == commitment(shown[0].salt, shown[0].body)
    assert shown[0].body == new_exchange(7).model_dump_json().encode()
    assert facts["hour"] == "2031-05-04T12"
    assert new_exchange(7).record not in leaf.decode()
    assert new_exchange(7).question.text not in leaf.decode()


def test_the_same_question_never_gives_the_same_leaf(tmp_path: Path) -> None:
    one, ring = new_exchange(1), Keyring(tmp_path)
    assert row_of(one, ring.take()).leaf != row_of(one, ring.take()).leaf


def test_a_leaf_that_would_be_longer_than_the_others_is_refused() -> None:
    with pytest.raises(ValueError, match="length of all"):
        padded({"kind": "x" * LENGTH})
    assert len(leaf_of(new_exchange(1), b"s", b"b")) == LENGTH


def test_what_waited_while_nobody_sequenced_is_logged_on_the_next_start(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as record:
            await record.append(new_exchange(1))
            with pytest.raises(NoReceipt):
                await record.receipt(new_exchange(1).record)
        async with recorder(database_url, tmp_path) as record:
            await receipt_of(record, new_exchange(1).record)

    asyncio.run(story())


def test_places_given_before_a_crash_are_published_as_given(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with Recorder(open_engine(database_url), Keyring(tmp_path / "keys")) as record:
            for n in range(3):
                await record.append(new_exchange(n))
        engine = open_engine(database_url)
        with writing(engine) as connection:  # as a sequencer that was killed before it published
            connection.execute(text("INSERT INTO heads VALUES ('votes.example/log', 2)"))
            connection.execute(text("UPDATE leaves SET place = 2 - number WHERE number < 3"))
        engine.dispose()
        async with recorder(database_url, tmp_path) as record:
            places = [read_proof(await receipt_of(record, new_exchange(n).record)).index for n in range(3)]
            assert places == [1, 0, 2]

    asyncio.run(story())


def test_two_processes_share_one_log_and_the_second_takes_over(database_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        first, second = recorder(database_url, tmp_path), recorder(database_url, tmp_path)
        await first.open()
        await first.append(new_exchange(1))
        await receipt_of(first, new_exchange(1).record)
        await second.open()
        await second.append(new_exchange(2))
        await receipt_of(second, new_exchange(2).record)
        await first.close()
        await second.append(new_exchange(3))
        await receipt_of(second, new_exchange(3).record)
        await second.close()

    asyncio.run(story())
    assert verify_log(from_folder(tmp_path / "log"), trusted(tmp_path)).size == 3


def test_an_old_database_is_found_also_when_the_first_look_at_it_fails(tmp_path: Path) -> None:
    url = old_database(tmp_path)
    late = Sequencer(open_engine(f"sqlite:///{tmp_path}/nowhere/records.db"), log_writer(settings_of(tmp_path)))
    with pytest.raises(SQLAlchemyError):
        late._take()
    assert not late._holds
    late._engine = open_engine(url)
    late._turn()
    assert late.failure is not None
    assert "old backup" in late.failure


def test_a_database_that_goes_back_under_a_running_log_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"

    async def story() -> None:
        async with recorder(url, tmp_path) as record:
            await record.append(new_exchange(1))
            await receipt_of(record, new_exchange(1).record)
            engine = open_engine(url)
            with writing(engine) as connection:  # as after a fail-over to a replica that lags behind
                connection.execute(text("DELETE FROM leaves"))
                connection.execute(text("UPDATE heads SET size = 0"))
            engine.dispose()
            await record.append(new_exchange(2))
            for _ in range(100):
                if record.log_failure is not None:
                    break
                await asyncio.sleep(0.05)
            assert record.log_failure is not None

    asyncio.run(story())
    assert verify_log(from_folder(tmp_path / "log"), trusted(tmp_path)).size == 1


def test_another_origin_needs_another_database(tmp_path: Path) -> None:
    url, one = f"sqlite:///{tmp_path}/records.db", "one.example/log"

    async def story(origin: str, *numbers: int) -> str | None:
        async with Recorder(
            open_engine(url), Keyring(tmp_path / "keys"), log=log_writer(Settings(data=tmp_path, log_origin=origin))
        ) as record:
            for n in numbers:
                await record.append(new_exchange(n))
        return record.log_failure

    def begin_anew() -> None:
        shutil.rmtree(tmp_path / "log")
        for name in ("log.key", "signed"):
            (tmp_path / "keys" / name).unlink()

    assert asyncio.run(story(one, 1)) is None
    begin_anew()
    assert one in (asyncio.run(story("two.example/log")) or "")
    begin_anew()
    assert asyncio.run(story(one)) is None, "a trial may begin its log again with the same records"
    key = log_signer(Settings(data=tmp_path, log_origin=one)).key
    assert verify_log(from_folder(tmp_path / "log"), Policy((key,))).size == 1


def test_first_starts_at_the_same_time_make_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: log_signer(settings_of(tmp_path)).key, range(16)))
    assert len(keys) == 1
    with log_writer(settings_of(tmp_path)) as log:
        assert log.head.size == 0


def test_a_public_key_of_another_log_is_refused(tmp_path: Path) -> None:
    log_writer(settings_of(tmp_path))
    (tmp_path / "log" / "log.vkey").write_text("something else")
    with pytest.raises(RecordUnreadable, match="not the public half"):
        log_writer(settings_of(tmp_path))


def test_an_old_backup_of_the_database_stops_the_service(tmp_path: Path) -> None:
    url = old_database(tmp_path)

    async def refused() -> None:
        async with recorder(url, tmp_path) as record:
            for _ in range(100):
                if not record.healthy:
                    break
                await asyncio.sleep(0.05)
            with pytest.raises(RecordWriteFailed, match="old backup"):
                await record.append(new_exchange(9))

    checkpoint = (tmp_path / "log" / "checkpoint").read_bytes()
    asyncio.run(refused())
    assert (tmp_path / "log" / "checkpoint").read_bytes() == checkpoint


def test_a_log_that_stands_still_makes_the_service_read_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"

    async def story() -> None:
        with log_writer(settings_of(tmp_path)):  # held by somebody who does nothing
            async with recorder(url, tmp_path) as record:
                await record.append(new_exchange(1))
                await asyncio.sleep(2 * sequencer.PAUSE + 0.2)
                assert record.healthy
                watching = record._sequencer
                assert watching is not None
                watching._good -= sequencer.PATIENCE
                assert not record.healthy
                with pytest.raises(RecordUnavailable, match="wait"):
                    await record.append(new_exchange(2))

    asyncio.run(story())


@pytest.mark.parametrize("content", ["", "zz", "00" * 31])
def test_a_key_that_is_none_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "log.key").write_text(content)
    with pytest.raises(RecordUnreadable, match=r"log\.key"):
        log_writer(settings_of(tmp_path))


def test_the_key_is_private_and_made_once(tmp_path: Path) -> None:
    first = log_signer(settings_of(tmp_path)).key
    assert log_signer(settings_of(tmp_path)).key == first
    assert (tmp_path / "keys" / "log.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


@pytest.fixture
def client(demo_data: Path, tmp_path: Path) -> TestClient:
    """The whole service over the demo build, with records and log of its own."""
    return TestClient(create_app(settings_for(with_builds(demo_data, tmp_path))))


def test_over_http_the_stream_brings_the_receipt_and_the_log_is_served(client: TestClient, tmp_path: Path) -> None:
    with client:
        reply = client.post("/v1/answers", json=RENT, headers=EVENTS)
        kinds = events_of(reply.text)
        assert [name for name, _ in kinds][-2:] == ["answer", "receipt"]
        record, receipt = kinds[-1][1]["record"], kinds[-1][1]["proof"].encode()
        fetched = client.get(f"/v1/answers/{record}/receipt")
        assert fetched.headers["content-disposition"].endswith(f'{record}.tlog-proof"')
        proof = read_proof(fetched.content)
        assert proof.extra is not None
        assert proof.extra == read_proof(receipt).extra
        trust = Policy((log_signer(settings_for(tmp_path)).key,))
        check_proof(proof, proof.extra, trust)

        def fetch(path: str, limit: int) -> bytes:
            found = client.get(f"/log/{path}")
            assert found.status_code == 200, path
            assert found.headers["access-control-allow-origin"] == "*"
            return found.content

        assert verify_log(fetch, trust).size == 3
        kinds_said = [json.loads(entry)["kind"] for entry in Tree(fetch, 3).entries(0)]
        assert kinds_said == ["corpus", "policy", "exchange"]
        opened = client.post(
            f"/v1/answers/{record}/opening", json={"conversation": kinds[-2][1]["conversation"]}
        ).json()
        facts = json.loads(proof.extra)
        assert facts["commitment"] == commitment(bytes.fromhex(opened["salt"]), opened["body"].encode())
        assert client.post(f"/v1/answers/{record}/opening", json={"conversation": "0" * 32}).status_code == 404
        assert client.get("/log/log.vkey").text.strip() == str(log_signer(settings_for(tmp_path)).key)
        assert "immutable" in client.get("/log/tile/0/000.p/3").headers["cache-control"]
        assert not {"last-modified", "etag"} & set(client.get("/log/tile/0/000.p/3").headers), "they tell the second"
        outside = ("..%2fkeys%2flog.key", "%2e%2e%2frecords.db", f"tile/0/{'x000/' * 1000}000")
        for path in (".lock", "tile/0/000", "tile/64/000", "tile/0/0", "", *outside):
            assert client.get(f"/log/{path}").status_code == 404, path
        assert client.get(f"/v1/answers/{'0' * 32}/receipt").json()["code"] == "unknown_record"


def test_what_is_in_force_is_said_when_it_changes_and_not_at_every_start(database_url: str, tmp_path: Path) -> None:
    def said(policy: str, hour: str, paused: bool = False) -> list[Statement]:
        pause = Statement("pause", "pause", {"paused": paused}, hour, unremarkable=not paused)
        return [Statement("policy", "policy", {"policy": policy}, hour), pause]

    async def start(statements: list[Statement]) -> list[bool]:
        async with recorder(database_url, tmp_path) as record, recorder(database_url, tmp_path) as worker:
            answers = [await record.announce(one) for one in statements]
            assert not any([await worker.announce(one) for one in statements]), "a second worker has nothing to add"
            return answers

    async def story() -> list[list[bool]]:
        starts = [said("a", "08"), said("a", "09"), said("b", "10", paused=True), said("b", "11"), said("a", "12")]
        return [await start(one) for one in starts]

    told = asyncio.run(story())
    assert told == [[True, False], [False, False], [True, True], [False, True], [True, False]]
    head = verify_log(from_folder(tmp_path / "log"), trusted(tmp_path))
    leaves = [json.loads(e) for e in Tree(from_folder(tmp_path / "log"), head.size).entries(0)]
    assert [(x["hour"], x.get("policy", x.get("paused"))) for x in leaves] == [
        ("08", "a"), ("10", "b"), ("10", True), ("11", False), ("12", "a"),
    ]  # fmt: skip
