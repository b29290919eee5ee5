"""From a batch of a plan to the loss of the model that is trained on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from tasb.models.bert_cat import BertCat
from tasb.models.bert_dot import BertDot
from tasb.models.colbert import ColBert
from tasb.models.device import autocast
from tasb.plans.plan import Batch
from tasb.students.config import Training
from tasb.students.list_losses import kl_divergence, lambdarank, listnet
from tasb.students.losses import in_batch_margin_mse, margin_mse, ranknet
from tasb.teachers.stored import InBatchTeacher
from tasb.tokens.store import TokenStore

Model = BertDot | BertCat | ColBert

IN_BATCH_LOSSES = {
    "margin-mse": in_batch_margin_mse,
    "kl": kl_divergence,
    "listnet": listnet,
    "lambdarank": lambdarank,
}

FORWARD_TOKENS = 16_384
"""Padded tokens in one forward pass of a training step without gradient cache."""


@dataclass(frozen=True)
class Scores:
    """What a model says of a batch; `every` is None where it scores no more than the pairs."""

    positive: torch.Tensor
    negative: torch.Tensor
    every: torch.Tensor | None = None


class Objective:
    """The losses of a run."""

    def __init__(
        self,
        settings: Training,
        model: Model,
        queries: TokenStore,
        passages: TokenStore,
        teacher: InBatchTeacher | None,
        precision: str,
    ) -> None:
        self.settings, self.model, self.teacher = settings, model, teacher
        self.queries, self.passages = queries, passages
        self.precision = precision
        self.device = next(model.parameters()).device
        self.forward_tokens = settings.gradient_cache or FORWARD_TOKENS
        model.encoder.recompute = settings.gradient_cache is not None

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Return the loss to minimise as ``loss`` (Eq. 8), and its parts."""
        settings = self.settings
        scores = self.scores(batch)
        parts = {}
        if settings.pairwise_loss == "ranknet":
            parts["pairwise_loss"] = ranknet(scores.positive, scores.negative)
        elif settings.pairwise_loss == "margin-mse":
            margin = torch.as_tensor(np.array(batch.margin), device=self.device)
            parts["pairwise_loss"] = margin_mse(scores.positive, scores.negative, margin)
        if self.teacher is not None and scores.every is not None:
            margins = torch.as_tensor(np.array(self.teacher.margins(batch)), device=self.device)
            loss = IN_BATCH_LOSSES[settings.in_batch_loss]
            parts["in_batch_loss"] = loss(scores.every, margins.float(), settings.in_batch_form)
        alpha = settings.alpha if len(parts) == 2 else 1.0
        weights = {"pairwise_loss": 1.0, "in_batch_loss": alpha}
        total = torch.stack([weights[name] * value for name, value in parts.items()]).sum()
        return {"loss": total, **parts}

    def scores(self, batch: Batch) -> Scores:
        """Return the model's scores of a batch, in fp32."""
        if isinstance(self.model, BertDot):
            return self._dot(self.model, batch)
        with autocast(self.precision, self.device):
            both = (
                self._cat(self.model, batch)
                if isinstance(self.model, BertCat)
                else (self._colbert(self.model, batch))
            )
        positive, negative = both.float().chunk(2)
        return Scores(positive, negative)

    def _dot(self, model: BertDot, batch: Batch) -> Scores:
        passes = self.settings.query_passes
        texts = self._queries(batch) * passes + self._passages(batch)
        with autocast(self.precision, self.device):
            vectors = model(texts, self.forward_tokens)
        b = len(batch.query)
        first, second = vectors[:b], vectors[(passes - 1) * b : passes * b]
        positive, negative = vectors[passes * b :].split(b)
        every = first @ torch.cat((positive, negative)).T if self.teacher is not None else None
        return Scores((first * positive).sum(-1), (second * negative).sum(-1), every)

    def _cat(self, model: BertCat, batch: Batch) -> torch.Tensor:
        lengths = self.settings.query_length, self.settings.passage_length
        pairs = [
            model.encoder.special.pair(self.queries[query], self.passages[passage], *lengths)
            for side in (batch.positive, batch.negative)
            for query, passage in zip(batch.query, side)
        ]
        scores: torch.Tensor = model(pairs, self.forward_tokens)
        return scores

    def _colbert(self, model: ColBert, batch: Batch) -> torch.Tensor:
        return model.pair_scores(
            self._queries(batch) * 2, self._passages(batch), self.forward_tokens
        )

    def _queries(self, batch: Batch) -> list[np.ndarray]:
        return self._single(self.queries, batch.query, self.settings.query_length)

    def _passages(self, batch: Batch) -> list[np.ndarray]:
        both = np.concatenate((batch.positive, batch.negative))
        return self._single(self.passages, both, self.settings.passage_length)

    def _single(
        self, store: TokenStore, positions: Sequence[int] | np.ndarray, length: int
    ) -> list[np.ndarray]:
        special = self.model.encoder.special
        return [special.single(store[position], length) for position in positions]
