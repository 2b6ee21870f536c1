"""The database opens durable or not at all, migrations equal the tables, objects are whole or absent."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.errors import RecordUnavailable, RecordUnreadable, RecordWriteFailed
from app.leaf import leaf_of
from app.storage import migrations
from app.storage.engine import open_engine, place, prepare, writing
from app.storage.keys import Keyring
from app.storage.objects import get_object, object_path, put_object
from app.storage.tables import metadata
from app.storage.vault import Vault
from domain.base import sha256
from tests.exchanges import new_exchange


def test_migrations_make_exactly_the_tables(database_url: str) -> None:
    engine = open_engine(database_url)
    prepare(engine)
    prepare(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == migrations.HEAD
    engine.dispose()


def test_records_from_before_they_were_sealed_are_sealed_and_not_left_in_clear(tmp_path: Path) -> None:
    url, exchange = f"sqlite:///{tmp_path}/records.db", new_exchange(1)
    body, salt = exchange.model_dump_json().encode(), b"s" * 32
    engine = open_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        row = {"r": exchange.record, "b": body, "s": salt, "d": sha256(body)}
        old = "INSERT INTO records VALUES (:r, 'c0', :turn, 'toy', 'answered', '2031-05-04T12:00:00Z', :b, :d, :s)"
        connection.execute(text(old), row | {"turn": 1})
        connection.execute(text(old), row | {"turn": 2, "r": "f" * 32, "s": None})
        leaf = leaf_of(exchange, salt, body)
        connection.execute(text("INSERT INTO leaves VALUES (1, :r, :e, NULL)"), {"r": exchange.record, "e": leaf})
    engine.dispose()
    assert exchange.question.text.encode() in (tmp_path / "records.db").read_bytes()

    with pytest.raises(RecordUnreadable, match="not sealed, and no keys were given"):
        prepare(open_engine(url))
    vault = Vault(open_engine(url), Keyring(tmp_path / "keys"))
    vault.keys.open()
    interrupted = vault._sealed_late(exchange.record, body, salt)[0]  # stored, and then the power went
    vault.open()
    assert interrupted in vault.keys.secrets([interrupted])
    found = vault.opening(exchange.record)
    assert found is not None and (found.body, found.salt) == (body, salt)
    assert vault.erase([exchange.record], "request", "2031-06-01T08") == 2, "the second turn goes on from the first"
    vault.close()
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or exchange.question.text.encode() not in path.read_bytes(), path
        assert path.is_dir() or salt not in path.read_bytes(), path


def test_the_head_named_in_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_a_database_of_a_newer_version_is_refused_by_name(database_url: str) -> None:
    engine = open_engine(database_url)
    prepare(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RecordUnreadable, match=r"another version of this program.*9999") as caught:
        prepare(engine)
    assert caught.value.message.startswith(place(engine))
    engine.dispose()


def test_sqlite_commits_with_full_synchronisation_in_wal_mode(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/records.db", busy_timeout=1.5)
    prepare(engine)
    with engine.connect() as connection:
        values = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous")]
        assert values == ["wal", 2]
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 1500
    engine.dispose()


def test_postgresql_waits_for_the_disk(postgres_url: str) -> None:
    engine = open_engine(f"{postgres_url}&options=-c%20synchronous_commit%3Doff")
    with engine.connect() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "5s"
    engine.dispose()


def test_the_database_file_is_private(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/records.db")
    prepare(engine)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO conversations VALUES ('c', 'e', 'now', 1)"))
        modes = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.glob("records.db*")}
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3
    engine.dispose()


def test_several_processes_may_create_it_at_once(tmp_path: Path) -> None:
    script = "import sys; from app.storage.engine import *; prepare(open_engine(sys.argv[1])); print('ready')"
    command = [sys.executable, "-c", script, f"sqlite:///{tmp_path}/records.db"]
    root = Path(__file__).resolve().parents[2]
    children = [subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [child.communicate(timeout=60)[0] for child in children] == ["ready\n"] * 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("records.db", "not one"),
        ("nosuch://x/y", "nosuch is not supported"),
        ("mysql://user:secret@host/db", "mysql is not supported"),
        ("sqlite://", "in memory keeps nothing"),
        ("sqlite:///:memory:", "in memory keeps nothing"),
    ],
)
def test_a_url_that_will_not_do_is_explained(url: str, expected: str) -> None:
    with pytest.raises(RecordUnreadable, match=expected) as caught:
        open_engine(url)
    assert "secret" not in caught.value.message


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(RecordUnreadable, match=r"data/records.db: the database file cannot be opened: "):
        prepare(open_engine(f"sqlite:///{tmp_path}/data/records.db"))


def test_a_folder_in_the_way_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "records.db").mkdir()
    with pytest.raises(RecordUnreadable, match=r"records.db: the database file cannot be opened: Is a directory"):
        prepare(open_engine(f"sqlite:///{tmp_path}/records.db"))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_bytes(b"These are notes, not a database. " * 200)
    with pytest.raises(RecordUnreadable, match=r"records.db: the file is not a database"):
        prepare(open_engine(f"sqlite:///{tmp_path}/records.db"))


def test_a_database_opened_read_only_cannot_be_migrated(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "records.db").execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(RecordUnreadable, match=r"records.db.*: the database cannot be written to"):
        prepare(open_engine(f"sqlite:///file:{tmp_path}/records.db?mode=ro&uri=true"))


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql://someone:secret@/db?host={tmp_path}")
    with pytest.raises(RecordUnavailable, match="cannot be reached") as caught:
        prepare(engine)
    assert "secret" not in caught.value.message


def test_an_object_is_found_by_its_digest_and_put_twice_harmlessly(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "objects"
    digest = put_object(folder, b"settings")
    before = object_path(folder, digest).stat().st_mtime_ns
    assert put_object(folder, b"settings") == digest == sha256(b"settings")
    assert object_path(folder, digest) == folder / digest[:2] / digest[2:]
    assert object_path(folder, digest).stat().st_mtime_ns == before
    assert get_object(folder, digest) == b"settings"
    assert [p.name for p in folder.rglob("*") if p.is_file()] == [digest[2:]]


def test_an_altered_or_missing_object_is_an_error_and_putting_it_again_repairs_it(tmp_path: Path) -> None:
    digest = put_object(tmp_path, b"policy")
    object_path(tmp_path, digest).write_bytes(b"pol")
    with pytest.raises(RecordUnreadable, match="does not have the digest"):
        get_object(tmp_path, digest)
    put_object(tmp_path, b"policy")
    assert get_object(tmp_path, digest) == b"policy"
    with pytest.raises(RecordUnreadable, match="cannot be read: No such file"):
        get_object(tmp_path, "0" * 64)


def test_an_object_that_cannot_be_stored_leaves_nothing_behind(tmp_path: Path) -> None:
    digest = sha256(b"lock")
    (tmp_path / digest[:2]).write_text("a file where the folder should be")
    with pytest.raises(RecordWriteFailed, match="cannot be stored"):
        put_object(tmp_path, b"lock")
    (tmp_path / digest[:2]).unlink()
    object_path(tmp_path, digest).mkdir(parents=True)
    with pytest.raises(RecordWriteFailed, match="cannot be stored"):
        put_object(tmp_path, b"lock")
    assert list((tmp_path / digest[:2]).iterdir()) == [object_path(tmp_path, digest)]
