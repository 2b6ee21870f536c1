"""Where sentences end: Punkt models per language, then repairs for what Punkt cuts too early.

Offsets count code points of the given text; the spans are in order, do not overlap, and hold
every character that is not white space.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from app.errors import BuildError

Spans = list[tuple[int, int]]

_PUNKT = {"de": "german", "fr": "french", "en": "english", "es": "spanish", "it": "italian", "nl": "dutch"}
_OPEN_END = re.compile(
    r"(?:\b(?:z|d|u|i|s|v|o|n|m|e|g)\.\s?[A-Za-zÄÖÜäöü]\.|\b(?:bzw|ca|evtl|ggf|inkl|insb|max|min|Nr|No|Art|Abs|S|vgl|sog"
    r"|Mio|Mrd|Dr|Prof|St|Str|usw|etc|bspw|gem|Abb|Kap|approx|Mr|Mrs|Ms|art|al|env|cf|p|pp|Hrsg|Ziff|lit|Buchst)\."
    r"|(?:^|\s)(?:§{1,2}\s*)?\d{1,2}\.)$"
)
_NEXT_OPENS = re.compile(r"^[\"„“«»(\[]*(?:[A-ZÄÖÜÉÈÀÇ\d§•€]|[\"„“«])")
_LETTER = re.compile(r"(?:^|[\s(„“\"])[^\W\d_]\.$")
_LETTER_FOLLOWS = re.compile(r"^[^\W\d_]\.")
_SENTENCE_WORD = re.compile(
    r"^(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Tage?s?"
    r"|Lebensjahr\w*)\b"
)


@cache
def _punkt(language: str) -> Callable[[str], Spans]:
    """The Punkt model that ships inside llama-index-core, so nothing is downloaded.

    Its four tables are read here because NLTK's own loader refuses hard-linked files, which is
    how uv installs packages.
    """
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    name = _PUNKT.get(language.split("-", maxsplit=1)[0], "english")
    package = find_spec("llama_index.core")
    if package is None or package.origin is None:
        raise BuildError("llama-index-core is not installed; its sentence models are needed to build")
    folder = Path(package.origin).parent / "_static/nltk_cache/tokenizers/punkt_tab" / name
    tables = {f.name: f.read_text(encoding="utf-8").splitlines() for f in sorted(folder.iterdir())}
    model = PunktParameters()
    model.sent_starters = set(tables["sent_starters.txt"])
    model.abbrev_types = set(tables["abbrev_types.txt"])
    model.collocations = {(a, b) for a, b in (line.split("\t") for line in tables["collocations.tab"] if line)}
    for word, context in (line.split("\t") for line in tables["ortho_context.tab"] if line):
        model.ortho_context[word] = int(context)
    tokenizer = PunktSentenceTokenizer(model)
    return lambda text: list(tokenizer.span_tokenize(text))


def sentence_spans(text: str, language: str) -> Spans:
    """Sentences of the text as `[start, end)` spans."""
    merged: Spans = []
    for start, end in _punkt(language)(text):
        if merged and _one_sentence(text, merged[-1], (start, end)):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return [span for start, end in merged if (span := _trim(text, start, end))[0] < span[1]]


def _one_sentence(text: str, first: tuple[int, int], second: tuple[int, int]) -> bool:
    head, tail = text[first[0] : first[1]], text[second[0] : second[1]]
    if not _NEXT_OPENS.match(tail) or (_LETTER.search(head) and _LETTER_FOLLOWS.match(tail)):
        return True  # lower case goes on, or the second half of "z. B."
    open_end = _OPEN_END.search(head)
    if open_end is None:
        return False
    if re.search(r"\d\.$", head):
        return bool(_SENTENCE_WORD.match(tail)) or head.endswith(tuple(f" {n}." for n in range(1, 40)))
    return not head.endswith(("usw.", "etc."))


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
