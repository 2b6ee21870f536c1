"""What the classifier hears in a turn: alone, sentence by sentence, and after the turns before.

Promise: a sentence that asks for what is declined is heard beside any number that do not; a short turn that
hangs on the one before takes its meaning from it, and a question of its own is judged by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from domain.base import Language
from domain.verdict import Action
from guardrails.classifier import Classifier, english
from guardrails.normalise import PARTY, Token
from guardrails.policy import Policy
from guardrails.rules import Sentence

SHORT = 9
"""Words up to which the turn before can change what a turn means."""
HANGING = 8
"""Words up to which a turn without a question of its own hangs on the turn before."""
OWN = 5
"""Words from which a turn that holds a word of asking is a question of its own."""
ASKING = frozenset(
    {
        "what",
        "who",
        "where",
        "when",
        "how",
        "which",
        "whom",
        "whose",
        "why",
        "say",
        "says",
        "said",
        "write",
        "writes",
        "cite",
        "quote",
        "read",
        "want",
        "wants",
        "differ",
        "did",
        "propose",
        "proposes",
        "plan",
        "plans",
    }
)
"""Words of asking, in the English that the classifier reads."""
SURE = 970
"""Score from which a redirection of the turn alone stands, whatever was said before."""

Unit = tuple[Token, ...]
Scores = Mapping[str, int]
Turn = Sequence[Sentence]


@dataclass(frozen=True)
class Heard:
    """What a turn asks for, in thousandths: `score` for what is declined, and the `line` it was held against.

    `refused` and `redirected` say how much of either is heard at all; `unit` is the part that asks for it.
    """

    action: Action
    category: str
    score: int
    line: int
    unit: Unit
    refused: int
    redirected: int


@dataclass(frozen=True)
class Ear:
    """The model with the policy's labels, in one language."""

    model: Classifier
    language: Language
    refusals: tuple[str, ...]
    redirections: tuple[str, ...]

    def read(self, unit: Unit) -> Reading:
        """The scores of one stretch of words."""
        scores = self.model.read(unit, self.language)
        refused, redirected = (sum(scores[c] for c in of) for of in (self.refusals, self.redirections))
        return Reading(unit, scores, refused, redirected)

    @property
    def line(self) -> int:
        """From here on a refusal is heard."""
        return self.model.card.thresholds[Action.REFUSE.value]

    @property
    def turning(self) -> int:
        """From here on a redirection is heard."""
        return self.model.card.thresholds[Action.REDIRECT.value]

    def asks(self, unit: Unit) -> bool:
        """Whether the words are a question of their own."""
        return len(unit) >= OWN and not ASKING.isdisjoint(self._english(unit))

    def knows(self, unit: Unit) -> bool:
        """Whether there is something to read: a word the model knows, and not the same one over and over."""
        known = {word for word in self._english(unit) if len(word) > 2 and word in self.model.words}
        return len(known) > 1 or (len(known) == 1 and len(unit) < OWN)

    def _english(self, unit: Unit) -> list[str]:
        return english(unit, self.language, self.model.glossaries, self.model.words)


@dataclass(frozen=True)
class Reading:
    """Scores of a stretch of words, label by label and summed by action."""

    unit: Unit
    scores: Scores
    refused: int
    redirected: int


def hear(turn: Turn, before: Sequence[Turn], language: Language, policy: Policy, model: Classifier) -> Heard | None:
    """What the turn asks for, said after those `before`, oldest first; None when the model knows none of its words."""
    ear = Ear(model, language, _labels(policy, model, Action.REFUSE), _labels(policy, model, Action.REDIRECT))
    whole = _joined(turn)
    if not ear.knows(whole):
        return None
    said = ear.read(whole)
    parts = [said, *(ear.read(s.tokens) for s in turn)] if len(turn) > 1 else [said]
    worst = max(parts, key=lambda r: r.refused)
    earlier = [_joined(t) for t in before if t]
    if not earlier or len(whole) > SHORT:
        return _settled(ear, worst, said, ear.line, ear.turning)
    return _after(ear, worst, said, earlier)


def _after(ear: Ear, worst: Reading, said: Reading, earlier: Sequence[Unit]) -> Heard:
    """A short turn after others: what hangs on them shares their fate, what is asked anew does not."""
    last = ear.read(earlier[-1])
    both = ear.read((*earlier[-1], *said.unit))
    hangs = len(said.unit) <= HANGING and not ear.asks(said.unit)
    half = ear.line // 2
    if _was_refused(ear, last, earlier):
        if hangs and both.refused >= ear.line and said.redirected < SURE:
            return _settled(ear, both, said, ear.line, SURE)
        return _settled(ear, worst, said, half, ear.turning)
    if last.redirected >= ear.turning and hangs and worst.refused < ear.line and both.redirected >= ear.turning:
        return _settled(ear, worst, both, ear.line, ear.turning)
    turning = SURE if hangs and both.redirected < ear.turning else ear.turning
    if any(t.text == PARTY for unit in (*earlier, said.unit) for t in unit):
        # Among parties a judgement may hang on what was said; elsewhere "which is better?" is about pens.
        heard = both if both.refused > worst.refused and said.redirected < half else worst
        return _settled(ear, heard, said, half if hangs else ear.line, turning)
    return _settled(ear, min(worst, both, key=lambda r: r.refused), said, ear.line, turning)


def _was_refused(ear: Ear, last: Reading, earlier: Sequence[Unit]) -> bool:
    """Whether the turn before asked for what is refused, by itself or hanging on the one before it."""
    if last.refused >= ear.line or len(earlier) == 1:
        return last.refused >= ear.line
    return not ear.asks(last.unit) and len(last.unit) <= HANGING and ear.read(earlier[-2]).refused >= ear.line


def _settled(ear: Ear, heard: Reading, said: Reading, line: int, turning: int) -> Heard:
    """Refused, else redirected, else let pass."""
    refused, redirected = heard.refused, said.redirected
    if refused >= line:
        category = max(ear.refusals, key=heard.scores.__getitem__)
        return Heard(Action.REFUSE, category, refused, line, heard.unit, refused, redirected)
    category = max(ear.redirections, key=said.scores.__getitem__)
    # A single word may be anything: what the rules do not know is asked back.
    turns = redirected >= turning and len(said.unit) > 1
    action = Action.REDIRECT if turns else Action.ANSWER
    return Heard(action, category, redirected, turning, said.unit, refused, redirected)


def _labels(policy: Policy, model: Classifier, action: Action) -> tuple[str, ...]:
    """The model's labels of one action."""
    return tuple(c for c in model.card.labels if c in policy.categories and policy.categories[c].action is action)


def _joined(turn: Turn) -> Unit:
    return tuple(chain.from_iterable(s.tokens for s in turn))
