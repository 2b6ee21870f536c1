"""What a language model is given to compose from, and asking it: the one call of an answer that leaves this machine.

It sees the question and the sentences that would be quoted, each with a number; every name of a party is one slot,
so it cannot know whose they are. What went out and what came back is an input of the answer, kept byte for byte;
what of it counts is decided in `compose.py`, without any network.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import Field, ValidationError

from app.answering.desk_view import Room
from app.answering.extract import extract
from app.answering.quote import asked_for
from app.llm.chat import ModelUnusable, content_of
from app.llm.leash import Leash
from domain.answer import Claim
from domain.base import Frozen
from domain.exchange import Dictation, Exchange, Subject
from guardrails.second import SLOT

MOST_TOKENS = 2_400
MOST_BYTES = 262_144
"""Bytes of a reply that are read at most."""


class Written(Frozen):
    """One sentence as the model wrote it: the number of the sentence that it stands on, that sentence, its own."""

    number: int
    quotation: str
    text: str


class Reply(Frozen):
    """What the model must return; its JSON schema goes with the request."""

    claims: tuple[Written, ...] = Field(max_length=64)


def offered(exchange: Exchange, room: Room) -> tuple[Claim, ...]:
    """The quotations that the model may shorten: those of the draft; none where nothing is to be composed.

    Only what is written in the language of the question: a translation could not be checked word by word.
    """
    draft, scope, language = exchange.draft, exchange.scope, exchange.question.language
    assert scope is not None
    if draft is None or scope.subject is not Subject.PARTIES or not draft.claims:
        return ()
    if any(c.kind != "quotation" or room.built.language_for(c.party, language) != language for c in draft.claims):
        return ()
    return draft.claims


def request(exchange: Exchange, room: Room, offers: Sequence[Claim], model: str) -> bytes:
    """The body that is sent: the public prompt, the question and the sentences, bound to the schema of `Reply`."""
    names = room.built.names
    speakers = {party: number for number, party in enumerate(dict.fromkeys(c.party for c in offers), start=1)}
    material = {
        "question": names.mask(exchange.question.text, SLOT),
        "language": exchange.question.language,
        "sentences": [
            {"number": number, "speaker": speakers[c.party], "sentence": names.mask(asked_for(c, room), SLOT)}
            for number, c in enumerate(offers, start=1)
        ],
    }
    body = {
        "model": model,
        "messages": [
            {"role": "system", "content": room.built.common.prompts["compose"]},
            {"role": "user", "content": json.dumps(material, ensure_ascii=False)},
        ],
        "temperature": 0,
        "seed": exchange.seed,
        "max_tokens": MOST_TOKENS,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "claims", "strict": True, "schema": Reply.model_json_schema()},
        },
    }
    return json.dumps(body, ensure_ascii=False).encode()


async def dictated(exchange: Exchange, room: Room, model: Leash) -> Exchange:
    """The exchange with what the model was sent and sent back; unchanged where nothing is to be composed.

    The exchange has its hits and no answer yet.
    """
    try:
        drafted = extract(exchange, room)
        offers = offered(drafted, room)
        if not offers:
            return exchange
        body = request(drafted, room, offers, model.name)
        sent = await model.ask(body, lambda reply: read(reply) is not None)
    except Exception as error:  # a failing step is met again in the walk, and fails closed there
        room.trouble("dictation", error)
        return exchange
    received, trouble = _text(sent.response), sent.trouble
    dictation = Dictation(
        model=model.name,
        request=body.decode() if sent.attempts else "",
        response=received,
        attempts=sent.attempts,
        trouble=trouble,
    )
    return exchange.with_(dictation=dictation)


def read(body: bytes | str) -> Reply | None:
    """The reply in a chat completion; None when it is none or does not keep to the schema."""
    try:
        return Reply.model_validate_json(content_of(body))
    except (ModelUnusable, ValidationError, RecursionError):
        return None


def _text(body: bytes | None) -> str | None:
    """The body as it came; bytes that are no UTF-8, which nothing is read from, are spelled out."""
    return None if body is None else body.decode("utf-8", "backslashreplace")
