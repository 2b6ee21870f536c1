"""One built election, opened for serving: its pack, names, corpus, candidates and readable documents."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from app.common import Common, RetrievalData
from app.errors import IndexUnusable, UnknownDocument
from app.links import section_slug
from app.retrieval.analyse import Analyser, Stopwords
from app.retrieval.corpus import LAW, Corpus, pool
from app.retrieval.embed import Code, Embed
from app.retrieval.index import Candidates
from app.retrieval.meaning import Meaning
from app.retrieval.question import Reader
from app.retrieval.vocabulary import vocabulary
from domain.base import Digest, Language, Localised, sha256
from domain.election import Election, Source
from domain.names import Names
from domain.passage import Passage
from guardrails.grounding import comparable

Kept = TypeVar("Kept")
Box = tuple[int, int, float, float, float, float]


@dataclass(frozen=True)
class DocumentView:
    """A document of a build; `pages` is None where a source has no pages."""

    source: Source
    sha256: Digest
    media_type: str
    pages: int | None
    path: Path


@dataclass(frozen=True)
class PageView:
    """One page as extracted. Points, origin bottom left; boxes are words; furniture are spans left out of passages."""

    number: int
    label: str | None
    text: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    furniture: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SectionView:
    """A section of a document without pages."""

    slug: str
    heading: tuple[str, ...]
    title: str
    paragraphs: tuple[Passage, ...]


@dataclass(frozen=True)
class PolicyEntry:
    """One category of questions that is declined or redirected, for the page that explains it."""

    category: str
    action: str
    title: Localised
    reason: Localised
    declined: Mapping[Language, tuple[str, ...]]
    answered: Mapping[Language, tuple[str, ...]]


class NoEngine:
    """Stands where no engine has been opened yet: nothing can be searched."""

    def find(self, *_: object) -> list[list[int]]:
        """Raises IndexUnusable."""
        raise IndexUnusable("the index has not been opened")

    def close(self) -> None:
        """Nothing to close."""


class Built:
    """A published build of one election. Opening raises IndexUnusable when it cannot be served."""

    def __init__(
        self, folder: Path, common: Common, candidates: Candidates | None = None, embedder: Embed | None = None
    ) -> None:
        try:
            raw = (folder / "election.json").read_bytes()
            self.retrieval = RetrievalData.opened((folder / "retrieval.json").read_bytes())
        except (OSError, ValueError, KeyError) as error:
            raise IndexUnusable(f"the build in {folder} is incomplete ({error}); build it again") from error
        self.election = Election.model_validate_json(raw)
        self.election_digest: Digest = sha256(raw)
        self.common = common
        self.candidates: Candidates = candidates or NoEngine()
        self.embedder = embedder
        self.meaning: Meaning | None = None
        self.corpus = Corpus(folder, self.retrieval.stopwords)
        self.names = Names(self.election.parties)
        self._folder = folder
        self._drawing = threading.Lock()
        self._kept: dict[Hashable, Any] = {}
        self.reader = lru_cache(maxsize=32)(self._reader)
        self.page = lru_cache(maxsize=512)(self._page)
        self.page_text = lru_cache(maxsize=4096)(self._page_text)

    def meant(self, text: str, language: Language) -> Code | None:
        """What a text means whose names are masked; None where the build read no meanings."""
        return self.meaning.code(text, language) if self.meaning is not None else None

    @cached_property
    def documents(self) -> Mapping[Digest, DocumentView]:
        """Every served document by digest, in pack order."""
        counts = {d["sha256"]: d["pages"] for d in self.corpus.lock["documents"]}
        found = {}
        for source in self.election.sources:
            rendition = source.renditions[0]
            if rendition.sha256 in counts:
                pages = counts[rendition.sha256] if rendition.media_type == "application/pdf" else None
                path = self._folder / "originals" / rendition.sha256
                found[rendition.sha256] = DocumentView(source, rendition.sha256, rendition.media_type, pages, path)
        return found

    def document(self, sha256: Digest) -> DocumentView:
        """The document with this digest. Raises UnknownDocument."""
        if sha256 not in self.documents:
            raise UnknownDocument(f"no document {sha256[:16]} in election {self.election.id!r}")
        return self.documents[sha256]

    @cached_property
    def spoken(self) -> Mapping[str, tuple[Language, ...]]:
        """Languages of the documents of each party (and of the law), the pack's order first."""
        order = {tag: i for i, tag in enumerate(self.election.languages)}
        found: dict[str, set[Language]] = {}
        for name in self.corpus.pool_sizes:
            party, language = name.rsplit("/", 1)
            found.setdefault(party, set()).add(language)
        return {p: tuple(sorted(tags, key=lambda t: (order.get(t, len(order)), t))) for p, tags in found.items()}

    def language_for(self, party: str | None, asked: Language) -> Language | None:
        """The language in which this party (None: the law) is read for a question, or None without a document."""
        tags = self.spoken.get(party or LAW, ())
        return asked if asked in tags else tags[0] if tags else None

    def passage(self, passage_id: Digest) -> Passage:
        """The passage with this id. Raises UnknownDocument."""
        number = self.corpus.number(passage_id)
        if number is None:
            raise UnknownDocument(f"no passage {passage_id[:16]} in election {self.election.id!r}")
        return self.corpus.passage(number)

    def kept(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What `make` derives from this build alone, worked out once and kept with it under the key."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: Kept = self._kept[key]
        return kept

    def _reader(self, asked: Language, documents: Language) -> Reader:
        index = self.corpus.languages[documents]
        lists = self.retrieval.stopwords
        speaker = index.analyser if asked == documents else Analyser(asked, lists.get(asked, Stopwords()))
        words = vocabulary(self.retrieval.vocabulary, self.retrieval.stems, asked, documents)
        return Reader(speaker, index.analyser, index.lexicon, index.variants, index.counts, words)

    def _page(self, sha256: Digest, number: int) -> PageView:
        self.document(sha256)
        path = self._folder / "pages" / sha256 / f"{number}.json"
        if not path.is_file():
            raise UnknownDocument(f"document {sha256[:16]} has no page {number}")
        data = json.loads(path.read_text(encoding="utf-8"))
        return PageView(
            number=data["number"],
            label=data["label"],
            text=data["text"],
            width=data["width"],
            height=data["height"],
            boxes=tuple(tuple(w) for w in data["words"]),
            furniture=tuple(tuple(f) for f in data["furniture"]),
        )

    @lru_cache(maxsize=64)  # noqa: B019 - lives as long as the process
    def _texts(self, sha256: Digest) -> list[str]:
        texts: list[str] = json.loads((self._folder / "pages" / sha256 / "texts.json").read_text(encoding="utf-8"))
        return texts

    def _page_text(self, sha256: Digest, number: int) -> str:
        """The page in the normal form in which quotations are compared."""
        return comparable(self._texts(sha256)[number - 1])

    def stands_on_page(self, passage: Passage, quote: str) -> bool:
        """Whether the quotation stands, character for character, on one of the passage's pages."""
        first, last = passage.page or 1, passage.page_end or passage.page or 1
        wanted = comparable(quote)
        return any(wanted in self.page_text(passage.document, n) for n in range(first, last + 1))

    def quote_on(self, document: Digest, page: int, quote: str) -> bool:
        """Whether the quotation stands on the page, or starts there and runs on past furniture to the next."""
        wanted = comparable(quote)
        if wanted in self.page_text(document, page):
            return True
        return any(
            p.page == page and (p.page_end or page) > page and wanted in comparable(p.text)
            for p in self._passages(document)
        )

    def _passages(self, sha256: Digest) -> Iterator[Passage]:
        """The passages of a document in reading order; a build holds documents one after the other, as in its lock."""
        start = 0
        for entry in self.corpus.lock["documents"]:
            if entry["sha256"] == sha256:
                yield from (self.corpus.passage(n) for n in range(start, start + entry["passages"]))
            start += entry["passages"]

    def page_image(self, sha256: Digest, number: int, scale: float) -> bytes:
        """PNG of a PDF page at `scale` pixels per point. Raises UnknownDocument."""
        document = self.document(sha256)
        if document.pages is None or not 1 <= number <= document.pages:
            raise UnknownDocument(f"document {sha256[:16]} has no page {number} to draw")
        import pypdfium2

        # PDFium is not thread-safe: one page is drawn at a time.
        with self._drawing, pypdfium2.PdfDocument(document.path) as pdf:
            out = io.BytesIO()
            pdf[number - 1].render(scale=scale).to_pil().save(out, format="PNG", optimize=True)
        return out.getvalue()

    @lru_cache(maxsize=64)  # noqa: B019 - lives as long as the process
    def sections(self, sha256: Digest) -> tuple[SectionView, ...]:
        """Sections of a document without pages, in reading order."""
        self.document(sha256)
        found: list[tuple[tuple[str, ...], list[Passage]]] = []
        for passage in self._passages(sha256):
            if not found or found[-1][0] != passage.heading:
                found.append((passage.heading, []))
            found[-1][1].append(passage)
        made = [_section(heading, passages) for heading, passages in found]
        taken: Counter[str] = Counter()
        unique = []
        for section in made:
            taken[section.slug] += 1
            n = taken[section.slug]
            unique.append(section if n == 1 else replace(section, slug=f"{section.slug}-{n}"))
        return tuple(unique)

    def policy_entries(self) -> tuple[PolicyEntry, ...]:
        """What is not answered and why, from the policy."""
        return tuple(
            PolicyEntry(
                category=name,
                action=category.action.value,
                title=category.title,
                reason=category.reason,
                declined={tag: e.declined for tag, e in category.examples.items()},
                answered={tag: e.answered for tag, e in category.examples.items()},
            )
            for name, category in self.common.policy.categories.items()
        )

    def by_language(self, parties: Sequence[str | None], asked: Language) -> dict[Language, list[str | None]]:
        """Parties with documents (None: the law), by the language in which each is read."""
        found: dict[Language, list[str | None]] = {}
        for party in parties:
            language = self.language_for(party, asked)
            if language is not None:
                found.setdefault(language, []).append(party)
        return found

    def pool_size(self, party: str | None, language: Language) -> int:
        """How many passages a party (None: the law) has in a language."""
        return self.corpus.pool_sizes.get(pool(party, language), 0)

    def close(self) -> None:
        self.candidates.close()


def _section(heading: tuple[str, ...], passages: list[Passage]) -> SectionView:
    title = heading[-1] if heading else ""
    named = passages[0].section or title
    return SectionView(section_slug(named), heading, title or named, tuple(passages))
