"""The draft door: quotations are there to the character, every party is heard, our own words do not judge."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answer import Citation, Claim
from domain.base import sha256
from domain.passage import Passage
from guardrails.gate import Coverage, check_claims
from guardrails.grounding import comparable
from tests.guardrails.invented import policy

DOCUMENT = sha256(b"document")
TEXT = "Wir bauen jedes Jahr 400.000 Wohnungen. Das ist die beste und gerechteste Antwort auf die Miet\u00adkrise."


def passage(key: str, text: str, party: str | None = "mond") -> Passage:
    """A passage of one document."""
    return Passage(
        id=sha256(key.encode()), document=DOCUMENT, party=party, language="de", text=text, page=1, sentences=()
    )


P1 = passage("p1", TEXT)
PASSAGES = {P1.id: P1}
MOND = Coverage(scope=("mond",), silent=(), no_document=())


def claim(
    quote: str, *, text: str | None = None, kind: str = "quotation", party: str | None = "mond", key: str = P1.id
) -> Claim:
    """A claim with one citation."""
    citation = Citation(document=DOCUMENT, passage=key, page=1, quote=quote, url="/d/1#page=1")
    return Claim.model_validate(
        {"kind": kind, "text": quote if text is None else text, "party": party, "citations": (citation,)}
    )


def problems(claims: list[Claim], coverage: Coverage = MOND) -> list[tuple[str | None, str]]:
    """Category and rule of every verdict."""
    return [(v.category, v.evidence[0].rule) for v in check_claims(claims, PASSAGES, coverage, policy())]


@pytest.mark.parametrize(
    "quote",
    [
        "Wir bauen jedes Jahr 400.000 Wohnungen.",
        "Wir  bauen\njedes\u00a0Jahr 400.000 Wohnungen.",
        "auf die Mietkrise.",
        "auf die Miet\ufffe\nkrise.",
        "auf die Miet\ufffe\r\nkrise.",
        "Das ist die beste und gerechteste Antwort",
    ],
)
def test_a_quotation_that_is_there_passes_even_when_it_judges(quote: str) -> None:
    assert problems([claim(quote)]) == []


@pytest.mark.parametrize(
    "quote",
    [
        "Wir bauen jedes Jahr 500.000 Wohnungen.",
        "wir bauen",
        "Wir bauen ... Wohnungen.",
        "",
        " ",
        "„Wir bauen“",
        "Wir bauen jedes Jahr 400.000 Wohnungеn.",
    ],
)
def test_a_quotation_that_is_not_there_falls(quote: str) -> None:
    assert ("ungrounded", "quotation-not-found") in problems([claim(quote)])


def test_a_quotation_claim_says_nothing_beside_its_quotation() -> None:
    added = claim("Wir bauen jedes Jahr 400.000 Wohnungen.", text="Endlich: Wir bauen jedes Jahr 400.000 Wohnungen.")
    assert problems([added]) == [("ungrounded", "quotation-differs-from-citation")]


def test_unknown_passage_other_party_and_other_document_fall() -> None:
    good = "Wir bauen jedes Jahr 400.000 Wohnungen."
    assert ("ungrounded", "unknown-passage") in problems([claim(good, key=sha256(b"nowhere"))])
    assert ("ungrounded", "other-party") in problems([claim(good, party="ost")], Coverage(("ost",), (), ()))
    moved = claim(good)
    citation = moved.citations[0].model_copy(update={"document": sha256(b"other")})
    assert ("ungrounded", "other-document") in problems([moved.model_copy(update={"citations": (citation,)})])


@pytest.mark.parametrize(
    "text",
    [
        "Die Partei hat das beste Konzept für Wohnungen.",
        "The best plan builds homes.",
        "C'est le meilleur programme.",
        "Bekanntlich baut die Partei.",
    ],
)
def test_composed_sentences_may_not_judge(text: str) -> None:
    assert [c for c, _ in problems([claim("Wir bauen jedes Jahr 400.000 Wohnungen.", text=text, kind="composed")])] == [
        "evaluative"
    ]


def test_a_plain_composed_sentence_passes() -> None:
    assert (
        problems(
            [
                claim(
                    "Wir bauen jedes Jahr 400.000 Wohnungen.",
                    text="Die Partei baut jedes Jahr 400.000 Wohnungen.",
                    kind="composed",
                )
            ]
        )
        == []
    )


GOOD = claim("Wir bauen jedes Jahr 400.000 Wohnungen.")


@pytest.mark.parametrize(
    ("coverage", "rules"),
    [
        (Coverage(("mond",), (), ()), []),
        (Coverage(("mond", "ost", "xqp"), ("ost",), ("xqp",)), []),
        (Coverage(("mond", "ost"), (), ()), ["not-heard"]),
        (Coverage(("ost",), ("ost",), ()), ["not-in-scope"]),
        (Coverage(("mond",), ("mond",), ()), ["heard-and-declared-silent"]),
        (Coverage(("mond",), ("ost",), ()), ["not-in-scope"]),
        (Coverage(("mond", "ost"), ("ost",), ("ost",)), ["heard-and-declared-silent"]),
    ],
)
def test_every_party_in_scope_is_heard_or_declared(coverage: Coverage, rules: list[str]) -> None:
    assert [r for _, r in problems([GOOD], coverage)] == rules


def test_no_claims_and_no_scope_pass() -> None:
    assert problems([], Coverage((), (), ())) == []


def test_a_party_with_far_more_composed_words_is_unbalanced() -> None:
    other = passage("p2", TEXT, "ost")
    third = passage("p3", TEXT, "xqp")
    known = {**PASSAGES, other.id: other, third.id: third}
    quote = "Wir bauen jedes Jahr 400.000 Wohnungen."
    drafts = [
        *[claim(quote, text="Die Partei baut jedes Jahr 400.000 Wohnungen.", kind="composed")] * 30,
        claim(quote, text="Die Partei baut jedes Jahr 400.000 Wohnungen.", kind="composed", party="ost", key=other.id),
        claim(quote, text="Die Partei baut jedes Jahr 400.000 Wohnungen.", kind="composed", party="xqp", key=third.id),
    ]
    verdicts = check_claims(drafts, known, Coverage(("mond", "ost", "xqp"), (), ()), policy())
    assert [(v.evidence[0].text, v.evidence[0].rule) for v in verdicts] == [("mond", "more-words")]


@given(st.text(alphabet=st.sampled_from("ab \u00ad\ufffe\n\r\u00a0ä"), max_size=30))
def test_comparing_is_idempotent(text: str) -> None:
    once = comparable(text)
    assert comparable(once) == once
    assert "\u00ad" not in once and "\ufffe" not in once
