"""The published line between what is answered and what is not, loaded from YAML and checked whole.

Promise: a policy that loads has a wording status, reasons and examples for every category, rules
that compile, and a digest over everything that can change a decision. Anything else raises
PolicyError with file and field; nothing ever falls back to "answer".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import Field, ValidationError

from domain.answer import AnswerStatus
from domain.base import Digest, Frozen, Language, Localised, digest_of
from domain.verdict import Action
from guardrails.rules import Compiled, PatternError, Rule, compile_pattern, rule_words, vocabulary

GUARD_FOLDER = "guard"
Model = TypeVar("Model", bound=Frozen)


class PolicyError(Exception):
    """The policy cannot be used: `file` and `field` say where, `problem` says why."""

    def __init__(self, file: Path, field: str, problem: str) -> None:
        super().__init__(f"{file.name}: {field}: {problem}")
        self.file, self.field, self.problem = file, field, problem


class Examples(Frozen):
    """Questions on both sides of the line, in one language."""

    declined: tuple[str, ...] = Field(min_length=1)
    answered: tuple[str, ...] = Field(min_length=1)


class Category(Frozen):
    """One kind of question that is not answered from the sources, and what happens instead."""

    action: Action
    status: AnswerStatus
    threshold: int = Field(ge=1, le=1000, description="Score in thousandths that a rule must reach")
    yields: bool = Field(default=False, description="Gives way when the text also asks about the election")
    title: Localised
    reason: Localised
    examples: dict[Language, Examples]


class Draft(Frozen):
    """What a draft must satisfy beside its quotations."""

    max_words_ratio: int = Field(ge=100, description="Most words of one party against the mean, in hundredths")


class PolicyFile(Frozen):
    """Content of `policy.yaml`. The order of the categories settles ties."""

    version: int
    languages: tuple[Language, ...] = Field(min_length=1)
    categories: dict[str, Category] = Field(min_length=1)
    draft: Draft


class RuleEntry(Frozen):
    """One rule as written in a rule file."""

    id: str = Field(pattern=r"^[a-z]{2}(\.[a-z0-9-]+)+$")
    category: str
    score: int = Field(default=1000, ge=1, le=1000)
    any: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    context: str | None = Field(default=None, description="Applies only after a turn about this, or declined as this")
    alone: bool = Field(default=False, description="Applies only when the text is this one sentence")


class RuleFile(Frozen):
    """Content of `guard/<language>.yaml`."""

    language: Language
    function_words: tuple[str, ...] = Field(min_length=20)
    ordinary: tuple[str, ...] = Field(
        default=(), description="Real words that must not be read as a mistyped rule word"
    )
    groups: dict[str, tuple[str, ...]]
    context: dict[str, tuple[str, ...]] = Field(description="What an earlier turn was about, by pattern")
    matter: tuple[str, ...] = Field(min_length=1, description="Patterns that show a question about the election")
    evaluative: tuple[str, ...] = Field(min_length=1, description="Words that our own sentences must not hold")
    about: dict[str, tuple[str, ...]] = Field(description="Matters of the service itself, by pattern")
    rules: tuple[RuleEntry, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Policy:
    """The policy in force: categories in order, compiled rules of all languages, and the digest of it all."""

    digest: Digest
    languages: tuple[Language, ...]
    categories: Mapping[str, Category]
    draft: Draft
    rules: tuple[Rule, ...]
    contexts: Mapping[str, tuple[Compiled, ...]]
    matter: tuple[Compiled, ...]
    evaluative: tuple[Compiled, ...]
    about: Mapping[str, tuple[Compiled, ...]]
    function_words: Mapping[Language, frozenset[str]]
    vocabulary: Mapping[str, str]


def load_policy(folder: Path) -> Policy:
    """The policy in `folder/policy.yaml` with `folder/guard/<language>.yaml`; raises PolicyError."""
    path = folder / "policy.yaml"
    main = _checked(PolicyFile, path)
    _complete(main, path)
    files = {tag: _checked(RuleFile, folder / GUARD_FOLDER / f"{tag}.yaml") for tag in main.languages}
    rules: list[Rule] = []
    for tag, file in files.items():
        where = folder / GUARD_FOLDER / f"{tag}.yaml"
        if file.language != tag:
            raise PolicyError(where, "language", f"{file.language!r} stands in the file of {tag!r}")
        rules += [_rule(entry, file, main, where) for entry in file.rules]
    _unique(rules, folder / GUARD_FOLDER)
    words = frozenset().union(*(rule_words(_entries(f)) for f in files.values()))
    plain = rule_words(w for f in files.values() for w in (*f.ordinary, *f.function_words))
    return Policy(
        digest=digest_of(
            {"policy": main.model_dump(mode="json"), "rules": {t: f.model_dump(mode="json") for t, f in files.items()}}
        ),
        languages=main.languages,
        categories=main.categories,
        draft=main.draft,
        rules=tuple(rules),
        contexts=_merged(files, folder, "context"),
        matter=_flat(files, folder, "matter"),
        evaluative=_flat(files, folder, "evaluative"),
        about=_merged(files, folder, "about"),
        function_words={t: rule_words(f.function_words) for t, f in files.items()},
        vocabulary=vocabulary(words, plain),
    )


def _checked(model: type[Model], path: Path) -> Model:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(raw)
    except OSError as error:
        raise PolicyError(path, "file", error.strerror or "cannot be read") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError(path, "file", f"is not valid YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise PolicyError(path, ".".join(str(part) for part in first["loc"]) or "file", first["msg"]) from error


def _complete(main: PolicyFile, path: Path) -> None:
    for name, category in main.categories.items():
        if category.action is Action.ANSWER:
            raise PolicyError(path, f"categories.{name}.action", "a category is never answered; leave it out instead")
        for field in ("title", "reason", "examples"):
            missing = set(main.languages) - set(getattr(category, field))
            if missing:
                raise PolicyError(path, f"categories.{name}.{field}", f"missing in {', '.join(sorted(missing))}")


def _rule(entry: RuleEntry, file: RuleFile, main: PolicyFile, path: Path) -> Rule:
    field = f"rules.{entry.id}"
    if entry.category not in main.categories:
        raise PolicyError(path, f"{field}.category", f"{entry.category!r} is not a category of policy.yaml")
    if entry.context is not None and entry.context not in {*file.context, *main.categories}:
        raise PolicyError(path, f"{field}.context", f"{entry.context!r} is neither a context nor a category")
    return Rule(
        id=entry.id,
        category=entry.category,
        score=entry.score,
        patterns=_patterns(entry.any, file, path, f"{field}.any"),
        unless=_patterns(entry.unless, file, path, f"{field}.unless"),
        context=entry.context,
        alone=entry.alone,
    )


def _patterns(sources: tuple[str, ...], file: RuleFile, path: Path, field: str) -> tuple[Compiled, ...]:
    try:
        return tuple(compile_pattern(source, file.groups) for source in sources)
    except PatternError as error:
        raise PolicyError(path, field, str(error)) from error


def _unique(rules: list[Rule], path: Path) -> None:
    ids = [rule.id for rule in rules]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        raise PolicyError(path, f"rules.{twice}", "the id is given twice")


def _entries(file: RuleFile) -> list[str]:
    entries = [e for group in file.groups.values() for e in group]
    return entries + [p for rule in file.rules for p in (*rule.any, *rule.unless)]


def _flat(files: Mapping[Language, RuleFile], folder: Path, field: str) -> tuple[Compiled, ...]:
    found: list[Compiled] = []
    for tag, file in files.items():
        sources: tuple[str, ...] = getattr(file, field)
        found += _patterns(sources, file, folder / GUARD_FOLDER / f"{tag}.yaml", field)
    return tuple(found)


def _merged(files: Mapping[Language, RuleFile], folder: Path, field: str) -> dict[str, tuple[Compiled, ...]]:
    found: dict[str, tuple[Compiled, ...]] = {}
    for tag, file in files.items():
        tables: dict[str, tuple[str, ...]] = getattr(file, field)
        for name, sources in tables.items():
            path = folder / GUARD_FOLDER / f"{tag}.yaml"
            found[name] = found.get(name, ()) + _patterns(sources, file, path, f"{field}.{name}")
    return found
