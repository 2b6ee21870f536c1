"""`python -m evaluation.meaning_measure`: how often is the matter of a text that training did not see found?

Each text kept aside by `evaluation.meaning` is looked for among the matters of the register, by its words, by what it
means, and by both, with centres made of the other texts alone. Printed: shares among the first, first three, first ten.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.common import load_common, load_retrieval
from app.main import load_election
from app.retrieval.embed import code, similarity
from app.retrieval.meaning import open_meaning
from app.retrieval.register import MEANT
from app.retrieval.telling import learnt, terms_of
from app.settings import Settings
from domain.base import Language
from domain.register import Matter
from evaluation.guard.train import COMMON
from evaluation.meaning import ELECTION, PACK, say, stays_out
from ingestion.meaning import centres_for
from ingestion.register import masked, read_register

FIRST = (1, 3, 10)


def main() -> int:
    """Measure and print."""
    settings = Settings()
    built = load_election(ELECTION, load_common(COMMON.parent), settings)
    matters = [masked(m, built.names) for m in read_register(PACK).matters]
    files = load_retrieval(COMMON.parent).meaning
    centres = centres_for(files, settings.data, lambda *_: None)
    if centres is None:
        say("there is no encoder; run: python -m evaluation.meaning")
        return 2
    codes = centres.of([_texts(m, aside=False) for m in matters])
    meaning = open_meaning(files)
    ranks: dict[str, list[int]] = {"words": [], "meaning": [], "both": []}
    for language in built.election.languages:
        analyser = built.reader(language, "de").asked
        texts = [_texts(m, aside=False).get(language, ()) for m in matters]
        telling = learnt([[terms_of(text, analyser) for text in own] for own in texts])
        for number, matter in enumerate(matters):
            for text in _texts(matter, aside=True).get(language, ()):
                words = telling.scores(terms_of(text, analyser))[0]
                likeness = similarity(code(meaning.vector(text, language)), codes)
                for name, scores in {"words": words, "meaning": likeness, "both": words + MEANT * likeness}.items():
                    ranks[name].append(_rank(scores, number))
    for name, found in ranks.items():
        shares = ", ".join(f"first {n} {sum(r < n for r in found) / len(found):.3f}" for n in FIRST)
        say(f"{name:<8} {shares} of {len(found)}")
    return 0


def _texts(matter: Matter, aside: bool) -> dict[Language, Sequence[str]]:
    told: dict[Language, Sequence[str]] = {
        tag: [t for t in texts if stays_out(t) is aside] for tag, texts in matter.told.items()
    }
    return told if aside else {tag: [*matter.names.get(tag, ()), *told.get(tag, ())] for tag in matter.names}


def _rank(scores: NDArray[np.int64], number: int) -> int:
    return int((np.argsort(-scores, kind="stable") == number).argmax())


if __name__ == "__main__":
    sys.exit(main())
