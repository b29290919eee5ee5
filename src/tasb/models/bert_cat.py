"""BERT_CAT, the pairwise teacher: query and passage are read together (Eq. 1)."""

import torch
from torch import nn

from tasb.models.encoder import Encoder, States
from tasb.models.first_token import keep_first_token
from tasb.models.headed import HeadedEncoder
from tasb.models.inputs import Inputs, Pairs
from tasb.models.precision import full_precision
from tasb.tokens.texts import Texts


class BertCat(HeadedEncoder):
    """A linear layer W_s over the [CLS] state of ``[CLS] query [SEP] passage [SEP]``."""

    def __init__(self, encoder: Encoder, head_std: float = 0.02) -> None:
        super().__init__(encoder, self.new_head(encoder.dimensions), head_std)
        keep_first_token(encoder.transformer)

    @staticmethod
    def new_head(dimensions: int) -> nn.Module:
        """Return the layers over [CLS]."""
        return nn.Linear(dimensions, 1)

    def inputs(self, queries: Texts, passages: Texts, tokens: int | None, pairs: Pairs) -> Inputs:
        """Return what scores are computed from.

        Args:
            queries: with special tokens.
            passages: with special tokens.
            tokens: that a forward pass may hold, see `Encoder.ready`.
            pairs: the query and the passage of each pair.
        """
        joined = queries.select(pairs[0]).joined(passages.select(pairs[1]))
        return Inputs((self.encoder.ready(joined, tokens),), len(queries))

    def pair_scores(self, inputs: Inputs) -> torch.Tensor:
        """Return the scores of the pairs, fp32 (n,)."""
        return self.encoder.pooled(inputs.texts[0], self._score)

    def _score(self, states: States, _: torch.Tensor) -> torch.Tensor:
        with full_precision(states.device):
            return self.of_output(self.head(states[:, 0].float()))

    def of_output(self, output: torch.Tensor) -> torch.Tensor:
        """Return the scores (n,) from what the head gives, fp32 (n, outputs)."""
        return output[:, 0]
