"""Run files from elsewhere, read strictly."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from tasb.collection.tables import read_ids, with_positions
from tasb.collection.text import INTEGER, lines
from tasb.errors import TasbError
from tasb.jobs import Job, log
from tasb.rankings.ranking import write_ranking

SCHEMA = {
    "line": pl.Int64,
    "query_id": pl.String,
    "passage_id": pl.String,
    "rank": pl.Int64,
    "score": pl.Float64,
}


def make(job: Job) -> None:
    """Read a run file from elsewhere."""
    queries = job.file("queries")
    ranking = read_trec(Path(job.recipe["file"]), read_ids(queries), job.recipe["repair"])
    write_ranking(job, with_positions(ranking, queries, job.optional("passages")))


def read_trec(path: Path, queries: Iterable[str], repair: list[str]) -> pl.DataFrame:
    """Return a ranking from a run file with lines ``qid Q0 pid rank score tag``.

    The order is that of the scores; equal scores keep the order of the file's ranks (metrics
    order them by themselves, as trec_eval does). Ranks may begin at 0 or 1.

    Args:
        path: the file, gzipped if its name ends in .gz.
        queries: ids of the query set.
        repair: what is repaired in place of an error: order, duplicates, unknown-queries.

    Raises:
        TasbError: with file and line, for a line that is malformed, a score that is no
            number, a passage twice in a query, an unknown query, or ranks that do not follow
            the scores.
    """
    table = pl.DataFrame(list(_rows(path)), schema=SCHEMA, orient="row")
    if table.is_empty():
        raise TasbError(f"{path}: no lines")
    known = pl.Series(sorted(queries), dtype=pl.String).implode()
    faults = {
        "unknown-queries": (~pl.col("query_id").is_in(known), "query is not in the query set"),
        "duplicates": (_is_repeated(), "passage occurs twice for its query"),
        "order": (_is_out_of_order(), "ranks do not follow the scores"),
    }
    for name, (wrong, reason) in faults.items():
        bad = table.filter(wrong)
        if bad.is_empty():
            continue
        if name not in repair:
            row = bad.row(0, named=True)
            raise TasbError(
                f"{path}:{row['line']}: {reason} (query '{row['query_id']}', passage "
                f"'{row['passage_id']}'; {bad.height} such lines); correct it, or add "
                f"'{name}' to the system's repair"
            )
        log.warning("%s: %s: %d lines repaired", path, reason, bad.height)
        if name != "order":
            table = table.filter(~wrong)
    return _ranked(table)


def _rows(path: Path) -> Iterable[tuple[int, str, str, int, float]]:
    for number, line in lines(path):
        fields = line.split()
        if len(fields) != 6:
            raise TasbError(
                f"{path}:{number}: {len(fields)} fields in '{line[:60]}'; "
                "expected qid Q0 pid rank score tag"
            )
        query, _, passage, rank, score = fields[:5]
        if not INTEGER.fullmatch(rank):
            raise TasbError(f"{path}:{number}: rank '{rank}' is no number")
        yield number, query, passage, int(rank), _score(score, f"{path}:{number}")


def _score(text: str, where: str) -> float:
    """Return a score that is finite as a 32-bit float, in which metrics compare it."""
    try:
        score = float(text.replace("_", " "))  # Python would read 1_0 as 10
    except ValueError:
        raise TasbError(f"{where}: score '{text}' is no number") from None
    with np.errstate(over="ignore"):
        finite = np.isfinite(np.float32(score))
    if not finite:
        raise TasbError(f"{where}: score '{text}' is not finite in 32 bits")
    return score


def _is_repeated() -> pl.Expr:
    """Whether the same query has the passage with a better score, or earlier with the same."""
    best = pl.struct(-pl.col("score"), "line").rank("ordinal").over("query_id", "passage_id")
    return best > 1


def _is_out_of_order() -> pl.Expr:
    """Whether a line's score is above that of the line of next smaller rank in its query."""
    by_rank = pl.col("score").sort_by("rank", maintain_order=True)
    above = (by_rank > by_rank.shift(1)).fill_null(False)
    return above.gather(pl.col("rank").rank("ordinal").cast(pl.Int64) - 1).over("query_id")


def _ranked(table: pl.DataFrame) -> pl.DataFrame:
    first_seen = pl.col("line").min().over("query_id")
    ordered = table.sort(first_seen, -pl.col("score"), "rank", "line")
    return ordered.select(
        "query_id",
        "passage_id",
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("query_id"),
        score=pl.col("score").cast(pl.Float32),
    )
