"""The guard's two doors: one for questions, one for drafts. Both return verdicts that explain themselves.

Promise: the same code for every channel and language; the decision never depends on which party
is named, since names are a slot before any rule is tried; an error is raised, never swallowed,
so that the caller can only fail closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain.answer import Claim
from domain.base import Language
from domain.passage import Passage
from domain.verdict import Action, Evidence, Verdict
from guardrails.decode import hidden_readings
from guardrails.grounding import ungrounded
from guardrails.hearing import Heard, Part, Unit, hear
from guardrails.language import detect
from guardrails.neutrality import Coverage, partial
from guardrails.normalise import PARTY
from guardrails.policy import Policy
from guardrails.rules import Match, Sentence, find, first_span
from guardrails.turns import PartyNames, Turn, about_election, languages_read, only_asking, read_turn

__all__ = ["Coverage", "PartyNames", "about_matter", "check_claims", "legitimate_part", "screen"]

MAX_HISTORY = 4
CLASSIFIER = "classifier"
"""Stands as the rule in the evidence of what the classifier declined."""
LONG = 5
CERTAIN = {Action.REFUSE: 985, Action.REDIRECT: 990, Action.ANSWER: 0}
"""Words, and the score in thousandths, from which the classifier speaks of a text that is about nobody here."""
HIDDEN = "decoded:"
"""Stands before the rule in the evidence of what a text hid in an encoding."""


def screen(
    text: str,
    history: Sequence[str],
    names: PartyNames,
    policy: Policy,
    languages: Sequence[Language] = (),
    fallback: Language | None = None,
    language: Language | None = None,
) -> Verdict:
    """Verdict on the question `text` after the earlier user turns `history`, oldest first.

    `language` is the language of the text when the caller knows it already; it is detected only if not.
    What the text hides in a simple encoding is judged as well; only a refusal follows from it.
    """
    if language is None:
        candidates = tuple(languages) or policy.languages
        language = detect(text, candidates, fallback or candidates[0], policy.function_words)
    verdict = _decided(text, history, names, policy, language)
    if verdict.action is Action.REFUSE:
        return verdict
    for hidden in hidden_readings(text, policy.known):
        found = _decided(hidden, (), names, policy, detect(hidden, policy.languages, language, policy.function_words))
        if found.action is Action.REFUSE:
            whole = Evidence(start=0, end=len(text), text=text, turn=0, rule=f"{HIDDEN}{found.evidence[0].rule}")
            return found.model_copy(update={"language": language, "evidence": (whole,)})
    return verdict


def _decided(text: str, history: Sequence[str], names: PartyNames, policy: Policy, language: Language) -> Verdict:
    """Verdict on the words as they stand."""
    turns = [read_turn(t, names, policy, i - len(history)) for i, t in enumerate(history)][-MAX_HISTORY:]
    turn = read_turn(text, names, policy, 0)
    heard = _heard(turn, turns, policy)
    matches = _standing(_speaking(turn, _context(turns, policy), policy), heard, policy)
    refused = any(policy.categories[m.rule.category].action is Action.REFUSE for m in matches)
    if heard is not None and not refused:
        found = _declined(turn, heard, bool(matches), language, policy)
        if found is not None:
            return found
    if not matches:
        return Verdict(check="question", action=Action.ANSWER, language=language, policy=policy.digest)
    order = list(policy.categories)
    best = min(matches, key=lambda m: (_rank(m, policy), -m.rule.score, order.index(m.rule.category)))
    category = policy.categories[best.rule.category]
    same = [m for m in matches if m.rule.category == best.rule.category]
    return Verdict(
        check="question",
        action=category.action,
        category=best.rule.category,
        language=language,
        evidence=tuple(_evidence(m, turn) for m in [best, *(m for m in same if m is not best)]),
        score=best.rule.score,
        threshold=category.threshold,
        policy=policy.digest,
    )


def legitimate_part(text: str, names: PartyNames, policy: Policy, history: Sequence[str] = ()) -> str | None:
    """The sentences of a declined question that the service can answer, in the writer's words, or None."""
    turn = read_turn(text, names, policy, 0)
    context = _context([read_turn(t, names, policy, -1) for t in history][-MAX_HISTORY:], policy)

    def passes(sentence: Sentence) -> bool:
        heard = _heard(Turn(text, (sentence,), 0), (), policy)
        alone = heard is None or heard.action is not Action.REFUSE
        return alone and not any(find(policy.rules, sentence, context))

    kept = [
        text[s.tokens[0].start : s.tokens[-1].end]
        for s in turn.sentences
        if len(s.tokens) > 1 and about_election([s], policy) and passes(s)
    ]
    return "? ".join(part.strip() for part in kept) + "?" if kept else None


def about_matter(text: str, names: PartyNames, policy: Policy) -> str:
    """Which text about the service answers the question: a key of `about` in the wording files."""
    turn = read_turn(text, names, policy, 0)
    for matter, patterns in policy.about.items():
        if any(first_span(patterns, s) is not None for s in turn.sentences):
            return matter
    return "default"


def check_claims(
    claims: Sequence[Claim], passages: Mapping[str, Passage], coverage: Coverage, policy: Policy
) -> tuple[Verdict, ...]:
    """What is wrong with a draft: claims that their passage does not carry, parties that were not heard.

    Empty means passed. `passages` maps passage ids to passages; a citation of an unknown passage falls.
    """
    return (*ungrounded(claims, passages, policy), *partial(claims, coverage, policy))


def _context(turns: Sequence[Turn], policy: Policy) -> frozenset[str]:
    """What the conversation was about: the latest turn that says so, and how it was declined, if it was."""
    labels: frozenset[str] = frozenset()
    for turn in turns:
        declined = frozenset(m.rule.category for m in _speaking(turn, labels, policy))
        about = frozenset().union(*(_labels(s, policy) for s in turn.sentences))
        kept = frozenset(label for label in labels if label in policy.contexts)
        labels = (about or kept) | declined
    return labels


def _labels(sentence: Sentence, policy: Policy) -> frozenset[str]:
    """What one sentence is about, by the context patterns of the rule files."""
    return frozenset(n for n, patterns in policy.contexts.items() if first_span(patterns, sentence) is not None)


def _speaking(turn: Turn, context: frozenset[str], policy: Policy) -> list[Match]:
    """Matches that count: strong enough, and not giving way to a question about the election."""
    matches: list[Match] = []
    for number, sentence in enumerate(turn.sentences, start=1):
        matches += [
            m
            for m in find(policy.rules, sentence, context)
            if m.rule.score >= policy.categories[m.rule.category].threshold
            and not (m.rule.alone and len(turn.sentences) > 1)
        ]
        if number < len(turn.sentences):
            context = context | _labels(sentence, policy)
    if all(not policy.categories[m.rule.category].yields for m in matches):
        return matches
    asks = about_election(turn.sentences, policy)
    return [m for m in matches if not (asks and policy.categories[m.rule.category].yields)]


def _heard(turn: Turn, turns: Sequence[Turn], policy: Policy) -> Heard | None:
    """What the classifier hears; None when there is nothing to read, or for a policy that training loads without it.

    A turn that holds nothing but what the policy publishes as an example is left to the rules: they decide it
    as published.
    """
    if policy.classifier is None or all(s.line in policy.published for s in turn.sentences):
        return None
    *earlier, read_in = languages_read([*turns, turn], policy)
    before = [(t.words, language) for t, language in zip(turns, earlier, strict=True) if t.words]
    story, parts = _tells(turn, policy), _parts(turn, policy)
    return hear(turn.sentences, read_in, before, policy, policy.classifier, story, parts)


def _tells(turn: Turn, policy: Policy) -> bool:
    """Whether it tells of the one who asks, names no party in that, and ends with its one question, to a party."""
    *told, asked = turn.sentences
    if not told or "?" in turn.text[: asked.tokens[0].start] or "?" not in turn.text[asked.tokens[-1].end :]:
        return False
    of_oneself = any(not policy.addressed.isdisjoint(t.text for t in s.tokens) for s in told)
    return of_oneself and PARTY in asked.words and all(PARTY not in s.words for s in told)


def _parts(turn: Turn, policy: Policy) -> tuple[Part, ...]:
    """What each sentence does, where one only asks what a party says or does; empty where none does."""
    asking = only_asking(turn, policy)
    if not any(asking):
        return ()
    ends = [*(s.tokens[0].start for s in turn.sentences[1:]), len(turn.text)]
    found = []
    for sentence, asks, end in zip(turn.sentences, asking, ends, strict=True):
        states = "?" not in turn.text[sentence.tokens[-1].end : end] and not about_election([sentence], policy)
        of_oneself = any(t.text in policy.addressed for t in sentence.tokens)
        found.append(Part.ASKS if asks else Part.TELLS if states and of_oneself else Part.SAYS)
    return tuple(found)


def _standing(matches: list[Match], heard: Heard | None, policy: Policy) -> list[Match]:
    """A rule that needs no context gives way where the classifier hears next to nothing of what it declines."""
    if heard is None or policy.classifier is None:
        return matches
    found = {Action.REFUSE: heard.refused, Action.REDIRECT: heard.refused + heard.redirected}
    doubt = policy.classifier.card.doubt
    return [m for m in matches if m.rule.context or found[policy.categories[m.rule.category].action] >= doubt]


def _declined(turn: Turn, heard: Heard, redirected: bool, language: Language, policy: Policy) -> Verdict | None:
    """The classifier's verdict, when it is sure enough; a turn that a rule redirects is only refused by it."""
    asks = about_election(turn.sentences, policy)
    names_party = any(PARTY in s.words for s in turn.sentences)
    yields = heard.action is Action.REDIRECT and (redirected or (policy.categories[heard.category].yields and asks))
    foreign = (
        not (heard.hangs or names_party) and _of_nobody(heard.unit, policy) and heard.score < CERTAIN[heard.action]
    )
    if heard.action is Action.ANSWER or yields or foreign or policy.classifier is None:
        return None
    first, last = (0, -1)
    if not heard.hangs:
        first, last = policy.classifier.weightiest(heard.unit, heard.language, heard.category)
    start, end = heard.unit[first].start, heard.unit[last].end
    return Verdict(
        check="question",
        action=heard.action,
        category=heard.category,
        language=language,
        evidence=(Evidence(start=start, end=end, text=turn.text[start:end], turn=0, rule=CLASSIFIER),),
        score=heard.score,
        threshold=heard.line,
        policy=policy.digest,
    )


def _of_nobody(unit: Unit, policy: Policy) -> bool:
    """Whether a longer text speaks neither of the one who asks nor to the service: most likely one of knowledge."""
    return len(unit) >= LONG and policy.addressed.isdisjoint(t.text for t in unit)


def _rank(match: Match, policy: Policy) -> int:
    """A refusal outranks a redirection."""
    return 0 if policy.categories[match.rule.category].action is Action.REFUSE else 1


def _evidence(match: Match, turn: Turn) -> Evidence:
    start, end = match.first.start, match.last.end
    return Evidence(start=start, end=end, text=turn.text[start:end], turn=turn.offset, rule=match.rule.id)
