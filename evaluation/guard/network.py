"""The guard's language model while it is trained: a small published encoder with a linear head of our own.

Promise: the same families, pieces and seed give the same weights on the same machine and versions. Needs
torch and transformers, which only building and training use.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModel

Floats = NDArray[np.float32]
Ids = list[int]
BATCH = 32
POOL = 1024
"""Texts that are sorted by length before they are cut into batches."""
WARM_UP = 150
RATE, HEAD_RATE = 1.2e-4, 1e-3
GENTLY = 0.35
"""Share of these rates when a trained model is trained further."""
DROPPED = 0.03
"""Share of a text's pieces that are left out, at random, each time it is seen."""
SMOOTHING = 0.03


@dataclass(frozen=True)
class Plan:
    """How long and from which seed the model is trained."""

    epochs: int
    seed: int
    further: bool = False
    """Whether it goes on from weights that were trained before."""


def encoder(source: Path, kept: Sequence[int]) -> Any:
    """The published encoder with these rows of its vocabulary alone."""
    found = AutoModel.from_pretrained(source)
    old = found.embeddings.word_embeddings.weight.data
    words = nn.Embedding(len(kept), old.shape[1], padding_idx=0)
    words.weight.data = old[list(kept)].clone()
    found.embeddings.word_embeddings = words
    return found


class Network(nn.Module):
    """Encoder, mean and maximum over its tokens, one linear layer. `kept` are rows of the published vocabulary."""

    def __init__(self, source: Path, kept: Sequence[int], labels: int) -> None:
        super().__init__()
        self.encoder = encoder(source, kept)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(2 * self.encoder.config.hidden_size, labels)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits [texts, labels] of padded ids [texts, pieces]."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        within = mask.unsqueeze(-1).float()
        mean = (hidden * within).sum(1) / within.sum(1)
        peak = hidden.masked_fill(within == 0, -1e4).max(1).values
        logits: Tensor = self.head(self.drop(torch.cat([mean, peak], 1)))
        return logits

    def take(self, weights: Mapping[str, Floats]) -> None:
        """Go on from these weights, as `weights` gives them; rows that were cut off keep what they are."""
        own = self.encoder.state_dict() | {f"head.{n}": v for n, v in self.head.state_dict().items()}
        for name, value in weights.items():
            own[name][: len(value)] = torch.from_numpy(value.copy())

    def weights(self) -> dict[str, Floats]:
        """All weights by the names that the export knows."""
        found = dict(self.encoder.state_dict()) | {f"head.{n}": v for n, v in self.head.state_dict().items()}
        return {n: v.detach().numpy().astype(np.float32) for n, v in found.items() if v.is_floating_point()}


def trained(
    source: Path,
    kept: Sequence[int],
    texts: Sequence[Ids],
    labels: NDArray[np.int64],
    chosen: Callable[[int], Sequence[int]],
    plan: Plan,
    say: Callable[[str], None],
    before: Mapping[str, Floats] | None = None,
) -> Network:
    """The network after all epochs; `chosen` gives the texts of an epoch, `before` the weights to go on from."""
    torch.manual_seed(plan.seed)
    chance = random.Random(plan.seed)  # noqa: S311 - reproducible training, no secret
    net = Network(source, kept, int(labels.max()) + 1)
    if before is not None:
        net.take(before)
    gently = GENTLY if plan.further else 1.0
    steps = sum(-(-len(chosen(epoch)) // BATCH) for epoch in range(plan.epochs))
    optimiser = torch.optim.AdamW(
        [
            {"params": net.encoder.parameters(), "lr": gently * RATE},
            {"params": net.head.parameters(), "lr": gently * HEAD_RATE},
        ],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps)
    )
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    started = time.monotonic()
    for epoch in range(plan.epochs):
        net.train()
        for batch in _batches(list(chosen(epoch)), texts, chance):
            ids, mask = padded([_thinned(texts[i], chance) for i in batch])
            loss = loss_of(net(ids, mask), torch.from_numpy(labels[batch]))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        say(f"epoch {epoch + 1} of {plan.epochs}, {time.monotonic() - started:.0f} s")
    return net.eval()


def _batches(order: list[int], texts: Sequence[Ids], chance: random.Random) -> Iterator[list[int]]:
    """Batches of texts of like length, in random order."""
    chance.shuffle(order)
    pools = [sorted(order[a : a + POOL], key=lambda i: len(texts[i])) for a in range(0, len(order), POOL)]
    batches = [pool[a : a + BATCH] for pool in pools for a in range(0, len(pool), BATCH)]
    chance.shuffle(batches)
    yield from batches


def _thinned(ids: Ids, chance: random.Random) -> Ids:
    return [ids[0], *(i for i in ids[1:-1] if chance.random() >= DROPPED), ids[-1]]


def padded(rows: Sequence[Ids]) -> tuple[Tensor, Tensor]:
    """The rows side by side, ids and mask [texts, pieces]."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask
