"""ColBERT, the in-batch teacher: each query token finds its best passage token (Eq. 2-3)."""

import torch
from torch import nn

from tasb.models.batches import Pairs, Sequences
from tasb.models.device import full_precision
from tasb.models.encoder import Encoder
from tasb.models.headed import HeadedEncoder

MASKED = -1000.0
"""Score of a padded passage token, below any real one (the released value)."""


class ColBert(HeadedEncoder):
    """One vector per token: a linear layer with bias, no normalisation, over the encoder."""

    def __init__(self, encoder: Encoder, head_std: float = 0.02) -> None:
        super().__init__(encoder, encoder.dimensions, head_std)

    def queries(self, sequences: Sequences, tokens: int) -> torch.Tensor:
        """Return the token vectors of queries, fp32 (n, longest, dimensions), zero for padding."""
        longest = max(len(sequence) for sequence in sequences)

        def vectors(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return the token vectors of a group, padded to the longest query of all."""
            rows = self.head(states).float() * mask.unsqueeze(-1)
            return nn.functional.pad(rows, (0, 0, 0, longest - rows.shape[1]))

        return self.encoder.pooled(sequences, tokens, vectors)

    def all_scores(self, queries: Sequences, passages: Sequences, tokens: int) -> torch.Tensor:
        """Return the scores of every query with every passage, fp32 (queries, passages)."""
        query = self.queries(queries, tokens)

        def scores(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return the scores of a group of passages, (passages, queries)."""
            return max_similarity(query, self.head(states).float(), mask).T

        return self.encoder.pooled(passages, tokens, scores).T

    def pair_scores(
        self, queries: Sequences, passages: Sequences, pairs: Pairs, tokens: int
    ) -> torch.Tensor:
        """Return the scores of pairs, fp32 (n,); arguments as `BertCat.pair_scores`."""
        query = self.queries(queries, tokens)
        order, parts = [], []
        of_passage = torch.as_tensor(pairs[1], device=query.device)
        of_query = torch.as_tensor(pairs[0], device=query.device)
        for indices, mask, states in self.encoder.groups(passages, tokens):
            row = torch.full((len(passages),), -1, device=query.device)
            row[indices] = torch.arange(len(indices), device=query.device)
            own = torch.nonzero(row[of_passage] >= 0)[:, 0]
            passage, rows = self.head(states).float(), row[of_passage[own]]
            with full_precision(query.device):
                similar = torch.einsum("bqd,bpd->bqp", query[of_query[own]], passage[rows])
            similar = similar.masked_fill(mask[rows].unsqueeze(1) == 0, MASKED)
            parts.append(similar.amax(-1).sum(-1))
            order.append(own)
        return torch.cat(parts)[torch.cat(order).argsort()]


def max_similarity(
    queries: torch.Tensor, passages: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Return Eq. 3 for every query with every passage, fp32 (queries, passages).

    A padded query token is a zero vector, so its best similarity, and its part, is zero.

    Args:
        queries: (queries, query tokens, dimensions), zero vectors for padding.
        passages: (passages, passage tokens, dimensions).
        mask: (passages, passage tokens), 0 for padding.
    """
    with full_precision(queries.device):
        similar = torch.einsum("aqd,bpd->abqp", queries, passages)
    similar = similar.masked_fill(mask[None, :, None, :] == 0, MASKED)
    return similar.amax(-1).sum(-1)
