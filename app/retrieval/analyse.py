"""Text to search terms, the same at build and at query: folded words, Snowball stems, compounds, 4-grams.

Knows no party: names are masked to a slot before any text comes here, and the slot is dropped.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import Stemmer

from domain.base import Language, digest_of

SLOT = "□"
PAIR = "_"
"""Joins the stems of a pair; no stem holds it."""
VERSION = 3
GRAM = 4
_WORD = re.compile(r"[^\W_]+")
_LETTER = re.compile(r"(?<![^\W_])([^\W\d_])[-‐‑](?=[^\W\d_]{3})")
_GENDER = re.compile(r"(?<=\w)[*:_/](?=in(?:nen)?\b)|(?<=\w)(?=Innen\b)")
_BROKEN = re.compile(r"(?<=[^\W\d_])[-‐‑] (?!(?:und|oder|bzw|sowie|wie|and|or|et|ou)\b)(?=[a-zäöüßéèêàç])")
_STEMMERS = {
    "de": "german",
    "fr": "french",
    "en": "english",
    "es": "spanish",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "da": "danish",
    "sv": "swedish",
    "tr": "turkish",
    "ro": "romanian",
    "ru": "russian",
}
_LINKS = ("", "s", "es", "n", "en", "er", "e", "ns")
COMPOUNDING = {"de", "nl", "da", "sv"}


def fold(text: str) -> str:
    """Lower case, compatibility forms unified, diacritics removed, ß as ss, gender marks, broken hyphens and
    one-letter prefixes (E-Auto) joined.
    """
    if text.isascii() and text.isalnum():
        return text.lower()
    text = _GENDER.sub("", text)
    text = _LETTER.sub(r"\1", _BROKEN.sub("", text))
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(itertools.filterfalse(unicodedata.combining, decomposed))


def words(text: str) -> list[str]:
    """Folded words in order; the name slot is no word."""
    return _WORD.findall(fold(text.replace(SLOT, " ")))


def as_typed(text: str) -> dict[str, str]:
    """Each folded word of the text as it was first typed there."""
    typed = _WORD.findall(unicodedata.normalize("NFC", text))
    return {fold(word): word for word in reversed(typed)}


@dataclass(frozen=True)
class Stopwords:
    """Reviewed word lists of a language.

    `stop` carries no meaning anywhere, `frame` none in a question, `light` little in a question;
    `stance` marks sentences that take a stand, `amount` questions that ask for a number (True: with any ending).
    """

    stop: frozenset[str] = frozenset()
    frame: frozenset[str] = frozenset()
    light: frozenset[str] = frozenset()
    stance: frozenset[tuple[str, bool]] = frozenset()
    amount: frozenset[tuple[str, bool]] = frozenset()

    @classmethod
    def of(cls, data: Mapping[str, Iterable[str]]) -> Stopwords:
        return cls(
            frozenset(w for entry in data.get("stop", ()) for w in words(entry)),
            frozenset(w for entry in data.get("frame", ()) for w in words(entry)),
            frozenset(w for entry in data.get("light", ()) for w in words(entry)),
            *(
                frozenset((" ".join(words(entry)), entry.endswith("*")) for entry in data.get(name, ()))
                for name in ("stance", "amount")
            ),
        )

    def takes_stand(self, text: str) -> bool:
        """Whether the sentence holds a mark of a stand taken."""
        return _marked(self.stance, words(text))

    def asks_amount(self, text: str) -> bool:
        """Whether the question asks how much, how many or when."""
        said = words(text)
        return _marked(self.amount, [*said, *map(" ".join, itertools.pairwise(said))])


def _marked(marks: frozenset[tuple[str, bool]], said: Iterable[str]) -> bool:
    return any(
        (word, False) in marks or any((word[:n], True) in marks for n in range(3, len(word) + 1)) for word in said
    )


@dataclass
class Analyser:
    """Search terms of one language. `parts` maps compounds of the corpus to their parts, learnt at build."""

    language: Language
    lists: Stopwords
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stemmer = Stemmer.Stemmer(_STEMMERS.get(self.language.split("-")[0], "english"))
        self._stem = lru_cache(maxsize=200_000)(stemmer.stemWord)

    def digest(self) -> str:
        """Identity of the analyser: version, lists and compounds."""
        return digest_of([VERSION, self.language, sorted(self.lists.stop), sorted(self.parts.items())])

    def stem(self, word: str) -> str:
        return str(self._stem(word))

    def stems(self, text: str) -> list[str]:
        """Stems of the content words, each compound followed by the stems of its parts."""
        found = []
        for word in words(text):
            if word in self.lists.stop or (len(word) == 1 and not word.isdigit()):
                continue
            found.append(self.stem(word))
            found += [self.stem(part) for part in self.parts.get(word, ())]
        return found

    def pairs(self, text: str, empty: frozenset[str] | None = None) -> list[str]:
        """Neighbouring content words as one term: "politische Bildung" is more than its two words.

        `empty` are the words without content; the stop words when it is left out.
        """
        without = self.lists.stop if empty is None else empty
        stems = [None if word in without else self.stem(word) for word in words(text)]
        return [a + PAIR + b for a, b in itertools.pairwise(stems) if a and b]

    def grams(self, text: str) -> list[str]:
        """Character 4-grams of the content words, padded so that beginnings and ends count."""
        return [gram for word in words(text) if word not in self.lists.stop for gram in word_grams(word)]

    def content(self, text: str) -> list[str]:
        """The words of a question that carry its matter, each once, in order."""
        found = [w for w in words(text) if w not in self.lists.stop and w not in self.lists.frame and len(w) > 1]
        return list(dict.fromkeys(found))


def word_grams(word: str) -> list[str]:
    """Padded 4-grams of one folded word; a short word is one gram."""
    padded = f" {word} "
    if len(padded) <= GRAM:
        return [padded]
    return [padded[i : i + GRAM] for i in range(len(padded) - GRAM + 1)]


def word_counts(texts: Iterable[str], lists: Stopwords) -> dict[str, int]:
    """How often each word that may be part of a compound occurs."""
    counts = Counter(w for text in texts for w in words(text) if w.isalpha() and len(w) >= 4)
    return {w: n for w, n in sorted(counts.items()) if w not in lists.stop}


def learn_compounds(counts: Mapping[str, int], language: Language) -> dict[str, tuple[str, str]]:
    """Compounds of a corpus split into words of the same corpus."""
    found = {word: split(word, counts, language) for word in counts}
    return {word: parts for word, parts in found.items() if parts is not None}


def split(word: str, counts: Mapping[str, int], language: Language) -> tuple[str, str] | None:
    """The two parts of a compound, or None.

    A split is taken when both parts are words of the corpus with at least four letters and the
    geometric mean of their frequencies beats the compound's own (Koehn and Knight, 2003).
    """
    if len(word) < 9 or not word.isalpha() or language.split("-")[0] not in COMPOUNDING:
        return None
    best: tuple[float, str, str] | None = None
    for cut in range(4, len(word) - 3):
        tail = word[cut:]
        if tail not in counts:
            continue
        for link in _LINKS:
            head = word[: cut - len(link)] if word[:cut].endswith(link) else ""
            if len(head) >= 4 and head in counts:
                score = float((counts[head] * counts[tail]) ** 0.5)
                if score > counts.get(word, 0) and (best is None or (score, head) > (best[0], best[1])):
                    best = (score, head, tail)
    return (best[1], best[2]) if best else None
