"""The nDCG@10 of the model in training on the early-stopping set."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from tasb.errors import TasbError
from tasb.metrics.evaluate import evaluate
from tasb.models.bert_dot import BertDot
from tasb.models.device import autocast
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
    def ndcg(self, model: BertDot) -> float:
        """Return the mean nDCG@10 of the model on the early-stopping set."""
        model.eval()
        special, on = model.encoder.special, next(model.parameters()).device
        asked = [special.single(self.queries[q], self.query_length) for q in self.query]
        read = [special.single(self.passages[p], self.passage_length) for p in self.passage]
        with autocast(self.precision, on):
            query, passage = model(asked, BATCH_TOKENS), model(read, BATCH_TOKENS)
        scores = (query[self._of_query] * passage[self._of_passage]).sum(-1).cpu().numpy()
        ranking = self.candidates.select("query_id", "passage_id", score=pl.Series(scores))
        judged = self.candidates.filter(pl.col("grade") >= 1)
        values = evaluate(ranking, judged, ["ndcg@10"], level=1)["value"].to_numpy()
        return float(values.mean())
