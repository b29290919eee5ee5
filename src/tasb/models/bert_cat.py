"""BERT_CAT, the pairwise teacher: query and passage are read together (Eq. 1)."""

import torch

from tasb.models.batches import Pairs, Sequences
from tasb.models.device import full_precision
from tasb.models.encoder import Encoder, States
from tasb.models.first_token import keep_first_token
from tasb.models.headed import HeadedEncoder


class BertCat(HeadedEncoder):
    """A linear layer W_s over the [CLS] state of ``[CLS] query [SEP] passage [SEP]``."""

    def __init__(self, encoder: Encoder, head_std: float = 0.02) -> None:
        super().__init__(encoder, 1, head_std)
        keep_first_token(encoder.transformer)

    def pair_scores(
        self, queries: Sequences, passages: Sequences, pairs: Pairs, tokens: int
    ) -> torch.Tensor:
        """Return the scores of pairs, fp32 (n,).

        Args:
            queries: token ids of texts, with special tokens.
            passages: token ids of texts, with special tokens.
            pairs: the query and the passage of each pair.
            tokens: padded tokens that a forward pass may hold.
        """
        pair = self.encoder.special.pair
        joined = [pair(queries[query], passages[passage]) for query, passage in zip(*pairs)]
        return self.encoder.pooled(joined, tokens, self._score)

    def _score(self, states: States, _: torch.Tensor) -> torch.Tensor:
        with full_precision(states.device):
            scores: torch.Tensor = self.head(states[:, 0].float())[:, 0]
        return scores
