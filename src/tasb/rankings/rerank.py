"""The top of a ranking in the order of a teacher's scores."""

from pathlib import Path

import polars as pl

from tasb.rankings.ranking import COLUMNS, ranked_positions
from tasb.teachers.scoring import PairScorer


def rerank(
    first: str | Path, queries: str | Path, passages: str | Path, scorer: PairScorer, depth: int
) -> pl.DataFrame:
    """Return a ranking whose first `depth` passages per query are sorted by the scorer.

    Below that depth the order of the first ranking is kept; its scores are moved, all by the
    same amount within a query, to below the last re-ranked one.

    Args:
        first: the ranking to start from, Parquet.
        queries: the query set's texts table.
        passages: the passages table.
        scorer: the teacher.
        depth: how many passages per query are scored.
    """
    ranking = ranked_positions(queries, passages, pl.read_parquet(first))
    top = ranking.filter(pl.col("rank") <= depth)
    scores = scorer.scores(top["query"].to_numpy(), top["passage"].to_numpy())
    top = top.with_columns(score=pl.Series(scores))
    rest = ranking.filter(pl.col("rank") > depth)
    last = top.group_by("query_id").agg(last=pl.col("score").min())
    highest = rest.group_by("query_id").agg(highest=pl.col("score").max())
    rest = rest.join(last, on="query_id").join(highest, on="query_id")
    rest = rest.with_columns(score=pl.col("score") - pl.col("highest") + pl.col("last") - 1)
    both = pl.concat([top.select(ranking.columns), rest.select(ranking.columns)])
    order = both.sort("query", "score", "rank", descending=[False, True, False])
    return order.with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("query")
    ).select(COLUMNS)
