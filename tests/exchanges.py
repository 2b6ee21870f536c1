"""Exchanges of a realistic size for tests and measurements of the record."""

from __future__ import annotations

from domain.answer import Answer, AnswerStatus, Citation, Claim
from domain.base import sha256
from domain.exchange import Digests, Exchange, Question, Scope, Step, Subject
from domain.passage import Hit


def new_exchange(number: int, conversation: str = "c0", claims: int = 3, hits: int = 15) -> Exchange:
    """Exchange number `number`; equal numbers give equal values."""
    digest = sha256(str(number).encode())
    quote = f"Sentence {number} of an invented programme says „schöne Straßen“ and more. " * 2
    citation = Citation(document=digest, passage=digest, page=number + 1, quote=quote, url=f"/v1/documents/{digest}")
    found = tuple(Claim(kind="quotation", text=quote, party=f"party-{n}", citations=(citation,)) for n in range(claims))
    return Exchange(
        record=f"{number:032x}",
        at=f"2031-05-04T12:{number // 60 % 60:02d}:{number % 60:02d}Z",
        seed=number,
        question=Question(election="toy", text=f"Question {number}?", language="en", conversation=conversation),
        digests=Digests(
            corpus=digest, index=digest, election=digest, policy=digest, settings=digest, understand=digest,
            wording=digest, code="0",
        ),
        scope=Scope(subject=Subject.PARTIES, parties=("party-0",), named=True, resolved="r", matter="m"),
        hits=tuple(
            Hit(passage=digest, party=f"party-{n % 5}", rank=n, score=n, lexical=n, dense=n, coverage=n)
            for n in range(hits)
        ),
        answer=Answer(
            record=f"{number:032x}", conversation=conversation, election="toy", status=AnswerStatus.ANSWERED,
            language="en", claims=found,
        ),
        steps=tuple(Step(name=name, outcome="ok", wall_us=number, cpu_us=number) for name in ("a", "b", "c")),
        joules=0.1,
    )  # fmt: skip
