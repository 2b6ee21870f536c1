"""Documentation that fails the build when it lies: commands, settings, statuses, links, numbers, examples.

What a page claims about the program is compared with the program; what it cannot know (a real
party, this machine) must not stand in it.
"""

from __future__ import annotations

import importlib
import json
import re
import shlex
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from app.api.application import VERSION
from app.cli import app
from app.common import load_common
from app.packs import load_pack
from app.settings import Settings
from domain.answer import AnswerStatus
from evaluation.suggested import FIRST, SILENCE

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))
OURS = r"(?:audit|domain|guardrails|app|ingestion|evaluation|frontend|bench|tests|docs|elections|scripts)"
NAMES = [str(p.relative_to(ROOT)) for p in PAGES]
DECLINED = re.compile("declined|redirected").match
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```", "", text(page), flags=re.DOTALL | re.MULTILINE)


def code(page: Path) -> Iterator[str]:
    """Every code span, and every line of a code block."""
    yield from re.findall(r"`([^`\n]+)`", prose(page))
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", text(page), flags=re.DOTALL | re.MULTILINE):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"^    (\S.*)$", prose(page), flags=re.MULTILINE)


def table(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table after a line that begins with `heading`, without its head."""
    rows = text(ROOT / page).split(f"\n{heading}", 1)[1].splitlines()
    start = next(i for i, row in enumerate(rows) if row.startswith("|"))
    found = []
    for row in rows[start + 2 :]:
        if not row.startswith("|"):
            break
        found.append([cell.strip() for cell in row.strip("|").split("|")])
    return found


def commands() -> dict[str, set[str]]:
    """Every command of the program with its options, those of a group together."""
    group: Any = typer.main.get_command(app)
    return {name: options(command) for name, command in group.commands.items()}


def options(command: Any) -> set[str]:
    """The options of a command and of the commands in it."""
    own = {o for p in command.params if p.param_type_name == "option" for o in p.opts} - {"--help"}
    return own.union(*(options(inner) for inner in getattr(command, "commands", {}).values()))


def test_every_command_and_option_is_documented_and_none_that_does_not_exist() -> None:
    documented = {}
    for row in table("docs/operations.md", "## Commands"):
        name = row[0].strip("`").split()[1]
        documented[name] = set(OPTION.findall(row[2]))
    assert documented == commands()


@EVERY_PAGE
def test_commands_on_a_page_exist_with_their_options(page: Path) -> None:
    known = commands()
    for line in code(page):
        called = re.match(r"(?:\.venv/bin/)?isegoria ([a-z][a-z-]*)(.*)", line.strip())
        if called is None:
            continue
        name, rest = called.groups()
        assert name in known, line
        given = {word for word in shlex.split(rest, comments=True) if word.startswith("--")} - {"--help"}
        assert given <= known[name], line


@EVERY_PAGE
def test_make_targets_on_a_page_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), flags=re.MULTILINE))
    named = {m for line in code(page) for m in re.findall(r"\bmake ([a-z]+)", line)}
    assert named <= targets


def shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def settings() -> dict[str, tuple[str, str]]:
    """Environment variable to default and description."""
    return {
        f"ISEGORIA_{name.upper()}": (shown(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    rows = table("docs/settings.md", "<!-- settings -->")
    told = {
        name.strip("`"): ("" if default == "unset" else default.strip("`"), meaning) for name, default, meaning in rows
    }
    assert told == settings()


def test_the_example_of_settings_shows_every_one_with_its_default() -> None:
    lines = dict(re.findall(r"^#?(ISEGORIA_\w+)=(.*)$", text(ROOT / ".env.example"), flags=re.MULTILINE))
    assert lines == {name: default for name, (default, _) in settings().items()}


@EVERY_PAGE
def test_every_variable_on_a_page_is_read_somewhere(page: Path) -> None:
    read = set(settings()) | {"ISEGORIA_SOAK", "ISEGORIA_CORPORA"}
    assert set(re.findall(r"\bISEGORIA_[A-Z_]+", text(page))) <= read


def test_every_status_has_its_line_and_its_family() -> None:
    told = {row[0].strip("`"): row[1] for row in table("docs/nomenclature.md", "## Statuses")}
    assert told == {status.value: status.family for status in AnswerStatus}


def test_the_statuses_called_not_produced_yet_are_those() -> None:
    sources = "".join(text(p) for folder in ("app", "guardrails") for p in (ROOT / folder).rglob("*.py"))
    named = set(re.findall(r"AnswerStatus\.([A-Z_]+)", sources))
    by_policy = {category.status for category in load_common(ROOT / "elections").policy.categories.values()}
    never = {s.value for s in AnswerStatus if s.name not in named and s not in by_policy}
    sentence = text(ROOT / "docs/nomenclature.md").split("Not produced yet:")[1].split("(")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == never


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        assert there.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(there), f"{page.name} links to {target}"


@EVERY_PAGE
def test_files_and_tests_that_a_page_names_exist(page: Path) -> None:
    tests = "".join(text(p) for p in (ROOT / "tests").rglob("test_*.py"))
    for span in re.findall(r"`([^`\n]+)`", prose(page)):
        if re.fullmatch(rf"{OURS}/[\w./-]*", span):
            assert (ROOT / span).exists(), f"{page.name} names {span}"
        if re.fullmatch(r"test_\w+", span):
            assert f"def {span}(" in tests, f"{page.name} names {span}"


DECISIONS = sorted((ROOT / "docs" / "decisions").glob("0*.md"))


@pytest.mark.parametrize("page", DECISIONS, ids=[p.name for p in DECISIONS])
def test_a_decision_has_its_four_parts_and_is_listed(page: Path) -> None:
    assert re.findall(r"^## (.+)$", text(page), flags=re.MULTILINE) == ["Context", "Decision", "Consequences", "Code"]
    assert re.match(rf"# {int(page.name[:4])}\. ", text(page))
    assert f"]({page.name})" in text(page.parent / "README.md")
    assert re.search(rf"`{OURS}/", text(page).split("## Code")[1])


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(p.name[:4]) for p in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_numbers_that_decide_are_those_of_the_code() -> None:
    rows = table("docs/method.md", "## Numbers that decide")
    assert len(rows) >= 8
    for name, value in rows:
        module, _, constant = name.split("`")[1].rpartition(".")
        assert getattr(importlib.import_module(module), constant) == int(value), name


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text(ROOT / "docker-compose.yml"))
    return loaded


def test_the_compose_file_says_nothing_unknown() -> None:
    file = compose()
    assert set(file) == {"name", "services", "volumes"}
    for name, service in file["services"].items():
        assert ("build" in service) != ("image" in service), name
        for variable in service.get("environment", {}):
            assert variable in settings() or variable.startswith("POSTGRES_"), variable
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in file["volumes"], volume
        if "image" in service:
            assert service["profiles"], "what is optional needs a profile"
            assert re.search(r":v?\d", service["image"]), "an image without a version is another one tomorrow"
    stages = re.findall(r"^FROM \S+ AS (\w+)$", text(ROOT / "Dockerfile"), flags=re.MULTILINE)
    assert {s["build"]["target"] for s in file["services"].values() if "build" in s} <= set(stages)
    hinted = set(re.findall(r"# (ISEGORIA_\w+)=", text(ROOT / "docker-compose.yml")))
    assert hinted <= set(settings())


def stage(name: str) -> str:
    """One stage of the Dockerfile."""
    parts = re.split(r"^(?=FROM )", text(ROOT / "Dockerfile"), flags=re.MULTILINE)
    return next(p for p in parts if p.startswith("FROM ") and p.splitlines()[0].endswith(f" AS {name}"))


def test_the_serving_image_is_small_unprivileged_and_watched() -> None:
    serve, base = stage("serve"), stage("base")
    assert serve.startswith("FROM base ")
    assert text(ROOT / "Dockerfile").rstrip().endswith(serve.rstrip()), "the last stage is what is built by default"
    assert "USER isegoria" in serve
    assert "/healthz" in serve.split("HEALTHCHECK")[1]
    assert "ingest" not in base.split("RUN pip install")[1].splitlines()[0]
    assert "embeddings" not in text(ROOT / "Dockerfile")


def test_the_image_copies_what_exists_and_what_the_context_holds() -> None:
    allowed = {line[1:] for line in text(ROOT / ".dockerignore").splitlines() if line.startswith("!")}
    for line in re.findall(r"^COPY (?!--from)(.+)$", text(ROOT / "Dockerfile"), flags=re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert source.split("/")[0] in allowed, source


def test_every_package_of_the_program_is_in_the_image() -> None:
    packages = re.search(r"^packages = \[(.+)\]$", text(ROOT / "pyproject.toml"), flags=re.MULTILINE)
    assert packages is not None
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"COPY {package}/ {package}/" in stage("base"), package


def examples() -> list[tuple[str, str, Any]]:
    """Marked examples of the README: name, command line, expected JSON."""
    pattern = r"<!-- example: (\w+) -->\n```\n(.+?)\n```\n```json\n(.+?)\n```"
    found = re.findall(pattern, text(ROOT / "README.md"), flags=re.DOTALL)
    return [(name, line, json.loads(expected)) for name, line, expected in found]


def agrees(told: Any, real: Any) -> bool:
    """Whether shortened output is true: `…` ends a cut text, objects and lists may leave things out, order stays."""
    if isinstance(told, dict):
        return isinstance(real, dict) and all(k in real and agrees(v, real[k]) for k, v in told.items())
    if isinstance(told, list):
        rest = iter(real)
        return all(any(agrees(one, other) for other in rest) for one in told)
    if isinstance(told, str) and told.endswith("…"):
        return isinstance(real, str) and real.startswith(told[:-1])
    return bool(told == real)


def test_shortened_output_is_compared_as_it_reads() -> None:
    assert agrees({"a": ["x", "z…"]}, {"a": ["x", "y", "zzz"], "b": 1})
    assert not agrees(["z", "x"], ["x", "z"])
    assert not agrees({"a": 1}, {"a": 2})


@pytest.mark.parametrize(("name", "line", "expected"), examples(), ids=[e[0] for e in examples()])
def test_the_examples_of_the_readme_are_true(
    name: str, line: str, expected: Any, demo_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISEGORIA_DATA", str(demo_data))
    monkeypatch.setenv("ISEGORIA_ELECTIONS", str(ROOT / "elections"))
    program, command, *rest = shlex.split(line)
    assert (program, command) == ("isegoria", name)
    ran = CliRunner().invoke(app, [command, *rest, *(["--no-record"] if command == "ask" else [])])
    assert ran.exit_code == 0, ran.output
    assert agrees(expected, json.loads(ran.stdout)), ran.stdout


def test_there_are_examples() -> None:
    assert {name for name, _, _ in examples()} == {"ask", "guard", "search"}


def test_what_the_readme_says_is_declined_is_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISEGORIA_ELECTIONS", str(ROOT / "elections"))
    rows = table("README.md", "## What it answers, and what it does not")
    lines = "\n".join(json.dumps({"id": i, "text": row[0]}) for i, row in enumerate(rows))
    ran = CliRunner().invoke(app, ["guard", "--jsonl"], input=lines)
    got = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(got) == len(rows) >= 8
    for (question, told), verdict in zip(rows, got, strict=True):
        action = {"declined": "refuse", "redirected": "redirect"}.get(told.split(":")[0], "answer")
        if verdict["category"] == "about_service":
            action = "redirect"
        assert verdict["action"] == action, question


def test_what_the_readme_says_is_answered_is_answered_that_way(
    demo_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISEGORIA_DATA", str(demo_data))
    monkeypatch.setenv("ISEGORIA_ELECTIONS", str(ROOT / "elections"))
    told = {
        "quotations of each party": lambda a: len({c["party"] for c in a["claims"]}) > 1 and a["silent"],
        "quotations of that one party": lambda a: len(a["scope"]) == 1 and a["claims"],
        "reviewed cards": lambda a: len(a["claims"]) > 2 and all(c["kind"] == "card" for c in a["claims"]),
        "told that Polish": lambda a: a["status"] == "clarify" and not a["claims"] and not a["silent"],
        "who runs the service": lambda a: a["status"] == "about_service",
    }
    rows = [row for row in table("README.md", "## What it answers, and what it does not") if not DECLINED(row[1])]
    assert len(rows) == len(told)
    lines = "\n".join(json.dumps({"id": row[1], "text": row[0]}) for row in rows)
    ran = CliRunner().invoke(app, ["ask", "demo", "--jsonl", "--no-record"], input=lines)
    for answer in map(json.loads, ran.stdout.splitlines()):
        matching = [holds for start, holds in told.items() if answer["id"].startswith(start)]
        assert [bool(holds(answer)) for holds in matching] == [True], answer["id"]


def test_a_figure_of_the_readme_that_misses_its_aim_is_called_missed() -> None:
    rows = table("README.md", "<!-- figures -->")
    judged = 0
    for what, figure, aim, reached, _ in rows:
        if aim == "none set":
            assert reached == "", what
        elif aim != "there":
            sign, mark = aim.split()
            value = float(figure.split()[0])
            holds = value >= float(mark) if sign == "≥" else value <= float(mark)
            assert reached == ("yes" if holds else "**missed**"), what
            judged += 1
    assert judged >= 5
    aims = {row[0].split(": ")[-1]: row[2] for row in rows}
    assert aims["first quotation relevant"] == f"≥ {FIRST.aim:.2f}"
    assert aims["a party that says something is declared silent"] == f"≤ {SILENCE.aim:.2f}"
    benchmarks = table("docs/benchmarks.md", "## Ratios")
    short = sum(row[3] == "NO" for row in benchmarks)
    assert rows[-1][3] == (f"{short} **missed**" if short else "yes")


def test_one_version_everywhere() -> None:
    version = re.search(r'^version = "(.+)"$', text(ROOT / "pyproject.toml"), flags=re.MULTILINE)
    assert version is not None
    assert version[1] == VERSION
    assert VERSION in text(ROOT / "CHANGELOG.md")


def test_the_changelog_keeps_its_format() -> None:
    headings = re.findall(r"^## (.+)$", text(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)
    assert headings[0].startswith("[Unreleased]")
    for heading in headings[1:]:
        assert re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", heading), heading


def test_the_picture_can_be_read_without_eyes_and_in_the_dark() -> None:
    picture = ET.parse(ROOT / "docs/images/hops.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    words = {e.tag.removeprefix(space): e.text or "" for e in picture if e.tag in {f"{space}title", f"{space}desc"}}
    assert words["title"]
    assert words["desc"].count(": ") >= 8
    assert "prefers-color-scheme: dark" in text(ROOT / "docs/images/hops.svg")
    listed = re.findall(r"^(\d)\. \*\*(\w+)\*\*", text(ROOT / "README.md"), flags=re.MULTILINE)
    drawn = [(e.text or "").split(",")[0] for e in picture.iter(f"{space}text") if e.get("class") == "h"]
    assert [name for _, name in listed] == drawn


PRIVATE = re.compile(
    r"/(?:work|tmp|root|home|Users|mnt|opt)/|\w*(?:registry|artifactory|nexus|devpi|pypi)[\w-]*\.\w+",
    re.IGNORECASE,
)
HOSTS = {"127.0.0.1", "keepachangelog.com", "semver.org", "qdrant", "service.example", "www.example.org"}
COMMITTED = (*PAGES, ROOT / "Dockerfile", ROOT / "docker-compose.yml", ROOT / ".env.example", ROOT / ".dockerignore")


@pytest.mark.parametrize("page", COMMITTED, ids=[str(p.relative_to(ROOT)) for p in COMMITTED])
def test_nothing_of_this_machine_stands_in_it(page: Path) -> None:
    plain = text(page).replace("- /tmp\n", "")  # a memory file system of the container
    assert PRIVATE.findall(plain) == []
    assert set(re.findall(r"https?://([\w.-]+)", plain)) <= HOSTS


@EVERY_PAGE
def test_no_real_party_is_named(page: Path) -> None:
    words = prose(page)
    for folder in sorted(p.parent for p in ROOT.glob("elections/*/election.yaml")):
        election = load_pack(folder)
        if election.fictional:
            continue
        names = {n for p in election.parties for n in (*p.short.values(), *p.name.values())}
        names |= {person.name for p in election.parties for person in p.people}
        for name in sorted(names):
            assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words), f"{page.name} names {name}"
