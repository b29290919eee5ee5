"""A ranking: Parquet with positions and ids, rank and score, and the same as a TREC run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job

COLUMNS = ["query", "passage", "query_id", "passage_id", "rank", "score"]

Found = Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]
"""For each query the positions of its passages (-1 for none) and their scores, best first."""


def ranking_of(query_ids: Sequence[str], passage_ids: Sequence[str], found: Found) -> pl.DataFrame:
    """Return a ranking from positions; ids are those of all queries and passages, by position."""
    counts = [len(positions) for positions, _ in found]
    query = np.repeat(np.arange(len(query_ids)), counts)
    passage = np.concatenate([positions for positions, _ in found])
    score = np.concatenate([scores for _, scores in found])
    rank = np.concatenate([np.arange(1, count + 1) for count in counts])
    kept = passage >= 0
    table = pl.DataFrame(
        {
            "query": query[kept].astype(np.int32),
            "passage": passage[kept].astype(np.int32),
            "rank": rank[kept].astype(np.int32),
            "score": score[kept].astype(np.float32),
        }
    )
    return with_ids(table, query_ids, passage_ids)


def with_ids(
    ranking: pl.DataFrame, query_ids: Sequence[str], passage_ids: Sequence[str]
) -> pl.DataFrame:
    """Return a ranking of positions with the ids added."""
    return ranking.with_columns(
        query_id=pl.Series(query_ids, dtype=pl.String).gather(ranking["query"]),
        passage_id=pl.Series(passage_ids, dtype=pl.String).gather(ranking["passage"]),
    ).select(COLUMNS)


def ranked(scored: pl.DataFrame, depth: int | None = None) -> pl.DataFrame:
    """Return a ranking in the order of its scores.

    Args:
        scored: `COLUMNS`; equal scores keep the order of ``rank``.
        depth: passages of a query that are kept; null for all.
    """
    order = scored.sort("query", "score", "rank", descending=[False, True, False])
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("query")
    order = order.with_columns(rank=rank).select(COLUMNS)
    return order if depth is None else order.filter(pl.col("rank") <= depth)


def search_depth(recipe: Mapping[str, Any]) -> int:
    """Return how many passages are searched for a query, of which one may be dropped."""
    return int(recipe["depth"]) + bool(recipe["drop_own_passage"])


def without_own(ranking: pl.DataFrame, depth: int | None) -> pl.DataFrame:
    """Return a ranking without the passages whose ids are their queries', cut to a depth."""
    return ranked(ranking.filter(pl.col("query_id") != pl.col("passage_id")), depth)


def write_ranking(job: Job, ranking: pl.DataFrame, place: int = 0) -> None:
    """Write a ranking in both formats.

    Args:
        job: its recipe names the ``system``, and says whether a query's own passage is dropped.
        ranking: `COLUMNS`.
        place: which of the job's query sets it ranks.
    """
    if job.recipe["drop_own_passage"]:
        ranking = without_own(ranking, job.recipe.get("depth"))
    with whole(job.outputs["ranking"][place]) as part:
        ranking.select(COLUMNS).write_parquet(part)
    write_run(ranking, job.recipe["system"], job.outputs["trec"][place])


def write_run(ranking: pl.DataFrame, system: str, path: str | Path) -> None:
    """Write a ranking as a TREC run."""
    lines = ranking.select(
        "query_id", pl.lit("Q0").alias("q0"), "passage_id", "rank", "score",
        pl.lit(system.replace(" ", "_")).alias("system"),
    )  # fmt: skip
    with whole(path) as part:
        lines.write_csv(part, separator=" ", include_header=False, quote_style="never")


def refuse_unknown_passages(ranking: pl.DataFrame, key: str) -> None:
    """Refuse a ranking with passages that the collection lacks.

    Raises:
        TasbError: names the config key that asks for the ranking, and the first such passage.
    """
    unknown = ranking.filter(pl.col("passage").is_null() | pl.col("query").is_null())
    if unknown.height:
        raise TasbError(
            f"{key}: its ranking names passage '{unknown['passage_id'][0]}', which is not in the "
            f"collection ({unknown.height} such lines); rank only the texts of this collection"
        )


def refuse_repeated_passages(ranking: pl.DataFrame, key: str) -> None:
    """Refuse a ranking that has a passage twice for a query.

    Raises:
        TasbError: names the config key that asks for the ranking, and the first such passage.
    """
    repeated = ranking.filter(pl.struct("query", "passage").is_duplicated())
    if repeated.height:
        query, passage = repeated.select("query_id", "passage_id").row(0)
        raise TasbError(
            f"{key}: its ranking has passage '{passage}' twice for query '{query}'; a run file is "
            "read with 'repair: [duplicates]'"
        )
