"""The guard's word on the question, before any document is searched."""

from __future__ import annotations

from app.answering.desk_view import Room
from app.answering.wording import filled, worded
from domain.answer import AnswerStatus
from domain.exchange import Exchange, Question
from domain.verdict import Action, Verdict
from guardrails import gate, second
from guardrails.foreign import foreign


def screen(exchange: Exchange, room: Room) -> Exchange:
    """Settle refused and redirected questions with their wording; let the rest pass with the verdict noted."""
    question, built = exchange.question, room.built
    policy = built.common.policy
    local = guarded(exchange, room)
    verdict = second.standing(local, exchange.verdicts, question.text, bool(question.history), built.names, policy)
    exchange = exchange.with_(verdicts=(local, *exchange.verdicts))
    if verdict.action is not Action.REFUSE and _cannot_be_read(question, room):
        return _ask_in_another(exchange, room)
    if verdict.action is Action.ANSWER and verdict.category is None:
        return exchange
    if verdict.category is None or verdict.category not in policy.categories:
        raise ValueError(f"the guard gave action {verdict.action} with category {verdict.category}")
    status = policy.categories[verdict.category].status
    if status is AnswerStatus.ABOUT_SERVICE:
        return worded(exchange, room, status, message=_about(exchange, room), reason=None)
    # Only the guard's own verdict knows which sentence it declines; the model's is on the question as a whole.
    own = verdict is local
    text, before = judged(exchange)
    part = gate.legitimate_part(text, built.names, policy, before) if own else None
    return worded(exchange, room, status, **({"suggestion": part} if part else {}))


def guarded(exchange: Exchange, room: Room) -> Verdict:
    """The guard's own verdict on the question, without any model server.

    A turn without words of its own ("And the others?") is judged as the question that it asks again; what a rule
    declines in it as it stands ("This one or that one?") stays declined.
    """
    question, built = exchange.question, room.built
    languages = built.election.languages
    policy = built.common.policy
    repeats = exchange.scope.repeats if exchange.scope is not None else None
    own = gate.screen(question.text, question.history, built.names, policy, languages, language=question.language)
    ruled = own.action is Action.REFUSE and own.evidence[0].rule != gate.CLASSIFIER
    if repeats is None or ruled:
        return own
    text, before = judged(exchange)
    verdict = gate.screen(text, before, built.names, policy, languages, language=question.language)
    return verdict.model_copy(update={"evidence": ()})


def judged(exchange: Exchange) -> tuple[str, tuple[str, ...]]:
    """The words that the guard judges, and the turns before them: of the turn, or of the one that it asks again."""
    question, scope = exchange.question, exchange.scope
    if scope is None or scope.repeats is None:
        return question.text, question.history
    return question.history[scope.repeats], question.history[: scope.repeats]


def _cannot_be_read(question: Question, room: Room) -> bool:
    """Whether it is in a language that is not read here: neither the guard nor the documents could say anything."""
    read, knows = room.built.election.languages, room.built.common.policy.vocabulary.knows
    # Names are of no language; finding them is slow, and most questions are read with them as well.
    return foreign(question.text, read, knows) and foreign(room.built.names.mask(question.text, " "), read, knows)


def _ask_in_another(exchange: Exchange, room: Room) -> Exchange:
    names = dict.fromkeys(room.words(tag).name for tag in room.built.election.languages)
    message = filled(room.words(exchange.question.spoken_to).other_language, languages=", ".join(names))
    return worded(exchange, room, AnswerStatus.CLARIFY, message=message, suggestion=None)


def _about(exchange: Exchange, room: Room) -> str:
    operator = room.built.election.operator
    words = room.words(exchange.question.spoken_to)
    matter = gate.about_matter(judged(exchange)[0], room.built.names, room.built.common.policy)
    text = words.about.get(matter, words.about["default"])
    if operator is None:
        return words.about["no_operator"] if "{" in text else text
    return filled(text, operator=operator.name, contact=operator.contact, complaints=operator.complaints)
