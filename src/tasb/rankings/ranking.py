"""A ranking: Parquet with query_id, passage_id, rank, score, and the same as a TREC run."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.collection.tables import read_ids
from tasb.errors import TasbError
from tasb.files import whole

COLUMNS = ["query_id", "passage_id", "rank", "score"]


def ranking_of(
    query_ids: list[str],
    passage_ids: list[str],
    found: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]],
) -> pl.DataFrame:
    """Return a ranking from positions.

    Args:
        query_ids: ids of the queries.
        passage_ids: ids of all passages, by position.
        found: for each query its passages' positions (-1 for none) and scores, best first.
    """
    counts = [len(positions) for positions, _ in found]
    queries = np.repeat(np.arange(len(query_ids)), counts)
    position = np.concatenate([positions for positions, _ in found])
    score = np.concatenate([scores for _, scores in found])
    rank = np.concatenate([np.arange(1, count + 1) for count in counts])
    kept = position >= 0
    ids = pl.Series(passage_ids, dtype=pl.String)
    return pl.DataFrame(
        {
            "query_id": pl.Series(query_ids, dtype=pl.String).gather(queries[kept]),
            "passage_id": ids.gather(position[kept]),
            "rank": rank[kept].astype(np.int32),
            "score": score[kept].astype(np.float32),
        }
    )


def write_ranking(
    ranking: pl.DataFrame, system: str, parquet: str | Path, trec: str | Path
) -> None:
    """Write a ranking in both formats."""
    with whole(parquet) as part:
        ranking.select(COLUMNS).write_parquet(part)
    lines = ranking.select(
        "query_id", pl.lit("Q0").alias("q0"), "passage_id", "rank", "score",
        pl.lit(system.replace(" ", "_")).alias("system"),
    )  # fmt: skip
    with whole(trec) as part:
        lines.write_csv(part, separator=" ", include_header=False, quote_style="never")


def ranked_positions(
    queries: str | Path, passages: str | Path, ranking: pl.DataFrame
) -> pl.DataFrame:
    """Return the ranking with columns query and passage, the positions of its ids.

    Raises:
        TasbError: the ranking has an id that the texts lack.
    """
    for path, side in ((queries, "query"), (passages, "passage")):
        ids = read_ids(path)
        table = pl.DataFrame({f"{side}_id": ids, side: np.arange(len(ids))})
        ranking = ranking.join(table, on=f"{side}_id", how="left", maintain_order="left")
        unknown = ranking.filter(pl.col(side).is_null())[f"{side}_id"]
        if len(unknown):
            raise TasbError(
                f"{path}: no {side} '{unknown[0]}', which the ranking names "
                f"({len(unknown)} such lines); rank only the texts of this collection"
            )
    return ranking
