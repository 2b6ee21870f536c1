"""The writer and the verifier: the same files however a log grew, and no head that forks an earlier one."""

from __future__ import annotations

import resource
import shutil
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from audit.checkpoints import read_head
from audit.errors import AuditError, BadEntry, BadSignature, Busy, Forked, Malformed, Missing, Stopped, Unreachable
from audit.merkle import inclusion_path
from audit.notes import read_note
from audit.proofs import Proof, check_proof, read_proof
from audit.tiles import CHECKPOINT, Tree, tile_path
from audit.verify import from_folder, from_url, verify_log
from audit.writer import Writer
from tests.audit.logs import ORIGIN, entries, entry, plain_root, policy, published, signer, writer, written


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 520])
def test_a_log_verifies_and_is_the_same_however_it_grew(size: int, tmp_path: Path) -> None:
    at_once = written(tmp_path / "a", [size])
    step = max(1, size // 7)
    slowly = written(tmp_path / "b", [step] * (size // step) + [size % step])
    head = verify_log(from_folder(at_once), policy())
    assert (head.size, head.root) == (size, plain_root(entries(size)))
    assert verify_log(from_folder(slowly), policy()) == head
    whole = published(at_once)
    assert {name: data for name, data in published(slowly).items() if name in whole} == whole


def test_an_empty_log_has_a_signed_head(tmp_path: Path) -> None:
    folder = written(tmp_path, [])
    assert verify_log(from_folder(folder), policy()).size == 0
    assert list(published(folder)) == [CHECKPOINT]


def test_a_log_of_three_levels(tmp_path: Path) -> None:
    folder = written(tmp_path, [65_000, 800, 3])
    assert verify_log(from_folder(folder), policy()).size == 65_803
    assert set(published(folder)) >= {tile_path(2, 0, 1), tile_path(1, 0), tile_path("entries", 257, 11)}


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 5, 17) == "tile/entries/005.p/17"
    assert tile_path(1, 0, 1) == "tile/1/000.p/1"


def test_partial_files_go_when_the_full_one_is_there_and_readers_of_the_old_head_go_on(tmp_path: Path) -> None:
    folder = written(tmp_path, [200, 100])
    assert not list(folder.glob("tile/0/000.p/*"))
    old = Tree(from_folder(folder), 200)
    assert old.root() == plain_root(entries(200))
    assert old.entry(199) == entry(199)


def test_a_receipt_proves_its_entry_and_no_other(tmp_path: Path) -> None:
    folder = written(tmp_path, [300])
    checkpoint = (folder / CHECKPOINT).read_bytes()
    tree = Tree(from_folder(folder), 300)
    for index in (0, 255, 256, 299):
        proof = Proof(index, tuple(inclusion_path(index, 300, tree.node)), checkpoint, extra=b"more")
        again = read_proof(proof.text().encode())
        assert again == proof
        assert check_proof(again, entry(index), policy()).size == 300
        with pytest.raises(AuditError, match="receipt"):
            check_proof(again, entry(index + 1), policy())
        with pytest.raises(BadSignature):
            check_proof(again, entry(index), policy(signer("else", "else.example")))
    for spoiled in ("", "index 0\n\n", proof.text().replace("@v1", "@v2"), proof.text().replace("index ", "index 0")):
        with pytest.raises(Malformed, match="receipt"):
            read_proof(spoiled.encode())


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with writer(tmp_path) as log:
        log.append(entries(3))
        with pytest.raises(Busy):
            writer(tmp_path).open()
    with writer(tmp_path) as log:
        assert log.head.size == 3


def test_what_was_signed_and_not_yet_published_is_published_on_start(tmp_path: Path) -> None:
    folder = written(tmp_path, [5])
    before = (folder / CHECKPOINT).read_bytes()
    written_on = writer(tmp_path)
    with written_on as log:
        log.append(entries(2, 5))
    (folder / CHECKPOINT).write_bytes(before)
    with writer(tmp_path) as log:
        assert log.head.size == 7
    assert verify_log(from_folder(folder), policy(), earlier=[before]).size == 7


def test_an_old_backup_of_the_folder_is_never_signed_over(tmp_path: Path) -> None:
    folder = written(tmp_path, [5])
    shutil.copytree(folder, tmp_path / "backup")
    with writer(tmp_path) as log:
        log.append(entries(5, 5))
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "backup", folder)
    with pytest.raises(Forked, match="old backup"):
        writer(tmp_path).open()
    assert published(folder) == published(tmp_path / "backup")


def test_an_old_memory_or_none_is_refused(tmp_path: Path) -> None:
    written(tmp_path, [5])
    memory = tmp_path / "keys" / "signed"
    old = memory.read_bytes()
    with writer(tmp_path) as log:
        log.append(entries(1, 5))
    memory.write_bytes(old)
    with pytest.raises(Forked, match="signed last"):
        writer(tmp_path).open()
    memory.unlink()
    with pytest.raises(Forked, match="not known"):
        writer(tmp_path).open()
    shutil.rmtree(tmp_path / "log")  # nor does the key begin a second history when all is gone
    with pytest.raises(Forked, match="not known"):
        Writer(tmp_path / "log", signer(), memory).open()


def test_a_damaged_bundle_is_not_copied_on(tmp_path: Path) -> None:
    folder = written(tmp_path, [5])
    bundle = folder / tile_path("entries", 0, 5)
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with writer(tmp_path) as log, pytest.raises(BadEntry, match="tile/entries/000"):
        log.append(entries(1, 5))
    bundle.write_bytes(whole)
    with writer(tmp_path) as log:
        log.append(entries(1, 5))
    assert verify_log(from_folder(folder), policy()).size == 6


def test_what_a_killed_writer_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    written(tmp_path, [5])
    left = tmp_path / "keys" / ".new-abc"
    left.write_bytes(b"half")
    with writer(tmp_path):
        assert not left.exists()


def test_running_out_of_files_passes(tmp_path: Path) -> None:
    with writer(tmp_path) as log:
        log.append(entries(5))
        usual = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, usual[1]))  # what is open stays open
        try:
            with pytest.raises(Busy):
                log.append(entries(1, 5))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        assert log.append(entries(1, 5)).size == 6
    assert verify_log(from_folder(tmp_path / "log"), policy()).size == 6


def test_another_key_cannot_go_on(tmp_path: Path) -> None:
    written(tmp_path, [5])
    with pytest.raises(Forked, match="not signed by"):
        writer(tmp_path, signer("else")).open()
    with pytest.raises(Forked, match="not signed by"):
        writer(tmp_path, signer("else", "else.example")).open()


def test_a_tile_altered_under_the_writer_stops_it(tmp_path: Path) -> None:
    folder = written(tmp_path, [5])
    with writer(tmp_path) as log:
        tile = folder / tile_path(0, 0, 5)
        tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
        with pytest.raises(Forked):
            log.append(entries(1, 5))
        assert read_head(read_note((folder / CHECKPOINT).read_bytes(), "c").text, "c").size == 5


def test_the_first_failed_write_stops_the_writer(tmp_path: Path) -> None:
    folder = written(tmp_path, [255])
    with writer(tmp_path) as log:
        (folder / "tile/0/000").mkdir()  # no file can be renamed onto a folder
        with pytest.raises(Stopped):
            log.append(entries(1, 255))
        (folder / "tile/0/000").rmdir()
        with pytest.raises(Stopped, match="until a restart"):
            log.append(entries(1, 255))
    with writer(tmp_path) as log:
        assert log.append(entries(1, 255)).size == 256
    assert verify_log(from_folder(folder), policy()).size == 256


def test_an_entry_that_no_bundle_can_hold_is_refused_and_nothing_is_signed(tmp_path: Path) -> None:
    with writer(tmp_path) as log:
        with pytest.raises(Malformed, match="65535"):
            log.append([b"x" * 65_536])
        assert log.append([b"x" * 65_535]).size == 1
    assert verify_log(from_folder(tmp_path / "log"), policy()).origin == ORIGIN


def test_a_log_that_does_not_extend_an_earlier_checkpoint(tmp_path: Path) -> None:
    first = (written(tmp_path / "a", [4]) / CHECKPOINT).read_bytes()
    with writer(tmp_path / "b") as log:
        log.append([*entries(3), b"another", *entries(4, 4)])
    with pytest.raises(Forked, match="earlier checkpoint 1"):
        verify_log(from_folder(tmp_path / "b" / "log"), policy(), earlier=[first])


def test_files_that_are_gone_or_addresses_that_are_none(tmp_path: Path) -> None:
    folder = written(tmp_path, [5])
    (folder / tile_path("entries", 0, 5)).unlink()
    with pytest.raises(Missing, match="tile/entries/000"):
        verify_log(from_folder(folder), policy())
    with pytest.raises(Malformed, match="http"):
        from_url("file:///etc/")
    for address in ("http://127.0.0.1:9/", "http://["):
        with pytest.raises(Unreachable, match="checkpoint"):
            verify_log(from_url(address), policy())


def test_a_server_that_speaks_nonsense_is_said_to_be_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def nonsense() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"Guten Tag\r\n\r\n")

        thread = threading.Thread(target=nonsense)
        thread.start()
        with pytest.raises(Unreachable):
            verify_log(from_url(f"http://127.0.0.1:{listening.getsockname()[1]}/log"), policy())
        thread.join()


def test_a_server_that_drips_or_cuts_off_is_not_waited_for() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"

    def serve(listening: socket.socket, drips: int) -> None:
        taken, _ = listening.accept()
        with taken, suppress(OSError):
            taken.recv(4096)
            taken.sendall(head)
            for _ in range(drips):
                taken.sendall(b"x")
                time.sleep(0.05)

    for drips, said in ((400, "did not come within 0.3 seconds"), (3, "was cut off 997 bytes before its end")):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = threading.Thread(target=serve, args=(listening, drips), daemon=True)
            server.start()
            began = time.monotonic()
            with pytest.raises(Unreachable, match=said):
                from_url(f"http://127.0.0.1:{listening.getsockname()[1]}", patience=0.3)("checkpoint", 4096)
            assert time.monotonic() - began < 5
