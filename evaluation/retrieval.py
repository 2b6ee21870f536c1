"""Is the right passage among the first? Per party, so that a gap between parties shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from app.answering.desk_view import Room
from app.answering.retrieve import find
from app.retrieval.analyse import SLOT
from evaluation.figures import share
from evaluation.labels import OwnQuestion, Places, own_questions

GATE = 0.70
"""Least recall@5 over all parties on the part kept aside, German questions."""


def ranks(question: OwnQuestion, places: Places, room: Room, k: int) -> int | None:
    """Rank of the first relevant passage in the party's programme, from 1, or None beyond k."""
    relevant = places.passages(question.party, question.relevant)
    matter = room.built.names.mask(question.text, SLOT)
    hits, _ = find(matter, question.language, [question.party], room, k)
    return next((h.rank for h in hits[question.party] if h.passage in relevant), None)


def measure(room: Room, say: Callable[[str], None]) -> bool:
    """Print recall at 1 and 5 per set, language and party, and the rules; True when the gate is passed."""
    places = Places(room.built)
    questions, rules = own_questions()
    answered = [q for q in questions if q.relevant]
    found = {q.id: ranks(q, places, room, 5) for q in answered}
    passed = True
    for chosen in ("fit", "kept_aside"):
        for language in ("de", "en", "fr"):
            some = [q for q in answered if q.set == chosen and q.language == language]
            five = share([found[q.id] is not None for q in some])
            say(f"{chosen:>10} {language}  recall@1 {share([found[q.id] == 1 for q in some])}  recall@5 {five}")
            if chosen == "kept_aside" and language == "de":
                passed = five.value >= GATE
    by_party: dict[str, list[bool]] = defaultdict(list)
    for q in answered:
        if q.language == "de":
            by_party[q.party].append(found[q.id] is not None)
    for party, outcomes in sorted(by_party.items()):
        say(f"  {party:<22} recall@5 {share(outcomes)}")
    values = [share(o).value for o in by_party.values()]
    say(f"  gap between best and worst served party: {max(values) - min(values):.3f} ({len(answered)} questions)")
    for language in ("de", "en", "fr"):
        hit = []
        for rule in (r for r in rules if r.language == language):
            hits, _ = find(rule.text, language, [None], room, 5)
            sections = [room.built.passage(h.passage).section or "" for h in hits[None]]
            wanted = [s.replace("Art.", "Art") for s in (*rule.sections, *rule.annexes)]
            hit.append(any(s == w or s.startswith(w + " ") for s in sections for w in wanted))
        say(f"     rules {language}  right section among five {share(hit)}")
    return passed
