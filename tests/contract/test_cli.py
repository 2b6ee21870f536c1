"""The command line keeps its contract: shapes, order, bad lines, exit codes, and never a traceback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.packs import load_pack
from tests.served import with_builds
from tests.small_pack import ELECTIONS, ROOT

ANSWER_KEYS = {
    "id", "record", "conversation", "election", "status", "language", "message", "reason", "suggestion",
    "resolved_question", "scope", "claims", "silent", "near", "no_document", "follow_up", "expansion",
    "corpus", "index", "policy",
}  # fmt: skip
CITATION_KEYS = {"document", "passage", "page", "page_end", "page_label", "section", "quote", "url"}
HIT_KEYS = {"document", "page", "section", "party", "passage", "rank", "score", "text"}
ORDER = [p.id for p in load_pack(ELECTIONS / "demo").ordered()]
LINES: list[Any] = [
    {"id": 1, "text": "Was sagen die Parteien zur Rente?"},
    "{not json",
    [1, 2],
    {"id": "leer", "text": ""},
    {"id": "weiß", "text": "   \n "},
    {"id": "lang", "text": "a" * 100_000},
    {"id": "lang-grenze", "text": "Rente " * 166 + "Rent"},
    {"text": "Ohne Id"},
    {"id": "mehr", "text": "Rente?", "unbekannt": 1},
    {"id": "zahl", "text": 7},
    {"id": "zeichen", "text": "Rente\u0000?"},
    {"id": "ende", "text": "Wen soll ich wählen?"},
]


def run(data: Path, *arguments: str, stdin: str | bytes = "", timeout: float = 90) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ISEGORIA_")}
    environment |= {"ISEGORIA_DATA": str(data), "ISEGORIA_ELECTIONS": str(ELECTIONS), "PYTHONUTF8": "1"}
    raw = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments], cwd=ROOT, env=environment, input=raw, capture_output=True,
        timeout=timeout, check=False,
    )  # fmt: skip
    out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    assert "Traceback" not in err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def lines(rows: list[Any]) -> str:
    """Rows as JSON lines; a text stands for itself."""
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n"


def rows_of(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON lines of the output."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_errors(found: list[dict[str, Any]]) -> None:
    """What every batch command owes for LINES: one row each, in order, and errors with the id where there is one."""
    assert [row.get("id") for row in found] == [
        1, None, None, "leer", "weiß", "lang", "lang-grenze", None, "mehr", "zahl", "zeichen", "ende"
    ]  # fmt: skip
    errors = {n: row["error"] for n, row in enumerate(found) if "error" in row}
    assert sorted(errors) == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    assert all(set(found[n]) == {"id", "error"} for n in errors)
    assert "line 2 is not valid JSON" in errors[1]
    assert "line 3 is not a JSON object" in errors[2]
    assert errors[3] == errors[4] == "the question is empty"
    assert "100000 characters; at most 1000" in errors[5]
    assert "id:" in errors[7] and "unbekannt" in errors[8] and "text" in errors[9]
    assert "U+0000" in errors[10]


def test_guard_keeps_shape_order_and_goes_on_after_bad_lines(demo_data: Path) -> None:
    done = run(demo_data, "guard", "--jsonl", stdin=lines(LINES))
    assert done.returncode == 0
    found = rows_of(done)
    check_errors(found)
    for row in (found[0], found[6], found[11]):
        assert set(row) == {"id", "action", "category", "language", "evidence"}
        assert (row["category"] is None) == (row["action"] == "answer")
    assert found[0]["action"] == "answer"
    assert found[11]["action"] == "refuse"
    for piece in found[11]["evidence"]:
        assert set(piece) == {"start", "end", "text", "turn"}
        assert LINES[11]["text"][piece["start"] : piece["end"]] == piece["text"]


def test_guard_counts_offsets_in_code_points_of_the_line_as_given(demo_data: Path) -> None:
    text = "  👋🏽 Sagen Sie: Wen soll ich wählen?"
    found = rows_of(run(demo_data, "guard", "--election", "demo", "--jsonl", stdin=lines([{"id": "x", "text": text}])))[
        0
    ]
    assert found["action"] == "refuse" and found["evidence"]
    assert all(text[e["start"] : e["end"]] == e["text"] for e in found["evidence"] if e["turn"] == 0)


def test_ask_keeps_the_answer_object_and_stores_nothing_with_no_record(demo_data: Path) -> None:
    done = run(demo_data, "ask", "demo", "--jsonl", "--no-record", stdin=lines(LINES))
    assert done.returncode == 0
    found = rows_of(done)
    check_errors(found)
    for row in (found[0], found[6], found[11]):
        assert set(row) == ANSWER_KEYS
    assert found[0]["status"] == "answered" and found[11]["status"] == "refused_voting_advice"
    assert (
        {c["party"] for c in found[0]["claims"]}
        | {s["party"] for s in found[0]["silent"]}
        | set(found[0]["no_document"])
        == set(found[0]["scope"])
        == set(ORDER)
    )
    assert found[0]["scope"] == ORDER
    for claim in found[0]["claims"]:
        assert set(claim) == {"kind", "text", "party", "citations"}
        assert all(set(c) == CITATION_KEYS and c["quote"] == claim["text"] for c in claim["citations"])
    assert found[11]["claims"] == [] and found[11]["near"] == []
    assert not (demo_data / "records.db").exists()


def test_ask_walks_the_history_and_takes_parties_and_language(demo_data: Path) -> None:
    rows = [
        {"id": "a", "text": "Und die VTG?", "history": ["Was sagt Kompass zu Steuern?"]},
        {"id": "b", "text": "Was ist zu Steuern geplant?", "parties": ["vtg", "kompass"], "language": "en"},
        {"id": "c", "text": "Was ist zu Steuern geplant?", "parties": ["niemand"]},
        {"id": "d", "text": "Was ist zu Steuern geplant?", "language": "eo"},
    ]
    found = rows_of(run(demo_data, "ask", "demo", "--jsonl", "--no-record", stdin=lines(rows)))
    assert found[0]["scope"] == ["vtg"] and found[0]["resolved_question"]
    assert found[1]["scope"] == ["kompass", "vtg"] and found[1]["language"] == "en"
    assert "no party 'niemand'" in found[2]["error"]
    assert "'eo' is not offered" in found[3]["error"]


def test_search_gives_k_hits_per_party_in_party_order(demo_data: Path) -> None:
    rows = [
        *LINES,
        {"id": "k2", "text": "Mieten und Wohnen", "k": 2},
        {"id": "vtg", "text": "Was sagt Kompass zur Rente?", "parties": ["vtg"], "k": 3},
        {"id": "niemand", "text": "Rente", "parties": ["niemand"]},
        {"id": "null", "text": "Rente", "k": 0},
        {"id": "law", "text": "Wie beantrage ich Briefwahl?", "k": 4},
    ]
    done = run(demo_data, "search", "demo", "--jsonl", stdin=lines(rows))
    found = rows_of(done)
    assert done.returncode == 0
    check_errors([*found[:11], found[11]])
    by_id = {row["id"]: row for row in found[12:]}
    hits = by_id["k2"]["hits"]
    assert all(set(hit) == HIT_KEYS and isinstance(hit["score"], int) for hit in hits)
    parties = [hit["party"] for hit in hits]
    assert parties == sorted(parties, key=ORDER.index)
    assert {parties.count(p) for p in parties} == {2}
    assert [hit["rank"] for hit in hits[:2]] == [1, 2]
    assert {hit["party"] for hit in by_id["vtg"]["hits"]} == {"vtg"} and len(by_id["vtg"]["hits"]) == 3
    assert "no party 'niemand'" in by_id["niemand"]["error"]
    assert "k:" in by_id["null"]["error"]
    assert [hit["party"] for hit in by_id["law"]["hits"]] == [None] * 4
    assert all(hit["section"] for hit in by_id["law"]["hits"])


def test_bytes_that_are_no_text_are_a_bad_line(demo_data: Path) -> None:
    raw = b'\xff\xfe{"id"\n' + lines([{"id": 2, "text": "Rente?"}]).encode() + b"\n" + b'{"id": 3, "text": "\\ud800"}\n'
    found = rows_of(run(demo_data, "guard", "--jsonl", stdin=raw))
    assert [row["id"] for row in found] == [None, 2, 3]
    assert "line 1" in found[0]["error"] and found[1]["action"] == "answer" and "error" in found[2]


@pytest.mark.parametrize("command", [["ask", "nirgends"], ["search", "nirgends"], ["guard", "--election", "nirgends"]])
def test_an_election_that_is_not_there_is_one_line_and_exit_2(command: list[str], demo_data: Path) -> None:
    done = run(demo_data, *command, "--jsonl", stdin=lines([{"id": 1, "text": "Rente?"}]))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "nirgends" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_build_of_an_unknown_election_names_the_known_ones(tmp_path: Path) -> None:
    done = run(tmp_path, "build", "nirgends")
    assert done.returncode == 2
    assert "no election 'nirgends'" in done.stderr and "demo" in done.stderr


def test_serve_says_that_its_port_is_taken(demo_data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run(demo_data, "serve", "--port", port)
    assert done.returncode == 2
    assert f"127.0.0.1:{port} is already taken" in done.stderr and "--port" in done.stderr


def test_serve_without_a_build_says_what_to_run(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "8999")
    assert done.returncode == 2
    assert "no election has been built" in done.stderr and "isegoria build demo" in done.stderr


def test_check_quote_says_yes_no_and_unusable(demo_data: Path) -> None:
    asked = rows_of(run(demo_data, "ask", "demo", "--jsonl", "--no-record", stdin=lines(LINES[:1])))[0]
    citation = asked["claims"][0]["citations"][0]
    document, quote = citation["document"], citation["quote"]
    cases = [
        ((document, "1", quote), 0, "verified"),
        ((document, "1", quote.replace(" ", "\n  ", 1)), 0, "verified"),
        ((document, "1", quote + " Frei erfunden."), 1, "not found"),
        ((document, "2", quote), 2, "not 2"),
        (("0" * 64, "1", quote), 2, "no document"),
        ((document, "1", " "), 2, "empty"),
    ]
    for arguments, code, word in cases:
        done = run(demo_data, "check-quote", "demo", *arguments)
        assert (done.returncode, word in done.stdout + done.stderr) == (code, True), (arguments, done)


def test_replay_computes_recorded_answers_again(demo_data: Path, tmp_path: Path) -> None:
    data = with_builds(demo_data, tmp_path / "data")
    done = run(data, "ask", "demo", "--jsonl", stdin=lines([LINES[0], LINES[11]]))
    assert done.returncode == 0, done.stderr
    asked = rows_of(done)
    assert len(asked) == 2
    assert all(row["record"] for row in asked)
    assert run(data, "replay", asked[0]["record"]).returncode == 0
    assert run(data, "replay", "--all").returncode == 0
    assert run(data, "replay", "0" * 32).returncode == 2
    assert run(data, "replay").returncode == 2


def test_a_record_is_erased_and_an_incident_told(demo_data: Path, tmp_path: Path) -> None:
    data = with_builds(demo_data, tmp_path / "data")
    first, second = (row["record"] for row in rows_of(run(data, "ask", "demo", "--jsonl", stdin=lines([LINES[0]] * 2))))
    done = run(data, "erase", first)
    assert (done.returncode, done.stdout.split(";")[0]) == (0, "records erased: 1")
    assert "was erased before" in run(data, "erase", first).stdout
    assert run(data, "replay", first).returncode == 2
    assert run(data, "erase", "--older-than", "30").stdout.startswith("records erased: 0")
    assert run(data, "replay", second).returncode == 0
    assert run(data, "erase", "--older-than", "0").stdout.startswith("records erased: 1")
    assert run(data, "audit", "incident", "On Monday no answers were given for an hour.").returncode == 0
    for wrong, word in {
        ("erase",): "give one of",
        ("erase", second, "--older-than", "1"): "give one of",
        ("erase", "0" * 32): "no record has this id",
        ("erase", "--conversation", "0" * 32): "no conversation has this id",
        ("audit", "incident", " "): "empty",
        ("audit", "incident", "x" * 1000): "too long",
    }.items():
        done = run(data, *wrong)
        assert (done.returncode, word in done.stderr, "Traceback" in done.stderr) == (2, True, False), done


def test_every_command_explains_itself(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    for command in ("build", "serve", "guard", "ask", "search", "replay", "erase", "check-quote", "evaluate"):
        assert command in done.stdout
