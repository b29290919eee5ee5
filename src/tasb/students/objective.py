"""From a batch of a plan to the loss of the model that is trained on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tasb.jobs import function
from tasb.models.batches import Pairs, Sequences
from tasb.models.bert_cat import BertCat
from tasb.models.device import autocast
from tasb.models.load import Model
from tasb.students.config import Training

if TYPE_CHECKING:
    from tasb.plans.plan import Batch
    from tasb.teachers.stored import InBatchTeacher
    from tasb.tokens.store import TokenStore

FORWARD_TOKENS = 16_384
"""Padded tokens in one forward pass of a training step without gradient cache."""

Loss = Callable[..., torch.Tensor]


@dataclass(frozen=True)
class Scores:
    """A model's scores of a batch; `every` is None where no in-batch loss reads it."""

    positive: torch.Tensor
    negative: torch.Tensor
    every: torch.Tensor | None = None


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
            teacher: of the in-batch loss, if there is one.
            precision: fp32, bf16 or fp16.
        """
        self.settings, self.model, self.teacher = settings, model, teacher
        self.queries, self.passages = queries, passages
        self.pairwise, self.in_batch = losses["pairwise"], losses["in_batch"]
        self.alpha = 1.0 if losses["alpha"] is None else losses["alpha"]
        self.precision = precision
        self.device = next(model.parameters()).device
        self.forward_tokens = settings.gradient_cache or FORWARD_TOKENS
        model.encoder.recompute = settings.gradient_cache is not None

    def losses(self, batch: "Batch") -> dict[str, torch.Tensor]:
        """Return the loss to minimise as ``loss`` (Eq. 8), and its parts."""
        scores = self.scores(batch)
        parts = {}
        if self.pairwise is not None:
            loss: Loss = function(self.pairwise["function"])
            margin = None if batch.margin is None else self._tensor(batch.margin)
            parts["pairwise_loss"] = loss(scores.positive, scores.negative, margin)
        if self.teacher is not None:
            loss = function(self.in_batch["function"])
            margins = self._tensor(self.teacher.margins(batch)).float()
            parts["in_batch_loss"] = loss(scores.every, margins, self.in_batch["form"])
        weights = {"pairwise_loss": 1.0, "in_batch_loss": self.alpha}
        total = torch.stack([weights[name] * value for name, value in parts.items()]).sum()
        return {"loss": total, **parts}

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.as_tensor(np.array(values), device=self.device)

    def scores(self, batch: "Batch") -> Scores:
        """Return the model's scores of a batch, in fp32."""
        passes, b = self.settings.query_passes, len(batch.query)
        queries, passages = self._texts(batch, passes)
        first, second = np.arange(b), (passes - 1) * b + np.arange(b)
        with autocast(self.precision, self.device):
            if self.teacher is None or isinstance(self.model, BertCat):
                own = np.concatenate((first, second)), np.arange(2 * b)
                return Scores(*self._pairs(queries, passages, own).chunk(2))
            every = self.model.all_scores(queries, passages, self.forward_tokens).float()
        return Scores(every[first, first], every[second, b + first], every[:b])

    def _pairs(self, queries: Sequences, passages: Sequences, pairs: Pairs) -> torch.Tensor:
        return self.model.pair_scores(queries, passages, pairs, self.forward_tokens).float()

    def _texts(self, batch: "Batch", passes: int) -> tuple[Sequences, Sequences]:
        """Return the queries, once for each pass, and the positives followed by the negatives."""
        special, settings = self.model.encoder.special, self.settings
        both = np.concatenate((batch.positive, batch.negative))
        queries = self.queries.texts(batch.query, special, settings.query_length)
        return queries * passes, self.passages.texts(both, special, settings.passage_length)
