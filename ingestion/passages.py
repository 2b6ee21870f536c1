"""Units to passages: readable pieces of 15 to 180 words that never cut a sentence or cross a heading.

Short items join their lead-in or their neighbours under the same heading; long paragraphs part
between sentences; legal units stay whole. Each sentence knows its spans on the pages. Words are
counted and sentences found with names masked, so that nobody is cut otherwise for a longer name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from domain.base import Digest, Language
from domain.names import Names, Segment, source_span
from domain.passage import PageSpan, Passage, Sentence, passage_id
from ingestion.layout import Glyph, Unit
from ingestion.sentences import sentence_spans

LEAST_WORDS = 15
MOST_WORDS = 180
MOST_LEGAL_WORDS = 400
"""Legal units stay whole up to here; longer ones are forms and annexes."""

GAP = 5
"""Code points between two characters of one span: a space, a line end, a hyphen."""

STAND_IN = "Name"
"""What a name counts as while text is cut: one capitalised word."""

Glyphs = tuple[Glyph, ...]
NOBODY = Names(())


@dataclass(frozen=True, slots=True)
class About:
    """What all passages of one document share. `pages` tells whether locators name pages."""

    document: Digest
    party: str | None
    language: Language
    pages: bool
    labels: dict[int, str | None]
    names: Names = NOBODY


def passages(units: Iterable[Unit], about: About) -> tuple[Passage, ...]:
    """The passages of one document in reading order."""
    return tuple(_passage(group, about) for group in _grouped(list(units), about))


def _text(glyphs: Sequence[Glyph]) -> str:
    return "".join(g.char for g in glyphs)


@lru_cache(maxsize=8192)
def _masked(names: Names, text: str) -> tuple[str, tuple[Segment, ...]]:
    return names.masked(text, STAND_IN)


def _words(glyphs: Glyphs, about: About) -> int:
    return len(_masked(about.names, _text(glyphs))[0].split())


def sentences(text: str, about: About) -> list[tuple[int, int]]:
    """Sentences of the text as `[start, end)` spans, found with every name masked."""
    masked, segments = _masked(about.names, text)
    spans = sentence_spans(masked, about.language)
    if masked == text:
        return spans
    return [source_span(segments, start, end) for start, end in spans]


@dataclass(slots=True)
class _Group:
    """Units that will be one passage; sentence borders lie at least at every unit border."""

    parts: list[Glyphs]
    heading: tuple[str, ...]
    section: str | None
    kind: str
    words: int

    def take(self, other: _Group) -> None:
        """Let the other's units follow."""
        self.parts += other.parts
        self.words += other.words

    @property
    def leads_in(self) -> bool:
        return self.parts[-1][-1].char == ":"


def _grouped(units: list[Unit], about: About) -> list[_Group]:
    groups: list[_Group] = []
    for unit in units:
        for piece in _pieces(unit, about):
            group = _Group([piece], unit.heading, unit.section, unit.kind, _words(piece, about))
            last = groups[-1] if groups else None
            if last is not None and _belongs(last, group):
                last.take(group)
            else:
                groups.append(group)
    return _without_scraps(groups)


def _belongs(last: _Group, group: _Group) -> bool:
    """Whether the new unit joins the passage before it."""
    if last.kind in ("legal", "table") or group.kind in ("legal", "table"):
        return False
    if last.heading != group.heading or last.words + group.words > MOST_WORDS:
        return False
    return last.words < LEAST_WORDS or last.leads_in


def _without_scraps(groups: list[_Group]) -> list[_Group]:
    """A last short unit under a heading joins the passage before it."""
    kept: list[_Group] = []
    for group in groups:
        last = kept[-1] if kept else None
        scrap = group.kind not in ("legal", "table") and group.words < LEAST_WORDS
        if (
            scrap
            and last is not None
            and last.kind not in ("legal", "table")
            and last.heading == group.heading
            and last.words + group.words <= MOST_WORDS
        ):
            last.take(group)
        else:
            kept.append(group)
    return kept


def _pieces(unit: Unit, about: About) -> list[Glyphs]:
    """The unit itself, or balanced runs of whole sentences when it is too long."""
    words = _words(unit.glyphs, about)
    if words <= (MOST_LEGAL_WORDS if unit.kind in ("legal", "table") else MOST_WORDS):
        return [unit.glyphs]
    spans = sentences(unit.text, about)
    wanted = words / -(-words // (MOST_WORDS - 30))
    pieces: list[Glyphs] = []
    start = 0
    for i, (_, end) in enumerate(spans):
        last = i + 1 == len(spans)
        following = _words(unit.glyphs[end : spans[i + 1][1]], about) if not last else 0
        if last or _words(unit.glyphs[start:end], about) + following / 2 > wanted:
            pieces.append(unit.glyphs[start:end])
            start = spans[i + 1][0] if not last else end
    return pieces


def _passage(group: _Group, about: About) -> Passage:
    glyphs: list[Glyph] = []
    bounds: list[tuple[int, int]] = []
    for part in group.parts:
        if glyphs:
            glyphs.append(Glyph(" ", part[0].page, part[0].index))
        base = len(glyphs)
        glyphs += part
        bounds += [(base + a, base + b) for a, b in sentences(_text(part), about)]
    first, last = glyphs[0], glyphs[-1]
    parts = tuple(span for part in group.parts for span in spans_of(part))
    return Passage(
        id=passage_id(about.document, parts),
        document=about.document,
        party=about.party,
        language=about.language,
        text=_text(glyphs),
        heading=group.heading,
        section=group.section,
        page=first.page if about.pages else None,
        page_end=last.page if about.pages else None,
        page_label=about.labels.get(first.page) if about.pages else None,
        sentences=tuple(Sentence(start=a, end=b, spans=spans_of(glyphs[a:b])) for a, b in bounds),
    )


def spans_of(glyphs: Sequence[Glyph]) -> tuple[PageSpan, ...]:
    """The page spans that these characters cover.

    A gap in the page text stays inside one span when it holds only what the normal form removes
    (line ends, soft hyphens, spaces): a few code points, and never backwards.
    """
    spans: list[PageSpan] = []
    for glyph in glyphs:
        last = spans[-1] if spans else None
        if glyph.char == " ":
            continue
        if last and last.page == glyph.page and 0 <= glyph.index - last.end <= GAP:
            spans[-1] = PageSpan(page=last.page, start=last.start, end=glyph.index + 1)
        elif last and last.page == glyph.page and last.start <= glyph.index < last.end:
            continue
        else:
            spans.append(PageSpan(page=glyph.page, start=glyph.index, end=glyph.index + 1))
    return tuple(spans)
