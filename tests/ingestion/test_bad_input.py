"""Whatever is wrong with a document or a pack, the build says what and where, and publishes nothing of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import BuildError, IsegoriaError, PackError, SourceError
from app.places import current_build
from app.settings import Settings
from domain.election import Source
from ingestion.extract import Limits, extract, extract_apart
from ingestion.markdown import MAX_BYTES
from tests.ingestion.written_pdf import Text, paragraph, pdf
from tests.small_pack import PARTIES, Doc, build_quietly, write_pack

GOOD = (
    "# Wohnen\n\nWir bauen jedes Jahr viertausend Wohnungen, die dauerhaft der Stadt gehören, "
    "und wir deckeln die Miete bei jeder neuen Vermietung.\n"
).encode()
OTHER = (
    b"# Verkehr\n\nBusse fahren auch abends und am Wochenende, und zwar in jeder Stunde einmal, bis in jedes Dorf.\n"
)
PDF = "application/pdf"
PLAIN = pdf([paragraph(72, 700, ["Wir bauen jedes Jahr viele Wohnungen, die der Stadt gehören,", "und zwar überall."])])
DEFECTS: dict[str, tuple[bytes, str, str]] = {
    "image-only": (pdf([[], [], []]), PDF, "all 3 pages are images without text"),
    "encrypted": (pdf([[Text(72, 700, "geheim")]], encrypted=True), PDF, "is encrypted"),
    "truncated": (PLAIN[: len(PLAIN) // 4], PDF, "is not a readable PDF"),
    "no-pdf": (b"\x00\x01\x02 not a PDF at all", PDF, "is not a readable PDF"),
    "empty-pdf": (b"", PDF, "is not a readable PDF"),
    "no-pages": (pdf([]), PDF, "is not a readable PDF"),
    "only-page-numbers": (pdf([[Text(290, 30, str(n))] for n in range(1, 9)]), PDF, "no paragraph of text"),
    "enormous-page": (
        pdf([[Text(72, 20 + n % 700, "wort " * 100, size=1) for n in range(810)]]),
        PDF,
        "page 1 holds 4",
    ),
    "empty": (b"", "text/markdown", "holds no text"),
    "white": (b" \n\t\n", "text/markdown", "holds no text"),
    "headings-only": (b"# Eins\n\n## Zwei\n", "text/markdown", "no paragraph of text"),
    "latin-1": (
        "# Köln\n\nSchöne Straßen für alle, die dort wohnen.\n".encode("latin-1"),
        "text/markdown",
        "not UTF-8",
    ),
    "utf-16": ("# Wohnen\n\nWir bauen.\n".encode("utf-16"), "text/markdown", "not UTF-8"),
    "html-empty": (b"<html><head><title>x</title></head><body></body></html>", "text/html", "no main text"),
    "html-script": (b"<html><body><script>alert('wort wort wort')</script></body></html>", "text/html", "no main text"),
}


def source_of(doc: Doc) -> Source:
    """The pack entry of a document, checked."""
    return Source.model_validate(doc.entry())


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defective_document_is_named_with_its_defect(defect: str, tmp_path: Path) -> None:
    data, kind, message = DEFECTS[defect]
    file = tmp_path / "programm"
    file.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        extract(source_of(Doc("auen-programme", data, kind)), file)
    assert "auen-programme (programm)" in caught.value.message
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_a_markdown_file_beyond_the_limit_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    file = tmp_path / "riesig.md"
    file.write_bytes(b"wort " * (MAX_BYTES // 5 + 1))
    with pytest.raises(SourceError, match=r"20000005 bytes of text, more than 20000000"):
        extract(source_of(Doc("gross", b"x")), file)


@pytest.mark.parametrize("defect", ["image-only", "encrypted", "truncated", "enormous-page"])
def test_a_defective_document_ends_the_build_and_the_old_build_stays(defect: str, tmp_path: Path) -> None:
    data, kind, message = DEFECTS[defect]
    served = build_quietly(write_pack(tmp_path / "pack", [Doc("gut", GOOD)]), tmp_path / "data")
    before = _tree(served.folder)
    write_pack(tmp_path / "pack", [Doc("gut", GOOD), Doc("schlecht", data, kind, "hafen")])
    with pytest.raises(SourceError, match=message) as caught:
        build_quietly(tmp_path / "pack", tmp_path / "data")
    assert caught.value.message.startswith("schlecht")
    assert current_build(tmp_path / "data", "toy") == served.folder
    assert _tree(served.folder) == before
    assert _left_over(tmp_path / "data") == []


def test_missing_and_altered_documents_are_all_named_at_once(tmp_path: Path) -> None:
    docs = [
        Doc("gut", GOOD),
        Doc("verschwunden", OTHER, party="hafen"),
        Doc("nirgends", OTHER + b"!", party="hafen", inside=False),
        Doc("anders", OTHER + b"?", party="hafen"),
    ]
    pack = write_pack(tmp_path / "pack", docs)
    (pack / "sources" / "verschwunden.md").unlink()
    (pack / "sources" / "anders.md").write_bytes(OTHER + b"? Und mehr.\n")
    with pytest.raises(SourceError) as caught:
        build_quietly(pack, tmp_path / "data")
    lines = caught.value.message.splitlines()
    assert [line.split(":")[0] for line in lines] == ["verschwunden", "nirgends", "anders"]
    assert "is missing" in lines[0] and "verschwunden.md" in lines[0]
    assert "--mirror" in lines[1]
    assert "is altered" in lines[2]
    assert _tree(tmp_path / "data") == {} and _left_over(tmp_path / "data") == []


def test_a_mirror_is_searched_by_digest_not_by_name(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", [Doc("gut", GOOD, inside=False)])
    mirror = tmp_path / "mirror" / "deep"
    mirror.mkdir(parents=True)
    (mirror / "irgendwie.md").write_bytes(GOOD)
    (mirror / "gut.md").write_bytes(OTHER)
    built = build_quietly(pack, tmp_path / "data", mirror.parent)
    assert "viertausend Wohnungen" in built.extracted[0].passages[0].text
    (mirror / "irgendwie.md").write_bytes(GOOD + b" ")
    with pytest.raises(SourceError, match="gut: no file with sha256"):
        build_quietly(pack, tmp_path / "elsewhere", mirror.parent)


@pytest.mark.parametrize("make", [lambda p: p.write_text("no folder"), lambda _p: None], ids=["file", "absent"])
def test_a_mirror_that_is_no_folder_is_named(make: Callable[[Path], object], tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", [Doc("gut", GOOD, inside=False)])
    make(tmp_path / "mirror")
    with pytest.raises(SourceError, match=r"the mirror .*mirror is not a folder"):
        build_quietly(pack, tmp_path / "data", tmp_path / "mirror")


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", [Doc("gut", GOOD)])
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(BuildError, match=r"data/elections/toy: cannot be written"):
        build_quietly(pack, tmp_path / "data")
    assert (tmp_path / "data").read_text() == "a file where the folder should be"


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Nobody, not even root, can make a folder under `/proc`."""
    pack = write_pack(tmp_path / "pack", [Doc("gut", GOOD)])
    with pytest.raises(BuildError, match=r"^/proc/isegoria/elections/toy: cannot be written"):
        build_quietly(pack, Path("/proc/isegoria"))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """The device that is always full stands for the disk: `/dev/full` refuses every byte."""
    pack = write_pack(tmp_path / "pack", [Doc("gut", GOOD)])
    (pack / "corpus.lock").symlink_to("/dev/full")
    with pytest.raises((BuildError, OSError)):
        build_quietly(pack, tmp_path / "data", update_lock=True)
    assert _left_over(tmp_path / "data") == []


PACKS: dict[str, tuple[list[Doc], dict[str, object], str]] = {
    "document id twice": ([Doc("a", GOOD), Doc("a", OTHER)], {}, r"sources.yaml.*'a' is given twice"),
    "same bytes twice": ([Doc("a", GOOD), Doc("b", GOOD)], {}, r"sources.yaml.*is given twice"),
    "unknown party": ([Doc("a", GOOD, party="niemand")], {}, r"sources.yaml.*unknown party 'niemand'"),
    "no party": ([Doc("a", GOOD, party=None)], {}, r"sources.yaml.*'a' names no party"),
    "language of a document": ([Doc("a", GOOD, language="deutsch!")], {}, r"sources.yaml.*'deutsch!'"),
    "language of the pack": ([Doc("a", GOOD)], {"languages": ["german language"]}, r"election.yaml.*languages"),
    "unknown field": ([Doc("a", GOOD, more={"colour": "red"})], {}, r"sources.yaml.*colour"),
    "path outside": (
        [Doc("a", GOOD, inside=False, more={"renditions": [{"sha256": "0" * 64, "media_type": PDF, "path": "../x"}]})],
        {},
        r"sources.yaml.*'../x', which leaves the pack folder",
    ),
}


@pytest.mark.parametrize("case", PACKS)
def test_a_pack_that_does_not_fit_together_is_refused_with_file_and_field(case: str, tmp_path: Path) -> None:
    docs, head, message = PACKS[case]
    pack = write_pack(tmp_path / "pack", docs, **head)
    with pytest.raises(PackError, match=message):
        build_quietly(pack, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_party_id_given_twice_is_refused(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", [Doc("a", GOOD)], parties=[*PARTIES, PARTIES[0]])
    with pytest.raises(PackError, match=r"parties.yaml.*'auen' is given twice"):
        build_quietly(pack, tmp_path / "data")


def test_superseded_and_expired_documents_are_never_served(tmp_path: Path) -> None:
    docs = [
        Doc("alt", OTHER, more={"status": "superseded"}),
        Doc("abgelaufen", OTHER + b" ", more={"valid_until": "2031-05-03"}),
        Doc("gut", GOOD),
        Doc("letzter-tag", OTHER + b"  ", party="hafen", more={"valid_until": "2031-05-04"}),
    ]
    built = build_quietly(write_pack(tmp_path / "pack", docs), tmp_path / "data")
    assert [one.source for one in built.extracted] == ["gut", "letzter-tag"]
    with pytest.raises(BuildError, match="no document is in force on 2031-05-04"):
        build_quietly(write_pack(tmp_path / "other", docs[:2]), tmp_path / "data")
    assert current_build(tmp_path / "data", "toy") == built.folder


def test_a_reader_that_takes_too_long_is_ended_and_named(tmp_path: Path) -> None:
    file = tmp_path / "langsam.pdf"
    file.write_bytes(PLAIN)
    with pytest.raises(SourceError, match=r"auen-programme: reading langsam.pdf took more than 0.05 seconds"):
        extract_apart(source_of(Doc("auen-programme", PLAIN, PDF)), file, limits=Limits(seconds=0.05))


def test_a_reader_that_eats_memory_is_ended_and_named(tmp_path: Path) -> None:
    """A deflated page of a few kilobytes that grows to millions of characters when it is opened."""
    bomb = pdf([[Text(72, 10 + 7 * n, "a" * 30_000, size=1) for n in range(300)]])
    assert len(bomb) < 100_000
    file = tmp_path / "bombe.pdf"
    file.write_bytes(bomb)
    with pytest.raises(SourceError) as caught:
        extract_apart(source_of(Doc("auen-programme", bomb, PDF)), file, limits=Limits(memory=700 * 2**20))
    assert caught.value.message.startswith("auen-programme")
    assert "bombe.pdf" in caught.value.message
    assert "more than 700 MiB" in caught.value.message


def test_a_document_read_apart_is_the_document_read_here(tmp_path: Path) -> None:
    file = tmp_path / "programm.pdf"
    file.write_bytes(PLAIN)
    source = source_of(Doc("auen-programme", PLAIN, PDF))
    assert extract_apart(source, file) == extract(source, file)


def test_a_lock_that_differs_stops_the_build_and_names_the_documents(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", [Doc("wohnen", GOOD), Doc("verkehr", OTHER, party="hafen")])
    first = build_quietly(pack, tmp_path / "data", update_lock=True)
    lock = (pack / "corpus.lock").read_bytes()
    assert lock == (first.folder / "corpus.lock").read_bytes()
    assert build_quietly(pack, tmp_path / "data").corpus == first.corpus

    changed = OTHER.replace(b"abends", b"nachts")
    write_pack(pack, [Doc("wohnen", GOOD), Doc("verkehr", changed, party="hafen")])
    with pytest.raises(BuildError) as caught:
        build_quietly(pack, tmp_path / "data")
    assert "corpus.lock does not match this build" in caught.value.message
    assert "documents: verkehr" in caught.value.message
    assert "--update-lock" in caught.value.message
    assert (pack / "corpus.lock").read_bytes() == lock
    assert current_build(tmp_path / "data", "toy") == first.folder

    second = build_quietly(pack, tmp_path / "data", update_lock=True)
    assert (pack / "corpus.lock").read_bytes() != lock
    assert current_build(tmp_path / "data", "toy") == second.folder
    assert build_quietly(pack, tmp_path / "data").corpus == second.corpus


def test_a_lock_that_is_no_json_is_named(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack", [Doc("wohnen", GOOD)])
    (pack / "corpus.lock").write_text("{ not json")
    with pytest.raises(BuildError, match=r"corpus.lock: not valid JSON .*--update-lock"):
        build_quietly(pack, tmp_path / "data")


def test_the_build_command_says_it_in_one_line_without_a_traceback(tmp_path: Path) -> None:
    import subprocess
    import sys

    pack = write_pack(tmp_path / "pack", [Doc("schlecht", DEFECTS["latin-1"][0])])
    environment = {**os.environ, "ISEGORIA_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        [sys.executable, "-m", "app", "build", str(pack)],
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "schlecht (schlecht.md): not UTF-8 text (byte 3)" in done.stderr
    assert _left_over(tmp_path / "data") == []


def test_every_error_of_a_build_is_one_of_ours() -> None:
    assert all(issubclass(kind, IsegoriaError) for kind in (PackError, SourceError, BuildError))
    assert json.loads(Settings().model_dump_json())  # settings load without any variable set


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _left_over(data: Path) -> list[Path]:
    return list(data.rglob(".new-*")) + list(data.rglob("*.partial"))
