"""BERT_DOT, the dense retriever: one vector per text, scores by dot product (Eq. 4-5)."""

from pathlib import Path

import torch
from torch import nn

from tasb.models.batches import Pairs, Sequences
from tasb.models.card import Card
from tasb.models.device import full_precision
from tasb.models.encoder import Encoder
from tasb.models.first_token import keep_first_token
from tasb.models.pooling import pool


class BertDot(nn.Module):
    """A shared encoder of queries and passages."""

    def __init__(self, encoder: Encoder, card: Card) -> None:
        super().__init__()
        if card.pooling == "cls":
            keep_first_token(encoder.transformer)
        self.encoder = encoder
        self.card = card

    def save(self, folder: str | Path) -> None:
        """Write the encoder as a Hugging Face folder."""
        self.encoder.save(folder)

    def forward(self, sequences: Sequences, tokens: int) -> torch.Tensor:
        """Return the vectors of texts.

        Args:
            sequences: token ids with special tokens, n of them.
            tokens: padded tokens that a forward pass may hold.

        Returns:
            fp32 (n, dimensions).
        """
        return self.encoder.pooled(sequences, tokens, lambda s, m: pool(s, m, self.card))

    def pair_scores(
        self, queries: Sequences, passages: Sequences, pairs: Pairs, tokens: int
    ) -> torch.Tensor:
        """Return the scores of pairs, fp32 (n,); arguments as `BertCat.pair_scores`."""
        query, passage = self._both(queries, passages, tokens)
        return (query[pairs[0]] * passage[pairs[1]]).sum(-1)

    def all_scores(self, queries: Sequences, passages: Sequences, tokens: int) -> torch.Tensor:
        """Return the scores of every query with every passage, fp32 (queries, passages)."""
        query, passage = self._both(queries, passages, tokens)
        with full_precision(query.device):
            return query @ passage.T

    def _both(
        self, queries: Sequences, passages: Sequences, tokens: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the vectors of queries and passages, encoded in shared groups of like length."""
        vectors = self([*queries, *passages], tokens)
        return vectors[: len(queries)], vectors[len(queries) :]
