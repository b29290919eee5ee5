"""From a batch of a plan to the loss of the model that is trained on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tasb.jobs import function
from tasb.models.bert_cat import BertCat
from tasb.models.device import device_of, to_device
from tasb.models.inputs import Inputs
from tasb.models.load import Model
from tasb.models.precision import autocast
from tasb.students.config import Training

if TYPE_CHECKING:
    from tasb.plans.plan import Batch
    from tasb.teachers.in_batch import InBatchTeacher
    from tasb.tokens.store import TokenStore

Loss = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Scores:
    """A model's scores of a batch; `every` is None where no in-batch loss reads it."""

    positive: torch.Tensor
    """(bn,) of each positive, once for each negative of its query."""
    negative: torch.Tensor
    """(bn,) of the negatives, query after query."""
    every: torch.Tensor | None = None


@dataclass(frozen=True)
class Ready:
    """A batch whose texts and scores are on the device of the model."""

    step: int
    size: int
    """Queries."""
    inputs: Inputs
    margin: torch.Tensor | None
    """(bn,) margins of the pairwise teacher, where there is one."""
    teacher: Any
    """What the in-batch teacher reads, where there is one."""


class Objective:
    """The losses of a run."""

    def __init__(
        self,
        settings: Training,
        losses: Mapping[str, Any],
        model: Model,
        queries: "TokenStore",
        passages: "TokenStore",
        teacher: "InBatchTeacher | None",
        precision: str,
    ) -> None:
        """Take a model and all that its losses read.

        Args:
            settings: the training loop.
            losses: ``pairwise`` and ``in_batch``, each with the name of its `function`, or
                null; ``alpha``.
            model: the model in training.
            queries: tokens of the training queries.
            passages: tokens of the passages.
            teacher: what the in-batch loss compares scores with, if there is one.
            precision: fp32, bf16 or fp16.
        """
        self.settings, self.model, self.teacher = settings, model, teacher
        self.queries, self.passages = queries, passages
        self.pairwise, self.in_batch = losses["pairwise"], losses["in_batch"]
        self.negatives = settings.negatives
        self.alpha = 1.0 if losses["alpha"] is None else losses["alpha"]
        self.precision = precision
        self.device = device_of(model)
        model.encoder.recompute = settings.gradient_cache is not None

    def ready(self, batch: "Batch") -> Ready:
        """Return all that the losses of a batch are computed from, on the device of the model."""
        return self.ready_in(batch, self.settings.gradient_cache)

    def ready_in(self, batch: "Batch", tokens: int | None) -> Ready:
        """Return the same for another gradient cache than that of the run."""
        settings, special = self.settings, self.model.encoder.special
        both = np.concatenate((batch.positive, batch.negative))
        asked = np.tile(batch.query, settings.query_passes)
        queries = self.queries.texts(asked, special, settings.query_length)
        passages = self.passages.texts(both, special, settings.passage_length)
        if self.teacher is None or isinstance(self.model, BertCat):
            b, n = len(batch.query), self.negatives
            of_negatives = (settings.query_passes - 1) * b + np.repeat(np.arange(b), n)
            of_query = np.concatenate((np.arange(b), of_negatives))
            pairs = of_query, np.arange(b + b * n)
            inputs = self.model.inputs(queries, passages, tokens, pairs)
        else:
            inputs = self.model.inputs(queries, passages, tokens)
        margin = None if batch.margin is None else to_device(np.array(batch.margin), self.device)
        teacher = None if self.teacher is None else self.teacher.inputs(batch)
        return Ready(batch.step, len(batch.query), inputs, margin, teacher)

    def losses(self, batch: Ready) -> dict[str, torch.Tensor]:
        """Return the loss to minimise as ``loss`` (Eq. 8), and its parts."""
        scores = self.scores(batch)
        parts = {}
        if self.pairwise is not None:
            loss: Loss = function(self.pairwise["function"])
            parts["pairwise_loss"] = loss(
                scores.positive, scores.negative, batch.margin, **self.pairwise["options"]
            )
        if self.teacher is not None:
            loss = function(self.in_batch["function"])
            targets = self.teacher.targets(batch.teacher).float()
            parts["in_batch_loss"] = loss(scores.every, targets, **self.in_batch["options"])
        weights = {"pairwise_loss": 1.0, "in_batch_loss": self.alpha}
        total = torch.stack([weights[name] * value for name, value in parts.items()]).sum()
        return {"loss": total, **parts}

    def scores(self, batch: Ready) -> Scores:
        """Return the model's scores of a batch, in fp32."""
        b, n = batch.size, self.negatives
        with autocast(self.precision, self.device):
            if self.teacher is None or isinstance(self.model, BertCat):
                pairs = self.model.pair_scores(batch.inputs).float()
                return Scores(pairs[:b].repeat_interleave(n), pairs[b:])
            every = self.model.all_scores(batch.inputs).float()
        negative = every[-b:, b:].reshape(b, b, n).diagonal().T.flatten()
        return Scores(every[:b].diagonal().repeat_interleave(n), negative, every[:b])
