"""Addresses of our own pages, as pure functions of what they show.

A link to a quotation names a passage by its digest and a span in it, never the words
themselves, so nobody can craft an address that makes a programme say something.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote as percent
from urllib.parse import urlencode

from domain.base import Digest
from domain.passage import Passage, Sentence

_SUBDIVISION = re.compile(r"\s+(?:Abs|Absatz|Satz|Nr|al)\b\.?.*$", re.DOTALL)


def election_path(election: str) -> str:
    """The page of one election, where questions are asked."""
    return f"/e/{percent(election, safe='')}"


def answer_path(election: str, record: str) -> str:
    """The page of one recorded answer; whoever holds it may read it."""
    return f"{election_path(election)}/a/{percent(record, safe='')}"


def story_path(election: str, record: str) -> str:
    """Every step that led to a recorded answer."""
    return f"{answer_path(election, record)}/story"


def compare_path(election: str, record: str) -> str:
    """A recorded answer with the parties side by side."""
    return f"{answer_path(election, record)}/compare"


def report_path(election: str) -> str:
    """Where a reader says what is wrong."""
    return f"{election_path(election)}/report"


def document_path(election: str, document: Digest) -> str:
    """The contents of one document."""
    return f"{election_path(election)}/documents/{percent(document, safe='')}"


def page_path(election: str, document: Digest, page: int) -> str:
    """One physical page of a document, counted from 1."""
    return f"{document_path(election, document)}/pages/{page}"


def section_path(election: str, document: Digest, slug: str) -> str:
    """One section of a document without pages."""
    return f"{document_path(election, document)}/sections/{percent(slug, safe='')}"


def section_slug(section: str) -> str:
    """Address form of a heading: `§ 36 BWahlG Abs. 1 Satz 2` gives `par-36-bwahlg`.

    A subdivision at the end is dropped, for it stands in the same section; what is left without a
    letter or digit becomes `text`.
    """
    words = unicodedata.normalize("NFKD", _SUBDIVISION.sub("", section).replace("§", " par ").replace("ß", "ss"))
    plain = "".join(c for c in words.casefold() if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "text"


def viewer_url(election: str, passage: Passage, quotation: str, slug: str | None = None) -> str:
    """Where a reader sees the quotation marked: its page, or its section for documents without pages.

    `from` and `to` count code points of the passage text. `slug` is that of the section view
    when the caller knows it; else it is made from the passage's section or last heading.
    """
    start = max(passage.text.find(quotation), 0)
    end = start + len(quotation) if passage.text.startswith(quotation, start) else len(passage.text)
    query = urlencode({"passage": passage.id, "from": start, "to": end})
    page = first_page(passage, start, end)
    if page is not None:
        return f"{page_path(election, passage.document, page)}?{query}#quotation"
    heading = passage.section or (passage.heading[-1] if passage.heading else "")
    return f"{section_path(election, passage.document, slug or section_slug(heading))}?{query}#quotation"


def quoted_sentences(passage: Passage, start: int, end: int) -> tuple[Sentence, ...]:
    """The sentences of the passage that share a code point with `[start, end)`."""
    return tuple(s for s in passage.sentences if s.start < end and start < s.end)


def first_page(passage: Passage, start: int, end: int) -> int | None:
    """Physical page on which the quotation starts, or None for a document without pages."""
    if passage.page is None:
        return None
    spans = [span for sentence in quoted_sentences(passage, start, end) for span in sentence.spans]
    return spans[0].page if spans else passage.page
