"""Scores of a trained model for pairs of a query and a passage."""

import numpy as np
import numpy.typing as npt
import torch

from tasb.background import ahead, behind
from tasb.jobs import progress
from tasb.models.device import Fetched, device_of
from tasb.models.inputs import Inputs
from tasb.models.load import Model
from tasb.models.precision import autocast, resolve_precision
from tasb.models.room import BATCH_TOKENS, refuse_no_room
from tasb.models.sides import PASSAGES, QUERIES
from tasb.tokens.store import TokenStore
from tasb.tokens.texts import Positions, Texts

Scores = npt.NDArray[np.float32]

BLOCK = 1024
"""Pairs that are sorted by length together, where no other number is given."""


class PairScorer:
    """A model in inference mode, over token stores."""

    def __init__(
        self,
        model: Model,
        queries: TokenStore,
        passages: TokenStore,
        lengths: tuple[int, int],
        batch_tokens: int,
        precision: str,
        block: int = BLOCK,
    ) -> None:
        """Take a model and the stores that it reads.

        Args:
            model: the model.
            queries: tokens of the queries.
            passages: tokens of the passages.
            lengths: tokens of a query and of a passage, special tokens included.
            batch_tokens: padded tokens in one forward pass.
            precision: auto, fp32, bf16 or fp16.
            block: pairs that are sorted by length together.
        """
        self.model, self.block = model.eval(), block
        self.queries, self.passages = queries, passages
        self.query_length, self.passage_length = lengths
        self.batch_tokens = batch_tokens
        self.device = device_of(model)
        self.precision = resolve_precision(precision, self.device)

    @torch.inference_mode()
    def scores(self, query: Positions, passage: Positions) -> Scores:
        """Return the score of query[i] with passage[i], fp32 (n,)."""
        self.model.eval()
        blocks = [slice(start, start + self.block) for start in range(0, len(query), self.block)]
        inputs = ahead(blocks, lambda rows: self._inputs(query[rows], passage[rows]))
        scored = progress(inputs, len(blocks), f"blocks of {self.block} pairs scored")
        found = [scores.numpy() for scores in behind(map(self._scores, scored))]
        return np.concatenate([*found, np.empty(0, np.float32)])

    def _inputs(self, query: Positions, passage: Positions) -> Inputs:
        """Return pairs with each text once, on the device."""
        queries, of_query = np.unique(query, return_inverse=True)
        passages, of_passage = np.unique(passage, return_inverse=True)
        texts = self.query_texts(queries), self.passage_texts(passages)
        return self.model.inputs(*texts, self.batch_tokens, (of_query, of_passage))

    def _scores(self, inputs: Inputs) -> Fetched:
        with autocast(self.precision, self.device):
            return Fetched(self.model.pair_scores(inputs).float())

    def refuse_no_room(self) -> None:
        """Refuse a number of tokens at a time for which a GPU has no memory.

        Raises:
            TasbError: names the key and a value that fits.
        """
        if self.device.type != "cuda":
            return
        count = -(-self.batch_tokens // self.passage_length)
        query, passage = (np.resize(store.longest(count), count)
                          for store in (self.queries, self.passages))  # fmt: skip

        @torch.inference_mode()
        def run(tokens: int | None) -> None:
            """Score the longest pairs, so many tokens at a time."""
            texts, each = (self.query_texts(query), self.passage_texts(passage)), np.arange(count)
            self._scores(self.model.inputs(*texts, tokens, (each, each)))

        refuse_no_room(run, self.batch_tokens, self.device, BATCH_TOKENS)

    def query_texts(self, positions: Positions) -> Texts:
        """Return the token ids of queries, with special tokens."""
        return self.queries.texts(positions, self.model.sides[QUERIES], self.query_length)

    def passage_texts(self, positions: Positions) -> Texts:
        """Return the token ids of passages, with special tokens."""
        special = self.model.sides[PASSAGES]
        return self.passages.texts(positions, special, self.passage_length)
