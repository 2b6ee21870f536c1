"""Whether a question is nearer to a card on the rules of voting or to a matter of policy: by its words and its meaning.

Promise: it decides where a question is looked up, by the same whole numbers for whatever is asked; it knows no party,
and it never says anything.
"""

from __future__ import annotations

from app.answering.cards import likelihood
from app.answering.desk_view import Room
from app.answering.procedure import to_nobody
from app.retrieval.analyse import Analyser
from app.retrieval.embed import Code
from app.retrieval.register import Met
from domain.base import Language
from domain.exchange import Exchange, Scope

LIKENESS = 16
"""What each thousandth of likeness counts here; words lead to one of many better than they tell two kinds apart."""
SENSED = 5
"""Of what was learnt of phrasings (`app.answering.sense`) one part in so many counts."""
APART = 1000
"""How much more must speak for the card, in thousandths of one telling word."""


def nearer_to_a_card(exchange: Exchange, room: Room) -> bool:
    """Whether clearly more speaks for one of the cards than for every matter of the register.

    Not where a party is named or spoken of, a reform is asked for, or a matter is named.
    """
    scope, asked = exchange.scope, exchange.question.language
    assert scope is not None
    register = room.built.corpus.register
    analyser = analyser_of(scope, asked, room)
    if not len(register.meanings) or analyser is None or not to_nobody(exchange, room):
        return False
    named = register.matter(scope.matter, analyser)
    if named is not None and named.met is Met.REGISTERED:
        return False
    scores = register.scores(scope.matter, analyser, meant(scope, analyser, room), LIKENESS)
    card = likelihood(scope.matter, asked, room, LIKENESS)
    return card - int(scores.max()) + room.phrases.sense.of(scope.matter) // SENSED >= APART


def analyser_of(scope: Scope, asked: Language, room: Room) -> Analyser | None:
    """What reads the question, None where no party has a document."""
    documents = next(iter(room.built.by_language(scope.parties, asked)), None)
    return room.built.reader(asked, documents).asked if documents is not None else None


def meant(scope: Scope, analyser: Analyser, room: Room) -> Code | None:
    """What the words of the question mean that carry content."""
    return room.built.meant(" ".join(analyser.content(scope.matter)), analyser.language)
