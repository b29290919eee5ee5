"""The nDCG@10 of the model in training on the early-stopping set."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from tasb.errors import TasbError
from tasb.metrics.evaluate import evaluate
from tasb.models.device import autocast
from tasb.models.load import Model
from tasb.tokens.store import TokenStore

BATCH_TOKENS = 16_384


class Evaluator:
    """Re-ranks the early-stopping set with the model in training."""

    def __init__(
        self,
        candidates: str | Path,
        queries: TokenStore,
        passages: TokenStore,
        lengths: tuple[int, int],
        precision: str,
    ) -> None:
        self.candidates = pl.read_parquet(candidates)
        if self.candidates.is_empty():
            raise TasbError(f"{candidates}: the early-stopping set is empty")
        self.query, self._of_query = np.unique(self.candidates["query"], return_inverse=True)
        self.passage, self._of_passage = np.unique(self.candidates["passage"], return_inverse=True)
        self.queries, self.passages = queries, passages
        self.query_length, self.passage_length = lengths
        self.precision = precision

    @torch.inference_mode()
    def ndcg(self, model: Model) -> float:
        """Return the mean nDCG@10 of the model on the early-stopping set."""
        model.eval()
        special, on = model.encoder.special, next(model.parameters()).device
        queries = self.queries.texts(self.query, special, self.query_length)
        passages = self.passages.texts(self.passage, special, self.passage_length)
        pairs = self._of_query, self._of_passage
        with autocast(self.precision, on):
            scores = model.pair_scores(queries, passages, pairs, BATCH_TOKENS)
        found = pl.Series(scores.float().cpu().numpy())
        ranking = self.candidates.select("query_id", "passage_id", score=found)
        judged = self.candidates.filter(pl.col("grade") >= 1)
        values = evaluate(ranking, judged, ["ndcg@10"], level=1)["value"].to_numpy()
        return float(values.mean())
