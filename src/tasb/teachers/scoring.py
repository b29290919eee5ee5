"""Scores of a trained teacher for pairs of a query and a passage."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tasb.jobs import progress
from tasb.models.bert_cat import BertCat
from tasb.models.colbert import ColBert
from tasb.models.device import autocast, resolve_precision
from tasb.models.encoder import Encoder
from tasb.tokens.store import TokenStore

Positions = npt.NDArray[np.integer[Any]]
Scores = npt.NDArray[np.float32]

CHUNK = 1024
"""Pairs that are sorted by length together."""


class PairScorer:
    """A teacher in inference mode, over token stores."""

    def __init__(
        self,
        model: BertCat | ColBert,
        queries: TokenStore,
        passages: TokenStore,
        lengths: tuple[int, int],
        batch_tokens: int,
        precision: str,
    ) -> None:
        """Take a model and the stores that it reads.

        Args:
            model: the teacher.
            queries: tokens of the queries.
            passages: tokens of the passages.
            lengths: tokens of a query and of a passage, special tokens included.
            batch_tokens: padded tokens in one forward pass.
            precision: auto, fp32, bf16 or fp16.
        """
        self.model = model.eval()
        self.queries, self.passages = queries, passages
        self.query_length, self.passage_length = lengths
        self.batch_tokens = batch_tokens
        self.device = next(model.parameters()).device
        self.precision = resolve_precision(precision, self.device)

    @torch.inference_mode()
    def scores(self, query: Positions, passage: Positions) -> Scores:
        """Return the score of query[i] with passage[i], fp32 (n,)."""
        result = np.empty(len(query), dtype=np.float32)
        starts = range(0, len(query), CHUNK)
        for start in progress(starts, len(starts), f"blocks of {CHUNK} pairs scored"):
            rows = slice(start, start + CHUNK)
            with autocast(self.precision, self.device):
                found = self._score(query[rows], passage[rows])
            result[rows] = found.float().cpu().numpy()
        return result

    def _score(self, query: Positions, passage: Positions) -> torch.Tensor:
        if isinstance(self.model, ColBert):
            asked, read = self.single_queries(query), self.single_passages(passage)
            return self.model.pair_scores(asked, read, self.batch_tokens)
        special, lengths = self.model.encoder.special, (self.query_length, self.passage_length)
        pairs = [
            special.pair(self.queries[first], self.passages[second], *lengths)
            for first, second in zip(query, passage)
        ]
        scores: torch.Tensor = self.model(pairs, self.batch_tokens)
        return scores

    def single_queries(self, positions: Positions) -> list[npt.NDArray[np.int64]]:
        """Return the token ids of queries, with special tokens."""
        special = self.model.encoder.special
        return [special.single(self.queries[at], self.query_length) for at in positions]

    def single_passages(self, positions: Positions) -> list[npt.NDArray[np.int64]]:
        """Return the token ids of passages, with special tokens."""
        special = self.model.encoder.special
        return [special.single(self.passages[at], self.passage_length) for at in positions]


def open_scorer(recipe: Mapping[str, Any], files: Any, device: torch.device) -> PairScorer:
    """Load the teacher of a rule.

    Args:
        recipe: its ``teacher`` (model, lengths) and ``vectors`` (batch_tokens, precision).
        files: with attributes model (config.json, model.safetensors, head.safetensors),
            tokenizer, and the tokens of queries and passages.
        device: where it computes.
    """
    settings, vectors = recipe["teacher"], recipe["vectors"]
    encoder = Encoder.load(Path(files.model[0]).parent, files.tokenizer)
    model = BertCat(encoder) if settings["model"] == "bert_cat" else ColBert(encoder)
    model.load_head(Path(files.model[0]).parent)
    queries = getattr(files, "queries_tokens", None) or files.queries
    passages = getattr(files, "passages_tokens", None) or files.passages
    return PairScorer(
        model.to(device),
        TokenStore(queries),
        TokenStore(passages),
        (settings["query_length"], settings["passage_length"]),
        vectors["batch_tokens"],
        vectors["precision"],
    )
