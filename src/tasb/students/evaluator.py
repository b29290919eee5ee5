"""The nDCG@10 of the model in training on the early-stopping set."""

from pathlib import Path

import polars as pl

from tasb.errors import TasbError
from tasb.metrics.evaluate import evaluate
from tasb.models.load import Model
from tasb.teachers.scoring import PairScorer
from tasb.tokens.store import TokenStore

BATCH_TOKENS = 16_384
BLOCK = 16_384
"""Pairs that are scored together; they are in order of passage, so that each passage is encoded
once, but for those at the border of two blocks."""


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
        self.candidates = pl.read_parquet(candidates).sort("passage", maintain_order=True)
        if self.candidates.is_empty():
            raise TasbError(f"{candidates}: the early-stopping set is empty")
        self.queries, self.passages, self.lengths = queries, passages, lengths
        self.precision = precision

    def ndcg(self, model: Model) -> float:
        """Return the mean nDCG@10 of the model on the early-stopping set."""
        stores = self.queries, self.passages
        scorer = PairScorer(model, *stores, self.lengths, BATCH_TOKENS, self.precision, BLOCK)
        pairs = (self.candidates[name].to_numpy() for name in ("query", "passage"))
        found = pl.Series(scorer.scores(*pairs))
        ranking = self.candidates.select("query_id", "passage_id", score=found)
        judged = self.candidates.filter(pl.col("grade") >= 1)
        values = evaluate(ranking, judged, ["ndcg@10"], level=1)["value"].to_numpy()
        return float(values.mean())
