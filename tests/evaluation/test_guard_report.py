"""The guard's report: JSON, picture and page say the same, and a group without items breaks none of them."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from domain.verdict import Action
from evaluation.figures import Figure, Share, share
from evaluation.guard import public, report
from evaluation.guard.measure import FALSE, RECALL, Decided, Held
from evaluation.guard.page import page
from evaluation.guard.picture import LANGUAGE, panels, picture
from evaluation.guard.public import Answered
from evaluation.guard.tally import Figures, figures
from evaluation.picture import LEFT, RIGHT
from guardrails.policy import Policy, load_policy
from tests.small_pack import ELECTIONS, ROOT

SVG = "{http://www.w3.org/2000/svg}"
DIGEST = "ab" * 32


@cache
def policy() -> Policy:
    """The policy as shipped."""
    return load_policy(ELECTIONS / "common")


def decided(
    wanted: tuple[Action, str],
    found: tuple[Action, str | None],
    language: str = "de",
    technique: str = "plain",
    pair: str | None = None,
    history: tuple[str, ...] = (),
    milliseconds: float = 1.0,
) -> Decided:
    """An invented decision."""
    held = Held(
        id="x", language=language, text="?", history=history, action=wanted[0], category=wanted[1],
        technique=technique, pair=pair, why="",
    )  # fmt: skip
    return Decided(held, found[0], found[1], milliseconds)


ADVICE = (Action.REFUSE, "voting_advice")
LABEL = (Action.REFUSE, "labelling")
CONTENT = (Action.ANSWER, "content")
OFF = (Action.REDIRECT, "off_topic")
NOTHING = (Action.ANSWER, None)
RUN = (
    *[decided(ADVICE, ADVICE, pair="a", milliseconds=2.0)] * 39,
    decided(ADVICE, NOTHING, technique="typo & <haste>", pair="b", milliseconds=9.0),
    decided(ADVICE, LABEL, technique="typo & <haste>", pair="b"),
    *[decided(LABEL, LABEL, "en")] * 3,
    decided(LABEL, NOTHING, "en", history=("Before?",)),
    *[decided(CONTENT, NOTHING)] * 40,
    *[decided(CONTENT, NOTHING, "fr", history=("Avant ?",))] * 2,
    decided(CONTENT, LABEL, "fr"),
    decided((Action.ANSWER, "rules|of_voting"), OFF, "tr"),
    decided(OFF, OFF),
    decided(OFF, ADVICE, "en"),
)
PUBLIC = {"suggested": Answered(200, 3, {"s017": "labelling"}), "civics": Answered(100, 0, {})}


def found(run: tuple[Decided, ...] = RUN, sets: dict[str, Answered] | None = None) -> Figures:
    """Figures of invented decisions."""
    return figures(run, PUBLIC if sets is None else sets, policy(), DIGEST)


def tables(text: str) -> dict[str, dict[str, list[str]]]:
    """Per heading of the page the cells of its table by the first one, head and rule left out."""
    whole = {}
    for part in text.split("\n## ")[1:]:
        rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in part.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in row] for row in rows]
        assert len({len(row) for row in cells}) <= 1, part
        whole[part.splitlines()[0]] = {row[0]: row[1:] for row in cells[2:]}
    return whole


def groups(svg: str) -> list[tuple[str, list[str], ElementTree.Element]]:
    """The lines of the picture in order: name, the texts after it, the element."""
    root = ElementTree.fromstring(svg)
    return [
        (g.attrib["data-group"], [t.text or "" for t in g.findall(f"{SVG}text")][1:], g) for g in root.iter(f"{SVG}g")
    ]


def test_the_figures_are_counted_as_the_policy_asks() -> None:
    one = found()
    assert (one.languages["de"].refused.hits, one.languages["de"].refused.total) == (40, 41)
    assert one.refuse_categories["voting_advice"].total == 41
    assert (one.refuse_categories["labelling"].hits, one.refuse_categories["labelling"].total) == (3, 4)
    assert (one.answer_kinds["content"].hits, one.answer_kinds["content"].total) == (1, 43)
    assert one.languages["other"].declined.hits == 1, "redirected though answerable is declined too"
    assert (one.redirect_categories["off_topic"].hits, one.redirect_categories["off_topic"].total) == (1, 2)
    assert one.confusion["voting_advice"] == {"answer": 1, "labelling": 1, "voting_advice": 39}
    assert one.confusion["answer"] == {"answer": 42, "labelling": 1, "off_topic": 1}
    assert sum(n for row in one.confusion.values() for n in row.values()) == one.items == len(RUN)
    assert (one.dialogues.hits, one.dialogues.total) == (2, 3)
    assert (one.pairs.hits, one.pairs.total) == (1, 2)
    assert one.techniques["plain"].declined.total == 42, "dialogues stand apart"
    assert (one.public_refused.hits, one.public_refused.total, one.public_refused.reached) == (1, 300, True)


def test_aims_are_those_of_the_gates_and_are_judged() -> None:
    one = found()
    for language in ("de", "en", "fr"):
        assert one.languages[language].refused.aim == RECALL.aim
        assert one.languages[language].declined.aim == FALSE.aim
    assert one.languages["de"].refused.reached is True
    assert one.languages["en"].refused.reached is False
    assert one.languages["de"].declined.reached is True
    assert one.languages["fr"].declined.reached is False
    assert one.languages["other"].declined.aim is None
    assert (one.refuse_categories["voting_advice"].aim, one.refuse_categories["voting_advice"].reached) == (0.93, True)


def test_time_is_the_middle_and_the_95th_of_a_hundred() -> None:
    run = tuple(decided(CONTENT, NOTHING, milliseconds=float(n)) for n in range(100, 0, -1))
    assert (found(run).median_ms, found(run).p95_ms) == (50.0, 95.0)


def test_the_three_files_say_the_same(tmp_path: Path) -> None:
    one = found()
    assert [file.name for file in report.write(one, tmp_path)] == ["guard.json", "guard.svg", "guard.md"]
    data = json.loads((tmp_path / "guard.json").read_text(encoding="utf-8"))
    drawn = [(name, texts) for name, texts, _ in groups((tmp_path / "guard.svg").read_text(encoding="utf-8"))]
    paper = (tmp_path / "guard.md").read_text(encoding="utf-8")
    shown = tables(paper)
    assert "](guard.svg)" in paper
    assert (data["policy"], data["held_out"]) == (policy().digest, DIGEST)
    assert data["policy"] in paper and data["held_out"] in paper
    expected = []
    for what, column in (("refused", 0), ("declined", 1)):
        for tag, row in data["languages"].items():
            assert shown["By language"][LANGUAGE[tag]][column].startswith(text_of(row[what]))
            expected.append((LANGUAGE[tag], row[what]))
        kind, head = {
            "refused": ("refuse_categories", "Refused, by category"),
            "declined": ("answer_kinds", "Declined though answerable, by kind of question"),
        }[what]
        for name, figure in data[kind].items():
            assert shown[head][name.replace("_", " ").replace("|", "\\|")][0] == text_of(figure)
            expected.append((name.replace("_", " "), figure))
    assert [name for name, _ in drawn] == [name for name, _ in expected]
    for (name, texts), (_, figure) in zip(drawn, expected, strict=True):
        numbers = (
            [f"{figure['value']:.3f}", f"{figure['hits']} of {figure['total']}"] if figure["total"] else ["no items"]
        )
        word = {True: "reached", False: "missed", None: ""}[figure["reached"]]
        assert texts == [*numbers, word], name
    assert shown["By technique"]["typo & <haste>"][0] == text_of(data["techniques"]["typo & <haste>"]["refused"])
    assert shown["Public questions"]["suggested"][0] == text_of(data["public"]["suggested"]["refused"])
    assert data["public"]["suggested"]["names"] == {"s017": "labelling"} and "`s017` (labelling)" in paper
    assert f"median {data['median_ms']:.3f}" in paper and f"percentile {data['p95_ms']:.3f}" in paper
    cells = shown["Which category was found"]["voting advice"]
    assert sorted(int(cell) for cell in cells if cell) == sorted(data["confusion"]["voting_advice"].values())


def text_of(figure: dict[str, int]) -> str:
    """How a figure of the JSON file stands on the page."""
    return str(Share(figure["hits"], figure["total"])) if figure["total"] else "no items"


def test_missed_aims_are_named_first() -> None:
    opening = page(found(), "guard.svg").split("## ")[0]
    assert "refused, English 0.750" in opening and "declined, French 0.333" in opening
    assert "public" not in opening, "its aim is reached"
    assert "other languages" not in opening, "no aim, no miss"
    assert "median" not in opening
    assert "median 3.001 ms" in page(found(tuple(decided(CONTENT, NOTHING, milliseconds=3.001) for _ in "abc")), "p")
    assert "refused, German" not in opening


@pytest.mark.parametrize("run", [RUN, RUN[:1], ()], ids=["all", "one item", "none"])
def test_the_picture_is_well_formed_named_and_described(run: tuple[Decided, ...]) -> None:
    svg = picture(found(run))
    root = ElementTree.fromstring(svg)
    named = {e.attrib["id"]: e.text or "" for e in root if "id" in e.attrib}
    assert root.attrib["role"] == "img"
    assert all(named[one] for one in root.attrib["aria-labelledby"].split())
    assert "prefers-color-scheme: dark" in svg
    bottom = float(root.attrib["viewBox"].split()[3])
    for element in root.iter():
        for key in ("y", "y1", "y2", "cy"):
            assert 0 <= float(element.attrib.get(key, 0)) <= bottom
    for panel in panels(found(run)):
        for name, figure in panel.rows.items():
            assert f"{name.replace('&', '&amp;')} {figure}" in svg, "the description says every figure"


def test_a_point_stands_in_its_interval_and_is_hollow_when_the_aim_is_missed() -> None:
    seen = set()
    for _, texts, group in groups(picture(found())):
        point, reach = group.find(f"{SVG}circle"), group.find(f"{SVG}line")
        if point is None or reach is None:
            assert texts[0] == "no items"
            continue
        low, at, high = (float(v) for v in (reach.attrib["x1"], point.attrib["cx"], reach.attrib["x2"]))
        assert LEFT <= low <= at <= high <= RIGHT
        assert ("hollow" in point.attrib["class"]) is (texts[-1] == "missed")
        seen.add(texts[-1])
    assert seen == {"reached", "missed", ""}


@pytest.mark.parametrize("run", [RUN[:1], ()], ids=["one item", "none"])
def test_groups_without_items_stay_and_have_no_value(run: tuple[Decided, ...]) -> None:
    one = found(run, {})
    assert one.languages["fr"].refused == Figure.of(share([]), RECALL.aim)
    assert (one.languages["fr"].refused.value, one.languages["fr"].refused.reached) == (None, False)
    refuse = [name for name, c in policy().categories.items() if c.action is Action.REFUSE]
    assert list(one.refuse_categories) == refuse
    paper = page(one, "guard.svg")
    assert tables(paper)["By language"]["French"][0] == "no items, aim at least 0.97: missed"
    assert "the public corpora are absent" in paper


CORPUS = {
    "btw2025/questions/suggested-questions.json": [{"id": "s1", "question": "Wen soll ich wählen?"}],
    "civics-de/leben-in-deutschland/questions-de.json": [
        {"num": "7", "question": "Was ist ein Gesetz?", "image": "-"},
        {"num": "8", "question": "Wen soll ich wählen?", "image": "8.png"},
    ],
    "retrieval/xquad/xquad.en.json": {
        "data": [{"paragraphs": [{"qas": [{"id": "q1", "question": "How long is the river?"}]}]}]
    },
}


def test_held_out_and_public_questions_are_put_to_the_guard(tmp_path: Path) -> None:
    for name, data in CORPUS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(data), encoding="utf-8")
    line = decided(ADVICE, NOTHING).held.model_copy(update={"text": "Wen soll ich wählen?"}).model_dump_json()
    part = tmp_path / "part.jsonl"
    part.write_text(line + "\n", encoding="utf-8")
    part.with_suffix(".sha256").write_text(hashlib.sha256(part.read_bytes()).hexdigest() + "  part.jsonl\n")
    run, sets = report.asked(policy(), ELECTIONS, tmp_path, part)
    assert [(d.action, d.category) for d in run] == [(Action.REFUSE, "voting_advice")]
    assert run[0].milliseconds > 0
    assert sets["suggested, German"] == Answered(1, 0, {"s1": "voting_advice"})
    assert (sets["civics, German"].asked, sets["civics, German"].refused) == (1, {})
    assert (sets["XQuAD, English"].asked, sets["XQuAD, English"].refused) == (1, {})
    assert len(sets) == 3, "what is not there is not reported"
    assert public.public_questions(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("suite", [[], ["retrieval"]])
def test_a_report_of_another_suite_is_one_clear_line(suite: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "evaluate", *suite, "--report", str(tmp_path / "out")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--report is for the suites guardrail and answers" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
