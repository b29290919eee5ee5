"""Re-rankers that read texts together: monoBERT and duoBERT (Nogueira et al. 2019)."""

from typing import ClassVar

import numpy as np
import torch
from torch import nn

from tasb.models.bert_cat import BertCat
from tasb.models.encoder import Encoder
from tasb.models.inputs import Inputs, Pairs
from tasb.tokens.texts import Positions, Texts


class MonoBert(BertCat):
    """Two classes over a pooled [CLS] state: not relevant, relevant.

    The score is the log-odds, ``l1 - l0``; its log-sigmoid is the published log P(relevant), so
    that both give one order, and binary cross entropy of the score is that of the two classes.
    """

    def __init__(self, encoder: Encoder, head_std: float = 0.02) -> None:
        super().__init__(encoder, head_std)
        pooler = getattr(encoder.transformer, "pooler", None)
        if pooler is not None:
            self.head.get_submodule("0").load_state_dict(pooler.dense.state_dict())

    @staticmethod
    def new_head(dimensions: int) -> nn.Module:
        """Return a pooling layer, tanh, and two outputs; the first is the encoder's, if it has one.

        Dropout, .1 in training, is before the outputs, as in BERT's classifier.
        """
        pooler = nn.Linear(dimensions, dimensions), nn.Tanh()
        return nn.Sequential(*pooler, nn.Dropout(0.1), nn.Linear(dimensions, 2))

    def of_output(self, output: torch.Tensor) -> torch.Tensor:
        """Return the log-odds (n,)."""
        return output[:, 1] - output[:, 0]


class DuoBert(BertCat):
    """``[CLS] query [SEP] a [SEP] b [SEP]``: the sigmoid of its score is P(a above b)."""

    passages_at_once: ClassVar[int] = 2

    def inputs(self, queries: Texts, passages: Texts, tokens: int | None, pairs: Pairs) -> Inputs:
        """Return what the scores of a training batch are computed from.

        The pairs are those of the positives, then those of the negatives; each passage is
        compared with the one at the same place of the other half.
        """
        other = np.roll(pairs[1], len(pairs[1]) // 2)
        return self.triples(queries, passages, tokens, (pairs[0], pairs[1], other))

    def triples(
        self,
        queries: Texts,
        passages: Texts,
        tokens: int | None,
        triples: tuple[Positions, Positions, Positions],
    ) -> Inputs:
        """Return what the scores of triples are computed from.

        Args:
            queries: with special tokens.
            passages: with special tokens.
            tokens: that a forward pass may hold, see `Encoder.ready`.
            triples: the query, the first and the second passage of each.
        """
        first = queries.select(triples[0]).joined(passages.select(triples[1]))
        joined = first.joined(passages.select(triples[2]))
        return Inputs((self.encoder.ready(joined, tokens),), len(queries))
