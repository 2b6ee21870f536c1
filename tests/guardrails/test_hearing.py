"""What is heard in a turn: sentence by sentence, and with the turns before it when it is short."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np

from domain.verdict import Action
from guardrails.classifier import LINES, Card, Classifier, Floats, Ids
from guardrails.grams import ROWS, Grams
from guardrails.hearing import hear
from guardrails.normalise import NO_WORDS, clean, tokens
from guardrails.policy import load_policy
from guardrails.rules import Sentence, sentences

COMMON = Path(__file__).parents[2] / "elections" / "common"
POLICY = load_policy(COMMON, trained=False)
LIST = "[PAD] [CLS] [SEP] [UNK] which best they say what about rents hello so and tell me more"
WORDS = LIST.split()
VOCABULARY = {word: i for i, word in enumerate(WORDS)}
LABELS = ("answer", *POLICY.categories)


def judged(ids: Ids) -> tuple[Floats, Floats]:
    """A model that knows two things: `best` is a judgement after or beside another word, `hello` is chatter."""
    said = [WORDS[i] for i in ids]
    logits = np.zeros(len(LABELS), dtype=np.float32)
    logits[LABELS.index("answer")] = 8
    if "best" in said and len(set(said)) > 3:
        logits[LABELS.index("value_judgement")] = 16
    if set(said) <= {"[CLS]", "hello", "so", "[SEP]"}:
        logits[LABELS.index("about_service")] = 16
    parts = np.zeros((len(ids), len(LABELS)), dtype=np.float32)
    parts[[word == "best" for word in said], LABELS.index("value_judgement")] = 16
    return logits, parts


CARD = Card(
    labels=LABELS,
    thresholds=dict.fromkeys(LINES, 500),
    doubt=0,
    most=64,
    step=0,
    files={},
    trained_on="0" * 64,
    base="none",
    licence="none",
    families=0,
    texts=0,
)
SPELLING = Grams(np.zeros((ROWS, len(LABELS)), dtype=np.int8), 0.0)
MODEL = Classifier(CARD, Path(), {}, VOCABULARY, frozenset(WORDS[4:]), judged, SPELLING, {})


def said(text: str) -> tuple[Sentence, ...]:
    return sentences(tokens(clean(text), NO_WORDS))


def refused(text: str, before: str = "") -> bool:
    earlier = [(tuple(chain.from_iterable(s.tokens for s in said(before))), "en")] if before else []
    heard = hear(said(text), "en", earlier, POLICY, MODEL)
    return heard is not None and heard.action is Action.REFUSE


def test_one_sentence_of_several_is_heard() -> None:
    assert refused("What about rents? Which is best? Tell me more.")
    assert not refused("What about rents? Tell me more.")


def test_a_short_turn_takes_its_meaning_from_the_one_before() -> None:
    assert not refused("best?")
    assert refused("which best?", before="What about rents? Tell me more about rents.")


def test_a_long_turn_speaks_for_itself() -> None:
    long = "and what about rents so and so and tell me more about rents so"
    assert not refused(long, before="Which is best so?")
    assert refused("so tell me", before="Which is best so?")


def test_chatter_is_redirected_and_silence_is_nothing() -> None:
    single = hear(said("hello"), "en", (), POLICY, MODEL)
    assert single is not None
    assert single.action is Action.ANSWER
    heard = hear(said("hello so"), "en", (), POLICY, MODEL)
    assert heard is not None
    assert (heard.action, heard.category) == (Action.REDIRECT, "about_service")
    assert hear(said("?!"), "en", (), POLICY, MODEL) is None
    assert hear(said("hello " * 20), "en", (), POLICY, MODEL) is None


def test_the_words_that_a_verdict_rests_on_are_found() -> None:
    words = said("tell me more about rents which is best")[0].tokens
    first, last = MODEL.weightiest(words, "en", "value_judgement")
    assert "best" in {t.text for t in words[first : last + 1]}
