"""Whether a sentence that a language model wrote says no more than the one sentence that it stands on.

Promise: every word of it stands in that sentence, in that order, or is one of the listed words that carry no matter;
every denial, condition and doubt is kept, every number stands beside the same word. What cannot be told falls.
It compares words, so a true sentence in other words falls too; the listed words are data (`guard/<language>.yaml`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import Stemmer
from pydantic import Field

from domain.base import Frozen, Language

MORE_WORDS = 8
"""How many more words than its sentence a composed one may have: room for who says it."""
LEAST_SHARE = 900
"""Share of the covered clauses' own words that must be kept, in thousandths: what is left out may turn the sense."""
LEAST_WORDS = 2
LEAST_STEM = 3
"""A stem of this many letters keeps its last one."""
BACK = 2
"""Words before another among which the one that links it is looked for."""
HEAD = 5
"""Letters from which a listed beginning counts as one verb in all its forms."""
_STEMMERS = {"de": "german", "fr": "french", "en": "english"}
_TOKEN = re.compile(r"\d+(?:[.,\u00a0\u202f]\d{3}(?!\d))*(?:[.,]\d+)?|[^\W\d_]+(?:-[^\W\d_]+)*|[%€$§]|[,;:–—()]|[.!?…]")
_PLAIN_TEXT = re.compile(r"[\w\s.,;:!?…%€$§()„“”\"'’‘«»‹›–—/&+-]+")
_THOUSANDS = re.compile(r"[.,\u00a0\u202f](?=\d{3}(?!\d))")
_CLAUSE_ENDS = frozenset(",;:–—()")
_SENTENCE_ENDS = frozenset(".!?…")


class ComposedWords(Frozen):
    """Words of one language by what they may do in a composed sentence. A trailing `*` stands for any ending."""

    plain: tuple[str, ...] = Field(min_length=20, description="Carry no matter: may be added and left out")
    reporting: tuple[str, ...] = Field(min_length=3, description="Say who says it: may be added")
    wanting: tuple[str, ...] = Field(min_length=3, description="Say that it is wanted: only where the sentence does")
    kept: tuple[str, ...] = Field(min_length=10, description="Deny, condition, doubt or report: all or none of them")
    turning: tuple[str, ...] = Field(
        min_length=10, description="Say which way: kept where their clause is spoken of, in their order where several"
    )
    links: tuple[str, ...] = Field(min_length=5, description="Say how the next word is meant: the same one, or none")
    prefixes: tuple[str, ...] = Field(default=(), description="Parts of a verb that may stand at the end of a clause")
    same: tuple[tuple[str, ...], ...] = Field(default=(), description="Spellings of one word")
    exact: tuple[str, ...] = Field(default=(), description="Endings of the past: both words have one, or neither")


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or number of a sentence: folded, its stem, its clause."""

    word: str
    stem: str
    clause: int
    turning: bool = False

    @property
    def number(self) -> bool:
        return self.word[0].isdigit()


@dataclass(frozen=True)
class _Lists:
    """The compiled lists of one language."""

    plain: Callable[[str], bool]
    reporting: Callable[[str], bool]
    wanting: Callable[[str], bool]
    kept: Callable[[str], bool]
    turning: Callable[[str], bool]
    links: frozenset[str]
    prefixes: frozenset[str]
    same: dict[str, str]
    exact: tuple[str, ...]
    stem: Callable[[str], str]


def unsupported(text: str, sentence: str, language: Language, words: ComposedWords) -> str:
    """Why the composed `text` says more or other than `sentence`, as the name of a rule; empty when it does not."""
    if fold(text) == fold(sentence):
        return ""
    lists = _compiled(words, language)
    if not _PLAIN_TEXT.fullmatch(text) or "\n" in text:
        return "no-plain-text"
    if any(text.count(mark) > sentence.count(mark) for mark in "?!()") or _quoting(text) != _quoting(sentence):
        return "other-marks"
    claim, said = _read(text, lists), _read(sentence, lists)
    if claim is None or said is None:
        return "no-single-sentence"
    if len(claim) > len(said) + MORE_WORDS:
        return "too-long"
    # What may be added for who says it is matter where the sentence itself speaks of it.
    held, adding = {t.stem for t in said}, lists.reporting
    lists = replace(lists, reporting=lambda word: adding(word) and lists.stem(word) not in held)
    claim, said = _joined(claim, said, lists), _joined(said, claim, lists)
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("wanted-by-nobody", lambda: _any(claim, lists.wanting) and not _any(said, lists.wanting)),
        ("denial-or-condition", lambda: _count(claim, lists.kept) != _count(said, lists.kept)),
        ("number", lambda: not _numbers_kept(claim, said, lists)),
    )
    for name, broken in rules:
        if broken():
            return name
    return _misplaced(claim, said, lists)


def _quoting(text: str) -> int:
    """How many marks set words apart as somebody's own; put or left out, they turn a word."""
    return sum(text.count(mark) for mark in '„“”"«»‹›')


def _misplaced(claim: Sequence[_Token], said: Sequence[_Token], lists: _Lists) -> str:
    """Words that the sentence does not have, has in another order, or that were left out of what is spoken of."""
    own = [t for t in claim if not _free(t, lists)]
    turns = [t for t in own if t.turning]
    moving = turns if len(turns) == 1 else []
    ordered = [i for i, t in enumerate(claim) if not _free(t, lists) and t not in moving]
    places = _in_order([claim[i] for i in ordered], said, lists)
    if places is None:
        return "other-words"
    if not all(_same_link(claim, i, said, p, lists) for i, p in zip(ordered, places, strict=True)):
        return "other-link"
    clauses = {said[p].clause for p in places}
    spoken = [t for t in said if t.clause in clauses and not _free(t, lists)]
    if moving and not any(_matches(moving[0], t, lists) for t in spoken if t.turning):
        return "other-direction"
    if sum(t.turning for t in spoken) != len(turns):
        return "left-out-direction"
    if any(t.number for t in spoken if t.word not in {c.word for c in claim}):
        return "left-out-number"
    if len(own) < LEAST_WORDS or 1000 * len(own) < LEAST_SHARE * len(spoken):
        return "too-little"
    return ""


def _in_order(own: Sequence[_Token], said: Sequence[_Token], lists: _Lists) -> list[int] | None:
    """Where each word stands in the sentence, one after the other; None where one does not."""
    places: list[int] = []
    for token in own:
        start = places[-1] + 1 if places else 0
        found = next((i for i in range(start, len(said)) if _matches(token, said[i], lists)), None)
        if found is None:
            return None
        places.append(found)
    return places


def _same_link(claim: Sequence[_Token], i: int, said: Sequence[_Token], place: int, lists: _Lists) -> bool:
    """Whether the word is meant as in the sentence: "to 2 per cent" is not "by 2 per cent".

    Where it is no number and tells no direction, what links it may be left out.
    """
    mine, theirs = _link(claim, i, lists), _link(said, place, lists)
    return mine == theirs or (not mine and not (claim[i].number or claim[i].turning))


def _link(tokens: Sequence[_Token], at: int, lists: _Lists) -> str:
    """The linking word right before this one, articles between them aside; empty when there is none."""
    for token in reversed(tokens[max(0, at - BACK) : at]):
        if token.word in lists.links:
            return token.word
        if not _free(token, lists) or token.clause != tokens[at].clause:
            return ""
    return ""


def _matches(one: _Token, other: _Token, lists: _Lists) -> bool:
    if one.number or other.number:
        return one.word == other.word
    return one.stem == other.stem and one.word.endswith(lists.exact) == other.word.endswith(lists.exact)


def _numbers_kept(claim: Sequence[_Token], said: Sequence[_Token], lists: _Lists) -> bool:
    """Every number of the claim stands in the sentence before the same word of matter, and no oftener."""
    return not _pairs(claim, lists) - _pairs(said, lists)


def _pairs(tokens: Sequence[_Token], lists: _Lists) -> Counter[tuple[str, str]]:
    own = [t for t in tokens if not _free(t, lists)]
    return Counter((t.word, n.stem if n else "") for t, n in zip(own, [*own[1:], None], strict=True) if t.number)


def _free(token: _Token, lists: _Lists) -> bool:
    """A word that carries no matter; one that is kept or turns never is."""
    if token.number or token.turning or lists.kept(token.word):
        return False
    return lists.plain(token.word) or lists.reporting(token.word) or lists.wanting(token.word)


def _any(tokens: Iterable[_Token], listed: Callable[[str], bool]) -> bool:
    return any(listed(t.word) for t in tokens)


def _count(tokens: Iterable[_Token], listed: Callable[[str], bool]) -> Counter[str]:
    return Counter(t.stem for t in tokens if listed(t.word))


def _read(text: str, lists: _Lists) -> list[_Token] | None:
    """The words of one sentence; None when it is several or has none."""
    found: list[_Token] = []
    clause = 0
    ended = False
    for match in _TOKEN.finditer(text):
        piece = fold(match.group())
        if piece in _SENTENCE_ENDS:
            after_number = bool(found) and found[-1].number and text[match.start() - 1].isdigit()
            ended = (
                not after_number and match.end() < len(text.rstrip()) and text[match.end() : match.end() + 1].isspace()
            )
        elif piece in _CLAUSE_ENDS:
            clause += 1
        elif ended and match.group()[0].isupper():
            return None
        else:
            ended = False
            found.append(_token(piece, clause, lists))
    return found or None


def _token(piece: str, clause: int, lists: _Lists) -> _Token:
    word = _THOUSANDS.sub("", piece).replace(",", ".") if piece[0].isdigit() else lists.same.get(piece, piece)
    return _Token(word, lists.stem(word), clause, lists.turning(word))


def _joined(tokens: list[_Token], other: Sequence[_Token], lists: _Lists) -> list[_Token]:
    """A verb whose part stands at the end of its clause is one word where the other sentence writes it as one.

    A part that stays alone there turns the sense and is compared as such.
    """
    if not lists.prefixes:
        return tokens
    stems = {t.stem for t in other}
    out: list[_Token] = []
    for clause in range(tokens[-1].clause + 1):
        part = [t for t in tokens if t.clause == clause]
        if len(part) > 1 and part[-1].word in lists.prefixes:
            prefix = part.pop().word
            whole = next((i for i, t in enumerate(part) if lists.stem(prefix + t.word) in stems), None)
            if whole is None:
                part.append(_Token(f"~{prefix}", f"~{prefix}", clause, True))
            else:
                part[whole] = _token(prefix + part[whole].word, clause, lists)
        out += part
    return out


@lru_cache(maxsize=16)
def _compiled(words: ComposedWords, language: Language) -> _Lists:
    base = language.split("-")[0]
    stemmer = Stemmer.Stemmer(_STEMMERS.get(base, "english"))
    heads = tuple(sorted((fold(e[:-1]) for e in (*words.kept, *words.turning) if _is_head(e)), key=len, reverse=True))

    def stem(word: str) -> str:
        """One form for all forms of a verb: its listed head, or what Snowball leaves, without endings it forgets."""
        if head := next((h for h in heads if word.startswith(h)), None):
            return head
        found = str(stemmer.stemWord(word))
        if base == "de" and found.endswith("t") and len(found) > LEAST_STEM:  # "schafft" beside "schaff(en)"
            return found[:-1]
        if base == "fr" and word.endswith("ons") and len(word) > LEAST_STEM + 2:  # "pensons" beside "pens(e)"
            return str(stemmer.stemWord(f"{word[:-3]}e"))
        return found

    return _Lists(
        plain=_listed(words.plain),
        reporting=_listed(words.reporting),
        wanting=_listed(words.wanting),
        kept=_listed(words.kept),
        turning=_listed(words.turning),
        links=frozenset(fold(w) for w in words.links),
        prefixes=frozenset(fold(p) for p in words.prefixes),
        same={fold(w): fold(group[0]) for group in words.same for w in group},
        exact=words.exact,
        stem=lru_cache(maxsize=50_000)(stem),
    )


def _is_head(entry: str) -> bool:
    return entry.endswith("*") and len(entry) > HEAD


def _listed(entries: Iterable[str]) -> Callable[[str], bool]:
    """Whether a folded word is one of the entries."""
    whole = frozenset(fold(e) for e in entries if not e.endswith("*"))
    heads = tuple(fold(e[:-1]) for e in entries if e.endswith("*"))
    return lambda word: word in whole or (bool(heads) and word.startswith(heads))


def fold(text: str) -> str:
    """Lower case, composed, soft hyphens removed; diacritics stay, since "fordern" is not "fördern"."""
    return unicodedata.normalize("NFC", text.replace("\u00ad", "").casefold()).strip()
