"""Effectiveness by ranx, in trec_eval's order of ties.

trec_eval ignores the rank column: it orders by score, as a 32-bit float, and equal scores by
passage id, descending. ranx orders ties otherwise, and hashes ids; so it is given whole
numbers for ids, and passages already in order.
"""

import warnings
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt
import polars as pl
from numba.core.errors import NumbaTypeSafetyWarning
from ranx.metrics import average_precision, ndcg, recall, reciprocal_rank

from tasb.files import whole
from tasb.metrics.config import METRIC, cutoff_of

Floats = npt.NDArray[np.float64]

warnings.filterwarnings("ignore", category=NumbaTypeSafetyWarning)  # of ranx's loop counters

MEASURES = {"map": average_precision, "ndcg": ndcg, "recall": recall, "mrr": reciprocal_rank}
NOTHING_FOUND = np.array([[-1.0, 0.0]])


def evaluate(
    ranking: pl.DataFrame, qrels: pl.DataFrame, names: list[str], level: int
) -> pl.DataFrame:
    """Return the metrics of a ranking for each judged query.

    Equal to ``trec_eval -c -l level`` (nDCG: linear gain over all grades). A judged query
    without results, or without relevant passages, counts as zero.

    Args:
        ranking: query_id, passage_id, score.
        qrels: query_id, passage_id, grade.
        names: such as ``ndcg@10``, ``mrr@10``, ``map``, ``recall@1000``.
        level: lowest grade that counts as relevant in all metrics but nDCG.

    Returns:
        query_id, metric, value; sorted by query within each metric.
    """
    queries = qrels["query_id"].unique().sort()
    codes = pl.concat([qrels["passage_id"], ranking["passage_id"]]).unique().sort()
    code = pl.DataFrame({"passage_id": codes, "code": np.arange(len(codes), dtype=np.float64)})
    judged = qrels.sort("grade", descending=True, maintain_order=True).join(
        code, on="passage_id", maintain_order="left"
    )
    found = trec_order(ranking.filter(pl.col("query_id").is_in(queries.implode()))).join(
        code, on="passage_id", maintain_order="left"
    )
    relevant = _by_query(judged, "grade", queries)
    retrieved = _by_query(found, "score", queries)
    frames = [
        pl.DataFrame(
            {
                "query_id": queries,
                "metric": name,
                "value": _measure(name, level, relevant, retrieved),
            }
        )
        for name in names
    ]
    return pl.concat(frames)


def trec_order(ranking: pl.DataFrame) -> pl.DataFrame:
    """Sort by query, then score as float32 (best first), then passage id (descending)."""
    return ranking.with_columns(pl.col("score").cast(pl.Float32)).sort(
        "query_id", "score", "passage_id", descending=[False, True, True]
    )


def _by_query(table: pl.DataFrame, value: str, queries: pl.Series) -> numba.typed.List:
    """Return for each query its (rows, 2) array of passage code and value, in the given order."""
    places = pl.DataFrame({"query_id": queries, "place": np.arange(len(queries))})
    rows = table.join(places, on="query_id", maintain_order="left").sort(
        "place", maintain_order=True
    )
    pairs = rows.select("code", pl.col(value).cast(pl.Float64)).to_numpy(order="c")
    bounds = np.searchsorted(rows["place"].to_numpy(), np.arange(len(queries) + 1))
    parts = (pairs[start:stop] for start, stop in zip(bounds, bounds[1:]))
    return numba.typed.List([part if len(part) else NOTHING_FOUND for part in parts])


def _measure(
    name: str, level: int, relevant: numba.typed.List, retrieved: numba.typed.List
) -> Floats:
    matched = METRIC.match(name)
    if matched is None:
        raise ValueError(f"unknown metric '{name}'")
    measure, cutoff = matched.group(1), cutoff_of(name)
    lowest = 1 if measure == "ndcg" else level
    values: Floats = MEASURES[measure](relevant, retrieved, cutoff, lowest)
    return values


def write_metrics(
    ranking: pl.DataFrame,
    qrels: str | Path,
    names: list[str],
    level: int,
    per_query: str | Path,
    means: str | Path,
) -> None:
    """Write the metrics of each query, and their means.

    Per query: query_id, metric, value. Means: metric, value, queries, reason, depth (passages of
    the query with most of them); where no passage is relevant to any query the value is missing,
    and the reason says so.

    Args:
        ranking: query_id, passage_id, score.
        qrels: Parquet of judgments.
        names: see `evaluate`.
        level: see `evaluate`.
        per_query: Parquet to write.
        means: Parquet to write.
    """
    judged = pl.read_parquet(qrels)
    values = evaluate(ranking, judged, names, level)
    depth = ranking.group_by("query_id").len()["len"].max() or 0
    averages = values.group_by("metric", maintain_order=True).agg(
        pl.col("value").mean(),
        queries=pl.len().cast(pl.Int64),
        reason=pl.lit(None, pl.String),
        depth=pl.lit(depth, pl.Int64),
    )
    if judged.filter(pl.col("grade") >= level).is_empty():
        undefined = ~pl.col("metric").str.starts_with("ndcg")
        averages = averages.with_columns(
            value=pl.when(undefined).then(None).otherwise("value"),
            reason=pl.when(undefined).then(pl.lit(f"no passage is judged {level} or above")),
        )
    with whole(per_query) as part:
        values.write_parquet(part)
    with whole(means) as part:
        averages.write_parquet(part)
