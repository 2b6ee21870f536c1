"""Checks that what a draft quotes is really there, character for character under the published contract.

Promise: a claim passes only when each of its citations names a known passage of the same party and
document and its quotation stands in it; a quotation claim says nothing beside its quotation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from domain.answer import Citation, Claim
from domain.base import Language
from domain.passage import Passage
from domain.verdict import Action, Evidence, Verdict
from guardrails.normalise import NO_WORDS, clean, tokens
from guardrails.policy import Policy
from guardrails.rules import first_span, sentences
from guardrails.support import unsupported

UNGROUNDED = "ungrounded"
UNSUPPORTED = "unsupported"
EVALUATIVE = "evaluative"
_HYPHEN_BREAK = re.compile("\ufffe(?:\r\n|\r|\n)?")
_SPACE = re.compile(r"\s+")


def comparable(text: str) -> str:
    """Text as quotations are compared: NFC, soft hyphens and line-end hyphens gone, white space collapsed."""
    plain = unicodedata.normalize("NFC", text).replace("\u00ad", "")
    return _SPACE.sub(" ", _HYPHEN_BREAK.sub("", plain)).strip()


def ungrounded(claims: Sequence[Claim], passages: Mapping[str, Passage], policy: Policy) -> tuple[Verdict, ...]:
    """One verdict for each claim that its citations do not carry, or whose own words judge."""
    known = {key: comparable(p.text) for key, p in passages.items() if key in _cited(claims)}
    found: list[Verdict] = []
    for claim in claims:
        problem = _problem(claim, passages, known)
        if problem:
            found.append(_verdict(UNGROUNDED, claim, problem, policy))
        elif claim.kind in {"composed", "translation"} and (words := _judging(claim.text, policy)):
            found.append(_verdict(EVALUATIVE, claim, f"words:{words}", policy))
        elif claim.kind == "composed" and (why := _unsupported(claim, passages, policy)):
            found.append(_verdict(UNSUPPORTED, claim, why, policy))
    return tuple(found)


def _cited(claims: Sequence[Claim]) -> frozenset[str]:
    return frozenset(c.passage for claim in claims for c in claim.citations)


def _problem(claim: Claim, passages: Mapping[str, Passage], known: Mapping[str, str]) -> str:
    """Why the claim falls, or an empty string."""
    for citation in claim.citations:
        if why := _citation_problem(citation, claim, passages, known):
            return why
    quotes = {comparable(c.quote) for c in claim.citations}
    if claim.kind == "quotation" and quotes != {comparable(claim.text)}:
        return "quotation-differs-from-citation"
    return ""


def _citation_problem(
    citation: Citation, claim: Claim, passages: Mapping[str, Passage], known: Mapping[str, str]
) -> str:
    passage = passages.get(citation.passage)
    if passage is None:
        return "unknown-passage"
    if passage.document != citation.document:
        return "other-document"
    if claim.party != passage.party and claim.kind != "card":
        return "other-party"
    quote = comparable(citation.quote)
    if not quote or quote not in known[citation.passage]:
        return "quotation-not-found"
    return ""


def _unsupported(claim: Claim, passages: Mapping[str, Passage], policy: Policy) -> str:
    """Why a composed sentence says more than its quotations, or an empty string. One sentence must carry all of it."""
    whys = []
    for citation in claim.citations:
        passage = passages[citation.passage]
        words = policy.composed.get(passage.language.split("-")[0])
        for sentence in passage.quoted(citation.quote):
            whys.append(unsupported(claim.text, sentence, passage.language, words) if words else "no-word-lists")
    return "" if "" in whys else whys[0]


def _judging(text: str, policy: Policy) -> str:
    """The evaluative words in a sentence of ours, or an empty string."""
    for sentence in sentences(tokens(clean(text), NO_WORDS)):
        if span := first_span(policy.evaluative, sentence):
            return " ".join(t.text for t in sentence.tokens[span[0] : span[1] + 1])
    return ""


def _verdict(category: str, claim: Claim, rule: str, policy: Policy) -> Verdict:
    language: Language = policy.languages[0]
    return Verdict(
        check="quotation" if category in (UNGROUNDED, UNSUPPORTED) else "wording",
        action=Action.REFUSE,
        category=category,
        language=language,
        evidence=(Evidence(start=0, end=len(claim.text), text=claim.text, rule=rule),),
        score=1000,
        threshold=1000,
        policy=policy.digest,
    )
