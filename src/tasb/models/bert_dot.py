"""BERT_DOT, the dense retriever: one vector per text, scores by dot product (Eq. 4-5)."""

from pathlib import Path

import torch
from torch import nn

from tasb.models.card import Card, Dense
from tasb.models.device import device_of
from tasb.models.encoder import Encoder, Loaded
from tasb.models.first_token import keep_first_token
from tasb.models.inputs import Inputs, Pairs, on_device
from tasb.models.pooling import head_of, pool
from tasb.models.precision import full_precision
from tasb.models.sides import Sides
from tasb.tokens.texts import Texts


class BertDot(nn.Module):
    """A shared encoder of queries and passages."""

    def __init__(self, encoder: Encoder, card: Card, sides: Sides | None = None) -> None:
        """Take an encoder.

        Args:
            encoder: the encoder.
            card: how texts become vectors; weights of its head are loaded afterwards.
            sides: special tokens around queries and passages, see `tasb.models.sides`.
        """
        super().__init__()
        if card.pooling == "cls":
            keep_first_token(encoder.transformer)
        self.encoder = encoder
        self.card = card
        self.sides = sides or (encoder.special, encoder.special)
        self.head = head_of(card.head)

    @property
    def dimensions(self) -> int:
        """Size of a text's vector."""
        sizes = [layer.outputs for layer in self.card.head if isinstance(layer, Dense)]
        return sizes[-1] if sizes else self.encoder.dimensions

    def save(self, folder: str | Path) -> None:
        """Write the encoder as a Hugging Face folder."""
        self.encoder.save(folder)

    def forward(self, texts: Loaded) -> torch.Tensor:
        """Return the vectors of texts, fp32 (n, dimensions).

        They are of length one if scores are cosines, so that a dot product is the score in
        either case.
        """
        pooled = self.encoder.pooled(texts, lambda s, m: pool(s, m, self.card))
        with full_precision(pooled.device):
            vectors: torch.Tensor = self.head(pooled)
        if self.card.similarity == "cosine":
            return nn.functional.normalize(vectors, dim=-1)
        return vectors

    def inputs(
        self, queries: Texts, passages: Texts, tokens: int | None, pairs: Pairs | None = None
    ) -> Inputs:
        """Return what scores are computed from; arguments as `BertCat.inputs`.

        Queries and passages go through the encoder in shared groups.
        """
        both = self.encoder.ready(queries.followed_by(passages), tokens)
        return Inputs((both,), len(queries), on_device(pairs, device_of(self)))

    def pair_scores(self, inputs: Inputs) -> torch.Tensor:
        """Return the scores of the pairs, fp32 (n,)."""
        query, passage = self._both(inputs)
        of_query, of_passage = inputs.chosen
        return (query[of_query] * passage[of_passage]).sum(-1)

    def all_scores(self, inputs: Inputs) -> torch.Tensor:
        """Return the scores of every query with every passage, fp32 (queries, passages)."""
        query, passage = self._both(inputs)
        with full_precision(query.device):
            return query @ passage.T

    def _both(self, inputs: Inputs) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the vectors of queries and passages."""
        vectors = self(inputs.texts[0])
        return vectors[: inputs.queries], vectors[inputs.queries :]
