"""The top of a ranking in the order of a model's scores."""

from typing import TYPE_CHECKING

import polars as pl

from tasb.jobs import Job, function
from tasb.models.device import prepare
from tasb.rankings.ranking import (
    ranked,
    refuse_repeated_passages,
    refuse_unknown_passages,
    write_ranking,
)

if TYPE_CHECKING:
    from tasb.teachers.scoring import PairScorer
    from tasb.teachers.t5 import T5Scorer


def make(job: Job) -> None:
    """Re-rank a ranking."""
    scorer = function(job.recipe["opened_by"])(job.recipe["scorer"], job.inputs, prepare(job))
    job.about["precision"] = scorer.precision
    first = pl.read_parquet(job.file("first"))
    key = f"systems.{job.recipe['system']}.system"
    refuse_unknown_passages(first, key)
    refuse_repeated_passages(first, key)
    write_ranking(job, rerank(first, scorer, job.recipe["rerank_depth"]))


def rerank(first: pl.DataFrame, scorer: "PairScorer | T5Scorer", depth: int) -> pl.DataFrame:
    """Return a ranking whose first `depth` passages per query are sorted by the scorer.

    Below that depth the order of the first ranking is kept; its scores are moved, all by the
    same amount within a query, to below the last re-ranked one.

    Args:
        first: the ranking to start from.
        scorer: the model.
        depth: how many passages per query are scored.
    """
    top = first.filter(pl.col("rank") <= depth)
    scores = scorer.scores(top["query"].to_numpy(), top["passage"].to_numpy())
    top = top.with_columns(score=pl.Series(scores))
    rest = first.filter(pl.col("rank") > depth)
    last = top.group_by("query").agg(last=pl.col("score").min())
    highest = rest.group_by("query").agg(highest=pl.col("score").max())
    rest = rest.join(last, on="query").join(highest, on="query")
    rest = rest.with_columns(score=pl.col("score") - pl.col("highest") + pl.col("last") - 1)
    return ranked(pl.concat([top.select(first.columns), rest.select(first.columns)]))
