"""Units to passages: readable pieces of 15 to 180 words that never cut a sentence or cross a heading.

Short items join their lead-in or their neighbours under the same heading; long paragraphs part
between sentences; legal units stay whole. Each sentence knows its spans on the pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.base import Digest, Language
from domain.passage import PageSpan, Passage, Sentence, passage_id
from ingestion.layout import Glyph, Unit
from ingestion.sentences import sentence_spans

LEAST_WORDS = 15
MOST_WORDS = 180
MOST_LEGAL_WORDS = 400
"""Legal units stay whole up to here; longer ones are forms and annexes."""

Glyphs = tuple[Glyph, ...]


@dataclass(frozen=True, slots=True)
class About:
    """What all passages of one document share. `pages` tells whether locators name pages."""

    document: Digest
    party: str | None
    language: Language
    pages: bool
    labels: dict[int, str | None]


def passages(units: Iterable[Unit], about: About) -> tuple[Passage, ...]:
    """The passages of one document in reading order."""
    return tuple(_passage(group, about) for group in _grouped(list(units), about.language))


def _words(glyphs: Glyphs) -> int:
    return len("".join(g.char for g in glyphs).split())


@dataclass(slots=True)
class _Group:
    """Units that will be one passage; sentence borders lie at least at every unit border."""

    parts: list[Glyphs]
    heading: tuple[str, ...]
    section: str | None
    kind: str

    @property
    def words(self) -> int:
        return sum(_words(part) for part in self.parts)

    @property
    def leads_in(self) -> bool:
        return self.parts[-1][-1].char == ":"


def _grouped(units: list[Unit], language: Language) -> list[_Group]:
    groups: list[_Group] = []
    for unit in units:
        for piece in _pieces(unit, language):
            group = _Group([piece], unit.heading, unit.section, unit.kind)
            last = groups[-1] if groups else None
            if last is not None and _belongs(last, group):
                last.parts += group.parts
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
            last.parts += group.parts
        else:
            kept.append(group)
    return kept


def _pieces(unit: Unit, language: Language) -> list[Glyphs]:
    """The unit itself, or balanced runs of whole sentences when it is too long."""
    words = _words(unit.glyphs)
    if words <= (MOST_LEGAL_WORDS if unit.kind in ("legal", "table") else MOST_WORDS):
        return [unit.glyphs]
    spans = sentence_spans(unit.text, language)
    wanted = words / -(-words // (MOST_WORDS - 30))
    pieces: list[Glyphs] = []
    start = 0
    for i, (_, end) in enumerate(spans):
        last = i + 1 == len(spans)
        following = _words(unit.glyphs[end : spans[i + 1][1]]) if not last else 0
        if last or _words(unit.glyphs[start:end]) + following / 2 > wanted:
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
        bounds += [(base + a, base + b) for a, b in sentence_spans("".join(g.char for g in part), about.language)]
    first, last = glyphs[0], glyphs[-1]
    parts = tuple(span for part in group.parts for span in spans_of(part))
    return Passage(
        id=passage_id(about.document, parts),
        document=about.document,
        party=about.party,
        language=about.language,
        text="".join(g.char for g in glyphs),
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
    (line ends, soft hyphens): at most three code points, and never backwards.
    """
    spans: list[PageSpan] = []
    for glyph in glyphs:
        last = spans[-1] if spans else None
        if last and last.page == glyph.page and 0 <= glyph.index - last.end <= 4:
            spans[-1] = PageSpan(page=last.page, start=last.start, end=max(last.end, glyph.index + 1))
        elif glyph.char != " ":
            spans.append(PageSpan(page=glyph.page, start=glyph.index, end=glyph.index + 1))
    return tuple(spans)
