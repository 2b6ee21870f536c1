"""An election pack as checked data: the election, its parties, documents and procedure cards.

A pack that loads is complete and consistent: ids are unique, every reference resolves, every
text exists in the pack's languages. Reading YAML and naming file and line is `app/packs.py`.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from domain.base import PLAIN, Digest, Frozen, Language, Localised, in_language, main_language, sha256

Slug = str
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Cue(StrEnum):
    """What must stand beside an ambiguous form before it means the party."""

    ARTICLE = "article"
    """A definite article directly before it, in any case ("die Gilden", "les Guildes", "the Guilds")."""
    CAPITAL = "capital"
    """Capitals as listed where capitals tell something: not first in a sentence before a capital, no compound."""
    PARTY_WORD = "party_word"
    """A word for party, programme, voters or similar next to it, or another party named in the same list."""
    EXACT_ARTICLE = "exact_article"
    """Both: the listed capitals and a definite article."""
    VERB = "verb"
    """A verb of wanting, saying or planning directly before or after it ("Was will die Basis?")."""
    COMPOUND = "compound"
    """The listed capitals and a hyphen with a further word ("Gilden-Antrag")."""
    ALONE = "alone"
    """Nothing else is said but articles and conjunctions ("und die Linke?")."""
    UNCASED = "uncased"
    """The whole text is written without capitals, so that their absence says nothing."""
    UNLESS = "unless"
    """Always, unless a word that rules the party out stands beside it."""


class AmbiguousForm(Frozen):
    """A form that is also an ordinary word; it means the party only with one of its cues."""

    form: str = Field(min_length=1, max_length=80, description="The form as written")
    cues: tuple[Cue, ...] = Field(min_length=1, description="Any one of these suffices")
    adjective: bool = Field(default=False, description="Also an adjective: a noun after its lower case rules it out")
    articles: tuple[str, ...] = Field(default=(), description="If given, only these words count as its article")
    never_after: tuple[str, ...] = Field(
        default=(), description="Words before it, or before its article, that rule the party out; # is any number"
    )
    never_before: tuple[str, ...] = Field(
        default=(), description="Words after it (or glued to it) that rule the party out; a final * takes any ending"
    )


class PartyList(Frozen):
    """A list on the ballot: its official name and where it stands."""

    name: str = Field(min_length=1, max_length=200, description="Official name of the list")
    short: str | None = Field(default=None, description="Official short name of the list, if it differs")
    regions: tuple[str, ...] = Field(default=(), description="Länder or districts; empty means everywhere")


class Person(Frozen):
    """A leading person whose name in a question stands for the party."""

    name: str = Field(min_length=3, max_length=120, description="Full name")
    role: Localised = Field(description="Role at the time of the election, per language")
    forms: tuple[str, ...] = Field(default=(), description="Other forms that surely mean this person")


class Party(Frozen):
    """A party or list that stands for election. No colour, no left or right."""

    id: Slug
    short: Localised = Field(min_length=1, description="Official short name per language")
    name: Localised = Field(min_length=1, description="Official full name per language")
    lists: tuple[PartyList, ...] = Field(default=(), description="The lists that share this programme")
    forms: tuple[str, ...] = Field(default=(), description="Forms that always mean the party, any case")
    ambiguous: tuple[AmbiguousForm, ...] = Field(default=(), description="Forms that need a cue")
    people: tuple[Person, ...] = ()

    def short_in(self, language: Language) -> str:
        """Official short name in the language, else in the first language listed."""
        return in_language(self.short, language)

    def name_in(self, language: Language) -> str:
        """Official name in the language, else in the first language listed."""
        return in_language(self.name, language)


class Rendition(Frozen):
    """One file that carries a document, known by its digest."""

    sha256: Digest = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: Literal["application/pdf", "text/markdown", "text/html"]
    url: str | None = Field(default=None, pattern=r"^https?://", description="Where the publisher offers it")
    path: str | None = Field(default=None, description="File inside the pack folder")


class DocumentStatus(StrEnum):
    """Where a document stands in its life."""

    DRAFT = "draft"
    ADOPTED = "adopted"
    SUPERSEDED = "superseded"


class DocumentKind(StrEnum):
    """Authority tier of a document."""

    LAW = "law"
    PROGRAMME = "programme"
    OTHER = "other"


class Source(Frozen):
    """One published document of the pack, in the one rendition that is read, cited and offered."""

    id: Slug
    title: str = Field(min_length=1, max_length=300)
    short: str | None = Field(default=None, description="Citation form, for a law its abbreviation such as BWahlG")
    publisher: str = Field(min_length=1, max_length=200)
    party: Slug | None = None
    kind: DocumentKind
    status: DocumentStatus
    language: Language
    published: date = Field(description="Date of this edition")
    valid_from: date | None = None
    valid_until: date | None = Field(default=None, description="Last day on which it is in force")
    note: Localised = Field(default_factory=dict, description="What a reader should know about this edition")
    renditions: tuple[Rendition, ...] = Field(
        min_length=1, json_schema_extra={"maxItems": 1}, description="The file that carries it; exactly one for now"
    )

    @field_validator("renditions")
    @classmethod
    def _one_rendition(cls, renditions: tuple[Rendition, ...]) -> tuple[Rendition, ...]:
        if len(renditions) > 1:
            raise ValueError(
                "holds more than one file; only the one that is read and cited can be listed, "
                "another edition is a document of its own"
            )
        return renditions


class LawReference(Frozen):
    """The place in a law that backs a statement: a section and words that stand in the cited sentence."""

    document: Slug
    section: str = Field(description='Heading number as in the law, for example "§ 36" or "Art 38"')
    words: str = Field(min_length=3, max_length=120, description="Words found in exactly the sentence to cite")


class Deadline(Frozen):
    """A date computed from polling day and shown with its formula."""

    days: int = Field(description="Days relative to polling day; negative is before")
    time: str | None = Field(default=None, pattern=r"^\d{2}:\d{2}$", description="Local time of day")


class Statement(Frozen):
    """One reviewed sentence of a card with the law behind it. `{deadline}` is replaced by the computed date."""

    text: Localised
    law: tuple[LawReference, ...] = Field(min_length=1)


class RuleCard(Frozen):
    """A reviewed answer to a question of procedure; the law it cites backs each sentence."""

    id: Slug
    title: Localised
    ask: dict[Language, tuple[str, ...]] = Field(description="Phrasings that this card answers, per language")
    cues: tuple[str, ...] = Field(
        default=(),
        description="Sets of concepts of voting (elections/common/understand/procedure) that call for this card: "
        "a question that holds all of a set is answered by it. `!x`: x must be absent; `=` first: nothing else said",
    )
    statements: tuple[Statement, ...] = Field(min_length=1)
    then: tuple[Slug, ...] = Field(
        default=(), description="Cards on what follows: shown after this one to whoever asks for the whole of it"
    )
    deadline: Deadline | None = None
    valid_from: date
    valid_until: date | None = None
    reviewer: str
    reviewed: date


class Authority(Frozen):
    """The body that is responsible for the election; where a voter is sent when in doubt."""

    name: Localised
    url: str | None = Field(default=None, pattern=r"^https?://")


class Operator(Frozen):
    """Who runs this service for this election, and where to complain."""

    name: str
    contact: str = Field(description="Postal or electronic address")
    complaints: str = Field(description="Where errors and bias are reported")


class Suggestion(Frozen):
    """A topic for suggested questions; one template serves every topic and every party."""

    topic: Localised


class Election(Frozen):
    """An election pack: everything the service may know about one election."""

    id: Slug
    name: Localised
    country: Localised
    polling_day: date
    time_zone: str
    languages: tuple[Language, ...] = Field(min_length=1, description="Interface languages; the first is the default")
    plain: tuple[Language, ...] = Field(
        default=(), description="Simplified forms of these languages, as `de-simple`; a text may lack one"
    )
    authority: Authority
    operator: Operator | None = Field(description="null while nobody is entered; pages and `serve` then say so")
    party_order: Literal["alphabetical", "listed", "shuffle"] = "alphabetical"
    fictional: bool = Field(default=False, description="An invented election, said so on every page")
    suggestions: tuple[Suggestion, ...] = ()
    parties: tuple[Party, ...] = ()
    sources: tuple[Source, ...] = ()
    rules: tuple[RuleCard, ...] = ()

    @field_validator("languages")
    @classmethod
    def _known_tags(cls, tags: tuple[Language, ...]) -> tuple[Language, ...]:
        for tag in tags:
            if not LANGUAGE.fullmatch(tag):
                raise ValueError(f"{tag!r} is not a BCP 47 language tag such as 'de' or 'en'")
        return tags

    @field_validator("plain")
    @classmethod
    def _simplified(cls, tags: tuple[Language, ...], info: ValidationInfo) -> tuple[Language, ...]:
        for tag in tags:
            if not tag.endswith(PLAIN) or main_language(tag) not in info.data.get("languages", ()):
                raise ValueError(f"{tag!r} is not one of this election's languages followed by {PLAIN!r}")
        return tags

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for problem in inconsistencies(self):
            raise ValueError(problem)
        return self

    @property
    def offered(self) -> tuple[Language, ...]:
        """Every language in which a voter can be answered."""
        return self.languages + self.plain

    def party(self, party_id: Slug) -> Party | None:
        """The party with this id, or None."""
        return next((p for p in self.parties if p.id == party_id), None)

    def source(self, source_id: Slug) -> Source | None:
        """The document entry with this id, or None."""
        return next((s for s in self.sources if s.id == source_id), None)

    def ordered(self, seed: int = 0) -> tuple[Party, ...]:
        """Parties in the order that the pack publishes.

        Alphabetical compares the official short name by code point after case folding, so no
        locale can change it; a shuffle depends on the seed alone.
        """
        if self.party_order == "listed":
            return self.parties
        if self.party_order == "shuffle":
            return tuple(sorted(self.parties, key=lambda p: _shuffle_key(seed, p.id)))
        return tuple(sorted(self.parties, key=lambda p: (p.short_in(self.languages[0]).casefold(), p.id)))


def _shuffle_key(seed: int, party_id: Slug) -> str:
    return sha256(f"{seed}:{party_id}".encode())


def inconsistencies(election: Election) -> list[str]:
    """What is wrong between the parts of a pack, each as one sentence naming the field."""
    found: list[str] = []
    for field, ids in (
        ("parties", [p.id for p in election.parties]),
        ("sources", [s.id for s in election.sources]),
        ("rules", [r.id for r in election.rules]),
    ):
        found += [f"{field}: id {i!r} is given twice" for i in sorted({i for i in ids if ids.count(i) > 1})]
        found += [
            f"{field}: id {i!r} is not lower-case letters, digits and hyphens" for i in ids if not SLUG.fullmatch(i)
        ]
    parties = {p.id for p in election.parties}
    sources = {s.id: s for s in election.sources}
    digests = [r.sha256 for s in election.sources for r in s.renditions]
    found += [f"sources: sha256 {d} is given twice" for d in sorted({d for d in digests if digests.count(d) > 1})]
    for source in election.sources:
        if source.party is not None and source.party not in parties:
            found.append(f"sources: {source.id!r} names the unknown party {source.party!r}")
        if source.kind is DocumentKind.PROGRAMME and source.party is None:
            found.append(f"sources: programme {source.id!r} names no party")
        if not LANGUAGE.fullmatch(source.language):
            found.append(f"sources: {source.id!r} has the language {source.language!r}, not a BCP 47 tag such as 'de'")
    cards = {card.id for card in election.rules}
    for card in election.rules:
        found += [
            f"rules: card {card.id!r} goes on with the unknown card {name!r}" for name in card.then if name not in cards
        ]
        for language in election.languages:
            if language not in card.title:
                found.append(f"rules: card {card.id!r} has no title in {language!r}")
            if any(language not in s.text for s in card.statements):
                found.append(f"rules: card {card.id!r} lacks a statement in {language!r}")
        for reference in (r for s in card.statements for r in s.law):
            if reference.document not in sources:
                found.append(f"rules: card {card.id!r} cites the unknown document {reference.document!r}")
    return found
