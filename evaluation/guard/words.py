"""How many phrasing families a word stands in, by language: what a slip of the fingers is led by.

`python -m evaluation.guard.words` counts anew and seals the files in the classifier's card. Families that training
leaves out are left out here too.
"""

from __future__ import annotations

from collections import Counter

from evaluation.guard.items import filled, left_out, load
from evaluation.guard.measure import LANGUAGES
from evaluation.guard.train import COMMON, PLAN, TARGET, files, write_card
from guardrails.classifier import WORDS, open_classifier, spelled
from guardrails.policy import load_policy
from guardrails.turns import slotted

FEWEST = 3
"""Families from which a spelling counts as a word, rather than as somebody's slip."""


def main() -> int:
    """Count, write, seal."""
    policy = load_policy(COMMON, trained=False)
    for language in LANGUAGES:
        one = load(language)
        found: dict[str, set[str]] = {}
        for item in filled(one, 1, PLAN.seed):
            if not left_out(item.family):
                found.setdefault(item.family, set()).update(spelled(slotted(item.text, one.names, policy)))
        counts = Counter(w for words in found.values() for w in words if w.isalpha())
        lines = [f"{word}\t{n}" for word, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])) if n >= FEWEST]
        (TARGET / WORDS.format(language)).write_text("\n".join(lines) + "\n", encoding="utf-8")
    card = open_classifier(TARGET).card
    write_card(card.model_copy(update={"files": files(TARGET)}), TARGET)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
