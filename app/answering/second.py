"""The optional second opinion on a question, asked for before the walk and noted as one of its inputs.

The walk itself reaches no network: like the time and the seed, what the model said is recorded, and a
replay takes it from the record. Whatever goes wrong here leaves the guard's own verdict.
"""

from __future__ import annotations

from app.answering.desk_view import Room
from app.answering.screen import guarded, judged
from app.answering.understand import understand
from app.llm.chat import ChatModel
from domain.exchange import Exchange
from domain.verdict import Action
from guardrails.second import category_of, instruction, second_verdict, shown


async def second_opinion(exchange: Exchange, room: Room, model: ChatModel) -> Exchange:
    """The exchange with the model's verdict noted; unchanged where the guard declines or the model says nothing usable.

    The model gets the last question alone, or the one that it asks again, masked: no earlier turn, no name of a
    party, no id.
    """
    question, policy = exchange.question, room.built.common.policy
    try:
        understood = understand(exchange, room)
        if guarded(understood, room).action is not Action.ANSWER:
            return exchange
        reply = await model.reply(instruction(policy), shown(judged(understood)[0], room.built.names, policy))
        category = category_of(reply, policy)
    except Exception as error:  # a failing guard is met again in the walk, and fails closed there
        room.trouble("second", error)
        return exchange
    return exchange.with_(
        verdicts=(*exchange.verdicts, second_verdict(category, model.name, question.text, question.language, policy))
    )
