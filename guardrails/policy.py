"""The published line between what is answered and what is not, loaded from YAML and checked whole.

Promise: a policy that loads has a wording status, reasons and examples for every category, rules
that compile, and a digest over everything that can change a decision. Anything else raises
PolicyError with file and field; nothing ever falls back to "answer".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import yaml
from pydantic import Field, ValidationError

from domain.answer import AnswerStatus
from domain.base import Digest, Frozen, Language, Localised, canonical, sha256
from domain.verdict import Action
from guardrails.classifier import ANSWER, CARD, Classifier, ClassifierError, open_classifier
from guardrails.normalise import BREAKS, NO_WORDS, PARTY, clean, tokens
from guardrails.patterns import Compiled, Grammar, PatternError, phrases, torn
from guardrails.rules import Rule, RuleBook, rule_book
from guardrails.slots import PartyWords, Shape, shape
from guardrails.support import ComposedWords
from guardrails.vocabulary import Vocabulary, rule_words, vocabulary

GUARD_FOLDER = "guard"
ARTICLES = "a"
"""The group of a rule file that holds the articles of its language."""
_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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


class AskingWords(Frozen):
    """Words of a question that only asks what a party says or does, or what the one who asks would get from it."""

    acts: tuple[str, ...] = Field(min_length=1, description="What a party does: one of them must stand there")
    gets: tuple[str, ...] = Field(min_length=1, description="What the one who asks gets; only beside `me`")
    me: tuple[str, ...] = Field(min_length=1, description="The one who asks, as the subject")
    beside: tuple[str, ...] = Field(min_length=1, description="What may stand beside")

    def words(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.acts, *self.gets, *self.me, *self.beside)


class RuleFile(Frozen):
    """Content of `guard/<language>.yaml`."""

    language: Language
    function_words: tuple[str, ...] = Field(min_length=20)
    addressed: tuple[str, ...] = Field(min_length=1, description="Words of the one who asks and the one who is asked")
    ordinary: tuple[str, ...] = Field(
        default=(), description="Real words that must not be read as a mistyped rule word"
    )
    party_names: PartyWords = PartyWords()
    groups: dict[str, tuple[str, ...]]
    context: dict[str, tuple[str, ...]] = Field(description="What an earlier turn was about, by pattern")
    matter: tuple[str, ...] = Field(min_length=1, description="Patterns that show a question about the election")
    evaluative: tuple[str, ...] = Field(min_length=1, description="Words that our own sentences must not hold")
    composed: ComposedWords
    asks: AskingWords
    about: dict[str, tuple[str, ...]] = Field(description="Matters of the service itself, by pattern")
    rules: tuple[RuleEntry, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Asks:
    """The words of a question that only asks a party, folded."""

    acts: frozenset[str]
    gets: frozenset[str]
    me: frozenset[str]
    beside: frozenset[str]

    @classmethod
    def of(cls, words: AskingWords) -> Self:
        """Fold the words of a rule file."""
        return cls(*(rule_words(part) for part in (words.acts, words.gets, words.me, words.beside)))

    def hold(self, words: frozenset[str]) -> bool:
        """Whether these words, without the party, ask what it does, or what the one who asks gets from it."""
        if words.isdisjoint(self.me):
            return not words.isdisjoint(self.acts) and words <= self.acts | self.beside
        return not words.isdisjoint(self.gets) and words <= self.gets | self.me | self.beside


@dataclass(frozen=True)
class Policy:
    """The policy in force: categories in order, compiled rules of all languages, and the digest of it all."""

    digest: Digest
    canonical: bytes
    languages: tuple[Language, ...]
    categories: Mapping[str, Category]
    draft: Draft
    rules: RuleBook
    contexts: Mapping[str, tuple[Compiled, ...]]
    matter: tuple[Compiled, ...]
    evaluative: tuple[Compiled, ...]
    composed: Mapping[Language, ComposedWords]
    about: Mapping[str, tuple[Compiled, ...]]
    function_words: Mapping[Language, frozenset[str]]
    foreign_articles: Mapping[Language, frozenset[str]]
    """Per language the folded articles of the others that are no words of its own."""
    vocabulary: Vocabulary
    shapes: tuple[Shape, ...]
    addressed: frozenset[str]
    """Folded words of the one who asks and the one who is asked, in all languages."""
    asks: tuple[Asks, ...]
    """Per language the folded words of a question that only asks a party."""
    published: frozenset[tuple[str, ...]]
    """The published examples as the rules read them, `{party}` and `{other}` as the slot."""
    known: frozenset[str]
    """Folded words by which a decoded text is known to be one."""
    classifier: Classifier | None


_SLOTS = re.compile(r"\{party\}|\{other\}")


@dataclass(frozen=True, slots=True)
class _Source:
    """One rule file as read: where it stands, what it says, its word groups."""

    path: Path
    file: RuleFile
    grammar: Grammar

    def patterns(self, sources: tuple[str, ...], field: str) -> tuple[Compiled, ...]:
        """The patterns of one field; raises PolicyError naming the field."""
        try:
            return tuple(self.grammar.pattern(source) for source in sources)
        except PatternError as error:
            raise PolicyError(self.path, field, str(error)) from error


def load_policy(folder: Path, trained: bool = True) -> Policy:
    """The policy in `folder/policy.yaml` with `folder/guard/`: a file of rules per language, and the classifier.

    Without `trained` the classifier is left out, which only its training may do. Raises PolicyError.
    """
    path = folder / "policy.yaml"
    main = _checked(PolicyFile, path)
    _complete(main, path)
    sources = [_source(folder / GUARD_FOLDER / f"{tag}.yaml", tag) for tag in main.languages]
    rules = [_rule(entry, source, main) for source in sources for entry in source.file.rules]
    _unique(rules, folder / GUARD_FOLDER)
    files = {s.file.language: s.file for s in sources}
    classifier = _classifier(folder / GUARD_FOLDER, main) if trained else None
    content = canonical(
        {
            "policy": main.model_dump(mode="json"),
            "order": list(main.categories),  # it settles ties, and canonical JSON does not keep it
            "rules": {t: f.model_dump(mode="json") for t, f in files.items()},
            "classifier": classifier.card.model_dump(mode="json") if classifier else None,
        }
    )
    function_words = {t: rule_words(f.function_words) for t, f in files.items()}
    common = frozenset().union(*function_words.values())
    plain = common | rule_words(w for f in files.values() for w in (*f.ordinary, *f.asks.words()))
    ruled = rule_words(e for f in files.values() for e in _entries(f))
    return Policy(
        digest=sha256(content),
        canonical=content,
        languages=main.languages,
        categories=main.categories,
        draft=main.draft,
        rules=rule_book(rules, common),
        contexts=_merged(sources, "context"),
        matter=_flat(sources, "matter"),
        evaluative=_flat(sources, "evaluative"),
        composed={t: f.composed for t, f in files.items()},
        about=_merged(sources, "about"),
        function_words=function_words,
        foreign_articles=_foreign_articles(files, function_words),
        vocabulary=vocabulary(ruled, plain, classifier.known() if classifier else ()),
        shapes=tuple(s for f in files.values() if (s := shape(f.party_names, f.function_words))),
        addressed=rule_words(w for f in files.values() for w in f.addressed),
        asks=tuple(Asks.of(f.asks) for f in files.values()),
        published=_published(main),
        known=plain | ruled,
        classifier=classifier,
    )


def _foreign_articles(
    files: Mapping[Language, RuleFile], function_words: Mapping[Language, frozenset[str]]
) -> dict[Language, frozenset[str]]:
    own = {tag: rule_words(file.groups[ARTICLES]) for tag, file in files.items()}
    every = frozenset().union(*own.values())
    return {tag: every - own[tag] - function_words[tag] for tag in files}


def _published(main: PolicyFile) -> frozenset[tuple[str, ...]]:
    """Every sentence that the policy publishes, as answered or as declined."""
    found = set()
    for category in main.categories.values():
        for example in (t for e in category.examples.values() for t in (*e.answered, *e.declined)):
            parts = [[t.text for t in tokens(clean(part), NO_WORDS)] for part in _SLOTS.split(example)]
            line = [word for n, part in enumerate(parts) for word in (*([PARTY] if n else []), *part)]
            found.add(tuple(word for word in line if word not in BREAKS))
    return frozenset(found)


def _classifier(folder: Path, main: PolicyFile) -> Classifier:
    try:
        found = open_classifier(folder)
    except ClassifierError as error:
        raise PolicyError(folder / CARD, "file", str(error)) from error
    if set(found.card.labels) != {ANSWER, *main.categories}:
        raise PolicyError(folder / CARD, "labels", "are not the categories of policy.yaml and `answer`")
    return found


def _source(path: Path, tag: Language) -> _Source:
    file = _checked(RuleFile, path)
    if file.language != tag:
        raise PolicyError(path, "language", f"{file.language!r} stands in the file of {tag!r}")
    source = _Source(path, file, Grammar(file.groups))
    if ARTICLES not in file.groups:
        raise PolicyError(path, f"groups.{ARTICLES}", "the articles of the language are missing")
    for name in file.groups:
        try:
            source.grammar.check(name)
        except PatternError as error:
            raise PolicyError(path, f"groups.{name}", str(error)) from error
    _whole(source)
    return source


def _whole(source: _Source) -> None:
    """Refuse a pattern in which a space tears an alternative of several words: `a|b c` for `a|b_c`."""
    fields = _fields(source.file)
    known = phrases(source.file.groups, (p for patterns in fields.values() for p in patterns))
    for field, patterns in fields.items():
        if problem := torn(patterns, known):
            raise PolicyError(source.path, field, problem)


def _fields(file: RuleFile) -> dict[str, tuple[str, ...]]:
    """Every list of patterns in the file, by the name of its field."""
    found = {"matter": file.matter, "evaluative": file.evaluative}
    found |= {f"groups.{name}": entries for name, entries in file.groups.items()}
    found |= {f"context.{name}": patterns for name, patterns in file.context.items()}
    found |= {f"about.{name}": patterns for name, patterns in file.about.items()}
    for rule in file.rules:
        found |= {f"rules.{rule.id}.any": rule.any, f"rules.{rule.id}.unless": rule.unless}
    return found


def _checked(model: type[Model], path: Path) -> Model:
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 (a safe loader)
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


def _rule(entry: RuleEntry, source: _Source, main: PolicyFile) -> Rule:
    field = f"rules.{entry.id}"
    if entry.category not in main.categories:
        raise PolicyError(source.path, f"{field}.category", f"{entry.category!r} is not a category of policy.yaml")
    if entry.context is not None and entry.context not in {*source.file.context, *main.categories}:
        raise PolicyError(source.path, f"{field}.context", f"{entry.context!r} is neither a context nor a category")
    return Rule(
        id=entry.id,
        category=entry.category,
        score=entry.score,
        patterns=source.patterns(entry.any, f"{field}.any"),
        unless=source.patterns(entry.unless, f"{field}.unless"),
        context=entry.context,
        alone=entry.alone,
    )


def _unique(rules: list[Rule], path: Path) -> None:
    ids = [rule.id for rule in rules]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        raise PolicyError(path, f"rules.{twice}", "the id is given twice")


def _entries(file: RuleFile) -> list[str]:
    entries = [e for group in file.groups.values() for e in group]
    return entries + [p for rule in file.rules for p in (*rule.any, *rule.unless)]


def _flat(sources: Iterable[_Source], field: str) -> tuple[Compiled, ...]:
    return tuple(p for source in sources for p in source.patterns(getattr(source.file, field), field))


def _merged(sources: Iterable[_Source], field: str) -> dict[str, tuple[Compiled, ...]]:
    found: dict[str, tuple[Compiled, ...]] = {}
    for source in sources:
        tables: dict[str, tuple[str, ...]] = getattr(source.file, field)
        for name, patterns in tables.items():
            found[name] = found.get(name, ()) + source.patterns(patterns, f"{field}.{name}")
    return found
