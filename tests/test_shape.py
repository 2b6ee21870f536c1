"""House style, as far as a machine can see it (design, section 11)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from app.packs import load_pack
from domain.election import Election
from tests.neutrality.worlds import certain

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("audit", "domain", "guardrails", "app", "ingestion", "evaluation")
MODULES = sorted(p for name in (*PACKAGES, "audit") for p in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
GUIDE_LINES, CEILING_LINES = 200, 400
GUIDE_FUNCTION, CEILING_FUNCTION = 40, 80
CLOCKS = ("app/main.py", "app/api/limits.py")
"""Where a clock may be read: the composition root, and the day by which the limiter forgets, given as a default."""
EXCEPTIONS = ROOT / "tests" / "shape_exceptions.txt"
VAGUE = re.compile(r"(Manager|Helper|Util|Utils|Processor)$")
HEAVY = (
    "torch",
    "llama_index",
    "fastapi",
    "qdrant_client",
    "qdrant_edge",
    "onnxruntime",
    "sentence_transformers",
    "nltk",
)
MAY_NAME_REAL_PARTIES = ("tests/corpora/", "tests/domain/", "tests/elections/")
"""Tests that read the corpora, or whose matter is the finding of these very names."""


def tree(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    """The path as written in this repository."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_says_what_it_promises(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    if not source.strip():
        assert path.name == "__init__.py"
        return
    docstring = ast.get_docstring(tree(path))
    assert docstring, "no module docstring"
    assert len(docstring.splitlines()) <= 25
    if path.name not in ("__init__.py", "__main__.py"):
        assert "from __future__ import annotations" in source


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, methods included."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_modules_and_functions_stay_short(capsys: pytest.CaptureFixture[str]) -> None:
    """The guide is printed; the ceiling holds; what lies between needs a reason in the committed list."""
    reasons = dict(
        line.split(": ", 1)
        for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    )
    long = {named(p): n for p in MODULES if (n := len(p.read_text(encoding="utf-8").splitlines())) > GUIDE_LINES}
    tall = {
        f"{named(p)}:{f.name}": n
        for p in MODULES
        for f in functions(tree(p))
        if (n := (f.end_lineno or f.lineno) - f.lineno + 1) > GUIDE_FUNCTION
    }
    with capsys.disabled():
        print(f"\nmodules over {GUIDE_LINES} lines: {long}\nfunctions over {GUIDE_FUNCTION} lines: {tall}")
    assert [p for p, n in long.items() if n > CEILING_LINES] == []
    assert [f for f, n in tall.items() if n > CEILING_FUNCTION] == []
    assert sorted(set(long) - set(reasons)) == [], "say why in tests/shape_exceptions.txt"
    assert sorted(p for p in reasons if not (ROOT / p).exists()) == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_names_say_what_a_thing_is(path: Path) -> None:
    classes = [n.name for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef)]
    assert [name for name in classes if VAGUE.search(name)] == []
    public = [f for f in functions(tree(path)) if not f.name.startswith("_")]
    top = {f.name for f in tree(path).body if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert [f.name for f in public if f.name in top and ast.get_docstring(f) is None] == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_bare_except_and_no_clock_or_environment_in_passing(path: Path) -> None:
    module = tree(path)
    assert not [n.lineno for n in ast.walk(module) if isinstance(n, ast.ExceptHandler) and n.type is None]
    calls = [ast.unparse(n.func) for n in ast.walk(module) if isinstance(n, ast.Call)]
    if named(path) not in CLOCKS:
        assert not [c for c in calls if c.endswith((".now", ".utcnow", ".today")) and "chance" not in c]
    outside = [n for n in module.body if not isinstance(n, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)]
    text = "\n".join(ast.unparse(n) for n in outside if not isinstance(n, ast.Import | ast.ImportFrom | ast.Expr))
    assert "environ" not in text and "getenv" not in text


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_nothing_is_patched(path: Path) -> None:
    module = tree(path)
    imported = {a.name for n in ast.walk(module) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module or "" for n in ast.walk(module) if isinstance(n, ast.ImportFrom)}
    assert not {m for m in imported if m.startswith(("unittest.mock", "mock"))}
    assert not [n.attr for n in ast.walk(module) if isinstance(n, ast.Attribute) and n.attr in ("setattr", "delattr")]


def elections(*fictional: bool) -> list[Election]:
    """The packs that are invented, or real, or both."""
    packs = [load_pack(p.parent) for p in sorted((ROOT / "elections").glob("*/election.yaml"))]
    return [pack for pack in packs if pack.fictional in fictional]


def names_in(paths: Iterable[Path], packs: Sequence[Election]) -> dict[str, list[str]]:
    """Files that hold a certain name of a party of these packs, with the names."""
    forms = {f for pack in packs for party in pack.parties for f in certain(party) if len(f) >= 3}
    known = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) + r")(?!\w)")
    found = {named(path): sorted(set(known.findall(path.read_text(encoding="utf-8")))) for path in paths}
    return {path: hits for path, hits in found.items() if hits}


def test_no_party_is_named_in_code() -> None:
    """Only packs name parties, the invented ones too."""
    assert names_in([*MODULES, *sorted((ROOT / "bench").rglob("*.py"))], elections(True, False)) == {}


def test_real_parties_are_named_only_by_tests_that_must() -> None:
    files = [p for ending in ("py", "yaml", "json") for p in sorted((ROOT / "tests").rglob(f"*.{ending}"))]
    found = names_in(files, elections(False))
    assert [path for path in found if not path.startswith(MAY_NAME_REAL_PARTIES)] == []
    assert found, "the names are looked for, and found where they may stand"


def test_importing_the_composition_root_stays_light() -> None:
    code = f"import sys, app.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def documents() -> list[Path]:
    """README and everything under docs."""
    return [p for p in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if p.exists()]


def test_every_command_that_the_documentation_mentions_exists() -> None:
    from app.cli import app as commands

    known = {c.name or (c.callback.__name__ if c.callback else "") for c in commands.registered_commands}
    known |= {g.name or "" for g in commands.registered_groups}
    mentioned = {
        (named(path), word)
        for path in documents()
        for word in re.findall(
            r"(?:^|[`$\s/])isegoria ([a-z][a-z-]+)", "\n".join(_code(path.read_text(encoding="utf-8")))
        )
    }
    assert mentioned
    assert sorted((p, w) for p, w in mentioned if w not in known) == []


def test_every_make_target_that_the_documentation_mentions_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    mentioned = {
        (named(path), word)
        for path in documents()
        for word in re.findall(r"\bmake ([a-z][a-z-]+)", "\n".join(_code(path.read_text(encoding="utf-8"))))
    }
    assert sorted((p, w) for p, w in mentioned if w not in targets) == []


def _code(text: str) -> list[str]:
    """Code spans and blocks of a Markdown text."""
    return [a or b for a, b in re.findall(r"```[^\n]*\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)]


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in documents():
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                broken.append((named(path), target))
    assert broken == []
