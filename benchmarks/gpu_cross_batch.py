"""Cross-batch negatives on one card: a contrastive step of thousands of queries, and its memory."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from gpu_data import Sizes, generate, new_encoder
from gpu_rates import Row

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.device import to_device
from tasb.models.precision import resolve_precision
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import Training
from tasb.students.objective import Objective
from tasb.students.training import Trainer

LOSSES: dict[str, Any] = {
    "pairwise": None,
    "in_batch": {"function": "tasb.students.losses:contrastive", "options": {}},
    "alpha": None,
}
CACHES = (16_384, 32_768)


class Every:
    """Labels by which every passage of a batch counts."""

    def __init__(self, on: torch.device) -> None:
        self.on = on

    def inputs(self, batch: Any) -> torch.Tensor:
        """Return which passages count, on the device."""
        b = len(batch.query)
        return to_device(np.ones((b, b + len(batch.negative)), bool), self.on)

    def targets(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return them as they are."""
        return inputs


def cross_batch(sizes: Sizes, on: torch.device) -> Iterator[Row]:
    """Measure a step of RocketQA's batch of 4,000 queries, with gradient caches of two sizes."""
    size = 4_000 if on.type == "cuda" else 16
    data = generate(replace(sizes, batches=(size,)))
    precision = resolve_precision("auto", on)
    for cache in CACHES:
        settings = Training(batch_size=size, gradient_cache=cache, early_stopping=None)
        model = BertDot(new_encoder(sizes), Card()).to(on)
        objective = Objective(
            settings, LOSSES, model, data.queries, data.passages, Every(on), precision
        )
        trainer = Trainer(settings, objective, None, CheckpointFolder("none", ""))
        if on.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        trainer.train(data.batches(size, 3))
        memory = torch.cuda.max_memory_allocated() / 1e9 if on.type == "cuda" else None
        steps = 3 / trainer.progress.seconds
        what = f"contrastive, {size:,} queries, gradient cache {cache:,}"
        yield Row(what, steps * size, "queries/s", memory=memory)
