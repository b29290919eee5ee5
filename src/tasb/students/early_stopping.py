"""The early-stopping set of section 4.3: candidates that the model in training re-ranks."""

from pathlib import Path

import numpy as np
import polars as pl

from tasb.files import whole
from tasb.jobs import log
from tasb.metrics.evaluate import evaluate
from tasb.students.config import EarlyStoppingSet

STRATA = 5


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
