"""The early-stopping set of section 4.3, and a model's nDCG@10 on it."""

from pathlib import Path

import numpy as np
import polars as pl
import torch

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import log
from tasb.metrics.evaluate import evaluate
from tasb.models.bert_dot import BertDot
from tasb.models.device import autocast
from tasb.students.config import EarlyStoppingSet
from tasb.tokens.store import TokenStore

STRATA = 5
BATCH_TOKENS = 16_384


def draw_queries(
    values: pl.DataFrame, settings: EarlyStoppingSet, random: np.random.Generator
) -> list[str]:
    """Draw the queries of the early-stopping set.

    Args:
        values: query_id, value (the system's MRR@10), sorted by query.
        settings: `queries` to draw; ``uniform``, or ``stratified``: as many from each fifth of
            the range 0 to 1 of the values, or all of a fifth that holds fewer.
        random: the generator of the draw.
    """
    stratum = (values["value"] * STRATA).cast(pl.Int64).clip(0, STRATA - 1)
    count = settings.queries
    if settings.draw == "uniform":
        stratum = stratum * 0
    else:
        count = max(1, settings.queries // STRATA)
    chosen: list[str] = []
    for part in values.with_columns(stratum=stratum).partition_by("stratum"):
        ids = part["query_id"].to_numpy()
        chosen += random.permutation(ids)[:count].tolist()
    return sorted(chosen)


def write_early_stopping_set(
    ranking: str | Path,
    qrels: str | Path,
    passages: str | Path,
    queries: str | Path,
    settings: EarlyStoppingSet,
    random: np.random.Generator,
    path: str | Path,
) -> None:
    """Write the candidates: the top of a ranking, and every relevant passage that it missed.

    Columns: query, passage (positions), query_id, passage_id, grade (0 where not judged).
    """
    found = pl.read_parquet(ranking)
    judged = pl.read_parquet(qrels).filter(pl.col("grade") >= 1)
    values = evaluate(found, judged, ["mrr@10"], level=1).select("query_id", "value")
    chosen = pl.Series(draw_queries(values, settings, random)).implode()
    top = found.filter(pl.col("rank") <= settings.depth).select("query_id", "passage_id")
    pairs = pl.concat([top, judged.select("query_id", "passage_id")]).unique()
    pairs = pairs.filter(pl.col("query_id").is_in(chosen))
    pairs = pairs.join(judged, on=["query_id", "passage_id"], how="left")
    for table, side in ((queries, "query"), (passages, "passage")):
        ids = pl.read_parquet(table, columns=["position", "id"])
        pairs = pairs.join(ids.rename({"position": side, "id": f"{side}_id"}), on=f"{side}_id")
    pairs = pairs.with_columns(pl.col("grade").fill_null(0)).sort("query", "passage")
    log.info("%d candidates of %d queries", len(pairs), pairs["query"].n_unique())
    with whole(path) as part:
        pairs.select("query", "passage", "query_id", "passage_id", "grade").write_parquet(part)


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
