"""What a voter gets first: sixty questions that a real service suggested, judged party by party.

Figures: is the first quotation relevant (of the pairs that were answered), and how many parties
that do say something were declared silent. Each stands beside its aim; the exit code speaks of the regression gates.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from app.desk import Ask, Desk
from evaluation.figures import Target, share
from evaluation.labels import Places, SuggestedLabel, suggested_labels

FIRST = Target(aim=0.85, gate=0.65, more=True)
SILENCE = Target(aim=0.10, gate=0.10, more=False)


async def measure(desk: Desk, questions: Path, say: Callable[[str], None]) -> bool:
    """Print both figures over all pairs, by reading-only labels and with the pooled ones. True when no gate broke."""
    texts = {q["id"]: q["question"] for q in json.loads(questions.read_text(encoding="utf-8"))}
    built = desk.election("bundestag-2025")
    places = Places(built)
    pairs: dict[str, list[SuggestedLabel]] = defaultdict(list)
    for label in suggested_labels():
        pairs[label.id].append(label)
    strict: list[bool] = []
    pooled: list[bool] = []
    false_silence: list[bool] = []
    honest_silence: list[bool] = []
    by_party: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for question, labels in sorted(pairs.items()):
        exchange = await desk.ask(Ask("bundestag-2025", texts[question]), record=False)
        answer = exchange.answer
        assert answer is not None
        first = {c.party: c.citations[0].passage for c in reversed(answer.claims) if c.party}
        for label in labels:
            if label.party not in answer.scope:
                continue
            quoted = first.get(label.party)
            if label.verdict == "says":
                false_silence.append(quoted is None)
                by_party[label.party]["false silence"].append(quoted is None)
            elif label.verdict == "silent":
                honest_silence.append(quoted is None)
                by_party[label.party]["false evidence"].append(quoted is not None)
            if quoted is not None:
                hit = quoted in places.passages(label.party, label.relevant)
                strict.append(hit)
                pooled.append(hit or quoted in places.passages(label.party, label.pooled))
                by_party[label.party]["first quotation relevant"].append(pooled[-1])
    say(f"first quotation relevant, labels from reading alone   {share(strict)}")
    say(f"first quotation relevant, with blind pooled judgement {FIRST.judged(share(pooled))}")
    say(f"false silence                                         {SILENCE.judged(share(false_silence))}")
    say(f"silent where the label says silent                    {share(honest_silence)}")
    for party, figures in sorted(by_party.items()):
        for figure, outcomes in figures.items():
            say(f"  {party:<22} {figure:<25} {share(outcomes)}")
    return FIRST.holds(share(pooled)) and SILENCE.holds(share(false_silence))
