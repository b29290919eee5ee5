"""BERT_CAT, the pairwise teacher: query and passage are read together (Eq. 1)."""

import torch

from tasb.models.batches import Sequences
from tasb.models.device import full_precision
from tasb.models.encoder import Encoder, States
from tasb.models.first_token import keep_first_token
from tasb.models.headed import HeadedEncoder


class BertCat(HeadedEncoder):
    """A linear layer W_s over the [CLS] state of ``[CLS] query [SEP] passage [SEP]``."""

    def __init__(self, encoder: Encoder, head_std: float = 0.02) -> None:
        super().__init__(encoder, 1, head_std)
        keep_first_token(encoder.transformer)

    def forward(self, pairs: Sequences, tokens: int) -> torch.Tensor:
        """Return the scores of pairs, fp32 (n,).

        Args:
            pairs: token ids of n pairs, with special tokens.
            tokens: padded tokens that a forward pass may hold.
        """
        return self.encoder.pooled(pairs, tokens, self._score)

    def _score(self, states: States, _: torch.Tensor) -> torch.Tensor:
        with full_precision(states.device):
            scores: torch.Tensor = self.head(states[:, 0].float())[:, 0]
        return scores
