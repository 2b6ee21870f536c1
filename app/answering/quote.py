"""Which sentences of the passages found are quoted: whole ones, verbatim, each on its page.

Promise: what is chosen depends on the question and the sentence; a place is left empty rather than filled; a sentence
that points back is quoted with the one before it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from app.answering.desk_view import Room
from app.answering.phrases import QUOTING
from app.answering.voices import Voice, voice
from app.links import first_page, viewer_url
from app.retrieval.analyse import words
from domain.answer import Citation, Claim
from domain.passage import Hit, Passage, Sentence

LEAST_WORDS = 4
MOST_WORDS = 70
MOST_LAW_WORDS = 140
BACK, THIS = "back", "this"
"""The lists of what points back to the sentence before: openings, and words wherever they stand early on."""
EARLY = 6
"""Words of a sentence among which such a word stands."""
UNSTOPPED_WORDS = 9
"""From here on a list item without a full stop is quoted; a shorter one is most likely a heading."""

_PROVISION = re.compile(r"(?:§|Art)\s?")
"""How the citation of a provision opens; the forms of an annex repeat what provisions say."""
_BLANKS = re.compile(r"[.…_]{4,}|(?:[.…_] ){3,}")
"""Where a form is to be filled in."""


def chosen(hits: Sequence[Hit], budget: int, counts: Callable[[Hit, int, bool], bool], room: Room) -> tuple[Claim, ...]:
    """Up to `budget` claims: the best sentence of each passage first, in rank order; then their second-best, and so on.

    `counts` says whether a hit's sentence may be quoted, told whether it would be the first.
    """
    claims: list[Claim] = []
    seen: set[str] = set()
    for turn in range(budget):
        for hit in hits:
            if len(claims) == budget:
                return tuple(claims)
            passage = room.built.passage(hit.passage)
            place = _at_turn(hit, passage, turn, room)
            if place is None or not counts(hit, place, not claims):
                continue
            quote = _understandable(passage, place, room)
            overlaps = any(quote in other or other in quote for other in seen)
            if not overlaps and room.built.stands_on_page(passage, quote):
                seen.add(quote)
                claims.append(quotation(passage, quote, room))
    return tuple(claims)


def _understandable(passage: Passage, place: int, room: Room) -> str:
    """The sentence, with the one before it where it points back ("That is why we ..."), if the party says that too."""
    sentence = passage.sentences[place]
    alone = passage.text[sentence.start : sentence.end]
    if (
        place == 0
        or passage.section is not None
        or not (_opens_back(alone, passage, room) or _this(alone, passage, room))
    ):
        return alone
    before = passage.sentences[place - 1]
    both = passage.text[before.start : sentence.end]
    short = len(before.spans) == 1 and len(both.split()) <= MOST_WORDS
    together = short and _voice(passage, before, room) == "own" and room.built.stands_on_page(passage, both)
    return both if together else alone


def _opens_back(text: str, passage: Passage, room: Room) -> bool:
    return room.phrases.opens(_early(text), f"{QUOTING}/{passage.language}/{BACK}")


def _this(text: str, passage: Passage, room: Room) -> bool:
    return room.phrases.found(f"{QUOTING}/{passage.language}/{THIS}", _early(text))


def _early(text: str) -> list[str]:
    return words(text[:100])[:EARLY]


def asked_for(claim: Claim, room: Room) -> str:
    """The sentence for which the claim's quotation was chosen: its last, where one before explains it."""
    citation = claim.citations[0]
    return room.built.passage(citation.passage).quoted(citation.quote)[-1]


def in_context(hits: Sequence[Hit], least: int, room: Room) -> tuple[Claim, ...]:
    """The first sentence found that tells what others want or do, with the sentences around it; at most one claim.

    It is never the party's position; `least` is the coverage that its passage must have.
    """
    for hit in hits:
        passage = room.built.passage(hit.passage)
        place = hit.order[0] if hit.order else None
        if place is None or hit.coverage < least or _voice(passage, passage.sentences[place], room) != "others":
            continue
        around = passage.sentences[max(0, place - 1) : place + 2]
        quote = passage.text[around[0].start : around[-1].end]
        if len(quote.split()) <= 2 * MOST_WORDS and room.built.stands_on_page(passage, quote):
            return (quotation(passage, quote, room),)
    return ()


def _at_turn(hit: Hit, passage: Passage, turn: int, room: Room) -> int | None:
    """The quotable sentence of the passage that covers the question best, second best, and so on.

    A sentence that a page or column break cuts is left aside: a reader could not find it whole.
    """
    quotable = (i for i in hit.order if _quotable(passage, passage.sentences[i], room) and _clear(passage, i, room))
    return next(itertools.islice(quotable, turn, None), None)


def _quotable(passage: Passage, sentence: Sentence, room: Room) -> bool:
    """A whole sentence on one page that says something: no fragment, no heading, no blank form, no appeal for votes."""
    text = passage.text[sentence.start : sentence.end]
    count = len(text.split())
    if len(sentence.spans) != 1 or count < LEAST_WORDS:
        return False
    if passage.section is not None:
        return count <= MOST_LAW_WORDS and bool(_PROVISION.match(passage.section)) and not _BLANKS.search(text)
    if count > MOST_WORDS or (count < UNSTOPPED_WORDS and text[-1].isalnum()):
        return False
    return _voice(passage, sentence, room) == "own"


def _clear(passage: Passage, place: int, room: Room) -> bool:
    """Whether it can be understood: not where "this" means what the sentence before tells of others."""
    if place == 0 or passage.section is not None:
        return True
    sentence, before = passage.sentences[place], passage.sentences[place - 1]
    return (
        not _this(passage.text[sentence.start : sentence.end], passage, room) or _voice(passage, before, room) == "own"
    )


def _voice(passage: Passage, sentence: Sentence, room: Room) -> Voice:
    text = passage.text[sentence.start : sentence.end]
    key = ("voice", passage.id, sentence.start)
    return room.built.kept(key, lambda: voice(text, passage.party, passage.language, room))


def quotation(passage: Passage, quote: str, room: Room) -> Claim:
    """The claim that quotes this sentence of this passage."""
    start = passage.text.index(quote)
    page = first_page(passage, start, start + len(quote))
    section = passage.section or (passage.heading[-1] if passage.page is None and passage.heading else None)
    citation = Citation(
        document=passage.document,
        passage=passage.id,
        page=page,
        page_end=page,
        page_label=passage.page_label if page == passage.page else None,
        section=section,
        quote=quote,
        url=viewer_url(room.built.election.id, passage, quote),
    )
    return Claim(kind="quotation", text=quote, party=passage.party, citations=(citation,))
