"""The union of several rankings: by a weighted sum of their scores, or by reciprocal ranks."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from tasb.collection.tables import read_ids
from tasb.jobs import Job, log, progress
from tasb.metrics.evaluate import evaluate
from tasb.rankings.ranking import ranked, refuse_unknown_passages, with_ids, write_ranking
from tasb.seeds import stream

PAIR = ["query", "passage"]
RATIOS = (0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 5)
"""Weights that are tried, as multiples of the first list's spread over the second's."""


def make_weighted_sum(job: Job) -> None:
    """Join two rankings, with the weight that is given or best on validation queries."""
    first, second = _rankings(job, "rankings")
    alpha = job.recipe["alpha"]
    if alpha is None:
        tuned = _rankings(job, "validation_rankings")
        alpha = tune(
            tuned[0],
            tuned[1],
            pl.read_parquet(job.file("validation_qrels")),
            job.recipe["metric"],
            job.recipe["tuning_queries"],
            stream(job.recipe["seed"]),
        )
    job.about["alpha"] = alpha
    _write(job, weighted_sum(both(first, second), alpha))


def make_reciprocal_rank(job: Job) -> None:
    """Join any number of rankings by their ranks."""
    _write(job, reciprocal_rank(_rankings(job, "rankings"), job.recipe["k"]))


def _rankings(job: Job, name: str) -> list[pl.DataFrame]:
    found = [pl.read_parquet(path) for path in job.files(name)]
    for ranking in found:
        refuse_unknown_passages(ranking, f"systems.{job.recipe['system']}.systems")
    return found


def _write(job: Job, scored: pl.DataFrame) -> None:
    """Write the best passages of each query; equal scores are in order of position."""
    ids = read_ids(job.file("queries")), read_ids(job.file("passages"))
    write_ranking(job, listed(scored, ids, job.recipe["depth"]))


def listed(
    scored: pl.DataFrame, ids: tuple[Sequence[str], Sequence[str]], depth: int
) -> pl.DataFrame:
    """Return the best passages of each query; equal scores are in order of position.

    Args:
        scored: query, passage, score.
        ids: of all queries and of all passages, by position.
        depth: passages of a query.
    """
    table = scored.with_columns(pl.col("score").cast(pl.Float32), rank=pl.col("passage"))
    return ranked(with_ids(table, *ids), depth)


def both(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Return the union of two rankings: query, passage, first, second (scores, fp64).

    A passage that a list lacks has the lowest score of that list for the query; a list without
    any passage for a query counts as zero (as Lin et al. 2021 fuse dense and sparse results).
    """
    lists = [
        ranking.select(*PAIR, pl.col("score").cast(pl.Float64).alias(name))
        for name, ranking in (("first", first), ("second", second))
    ]
    union = lists[0].join(lists[1], on=PAIR, how="full", coalesce=True)
    lowest = [pl.col(name).fill_null(pl.col(name).min().over("query")).fill_null(0.0)
              for name in ("first", "second")]  # fmt: skip
    return union.with_columns(lowest).sort(PAIR)


def weighted_sum(union: pl.DataFrame, alpha: float) -> pl.DataFrame:
    """Return query, passage, score: the first score, and `alpha` times the second."""
    return union.select(*PAIR, score=pl.col("first") + alpha * pl.col("second"))


def tune(
    first: pl.DataFrame,
    second: pl.DataFrame,
    qrels: pl.DataFrame,
    metric: str,
    queries: int,
    random: np.random.Generator,
) -> float:
    """Return the weight of the second ranking that is best on average, the smallest of equals.

    Args:
        first: a ranking of validation queries.
        second: another.
        qrels: their judgments.
        metric: what is best.
        queries: how many judged queries are drawn.
        random: the generator of the draw.
    """
    judged = random.permutation(qrels["query"].drop_nulls().unique().sort().to_numpy())[:queries]
    chosen = pl.col("query").is_in(judged.tolist())
    qrels, union = qrels.filter(chosen), both(first.filter(chosen), second.filter(chosen))
    ids = pl.concat([table.select(*PAIR, "query_id", "passage_id")
                     for table in (first.filter(chosen), second.filter(chosen))])  # fmt: skip
    union = union.join(ids.unique(PAIR), on=PAIR)
    unit = _spread(first.filter(chosen)) / (_spread(second.filter(chosen)) or 1.0)
    best, value = 0.0, -1.0
    for ratio in progress(RATIOS, len(RATIOS), "weights tried"):
        alpha = float(ratio * unit)
        score = pl.col("first") + alpha * pl.col("second")
        found = union.select("query_id", "passage_id", score=score.cast(pl.Float32))
        mean = float(evaluate(found, qrels, [metric], level=1)["value"].to_numpy().mean())
        if mean > value:
            best, value = alpha, mean
    log.info("alpha %.4g: %s %.4f on %d validation queries", best, metric, value, len(judged))
    return best


def _spread(ranking: pl.DataFrame) -> float:
    """Return the mean difference of a query's highest and lowest score."""
    score = pl.col("score").cast(pl.Float64)
    ranges = ranking.group_by("query").agg(spread=score.max() - score.min())
    return float(ranges.sort("query")["spread"].to_numpy().mean()) if ranges.height else 0.0


def reciprocal_rank(rankings: Sequence[pl.DataFrame], k: int) -> pl.DataFrame:
    """Return query, passage, score: the sum over the lists of 1 / (k + rank).

    `ranx.fuse` gives the same values where all lists have the same queries, which it demands.
    """
    gains = pl.concat([ranking.select(*PAIR, "rank") for ranking in rankings])
    gain = 1.0 / (pl.col("rank") + k)
    return gains.group_by(PAIR).agg(score=gain.sort().sum()).sort(PAIR)
