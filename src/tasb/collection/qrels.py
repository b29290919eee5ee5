"""Judgments, checked against each other and against the ids of the collection."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from tasb.collection.faults import Faults
from tasb.errors import TasbError

READ = {"line": pl.Int64, "query_id": pl.String, "passage_id": pl.String, "grade": pl.Int32}
"""Judgments as they are read; `with_positions` adds the positions of both ids."""


def read_qrels(
    judgments: Iterable[tuple[int, str, str, int]],
    faults: Faults,
    queries: set[str],
    passages: str | Path | None,
) -> pl.DataFrame:
    """Return judgments: query_id, passage_id, grade.

    Args:
        judgments: line, query id, passage id, grade.
        faults: those of the file that they are read from.
        queries: the known queries.
        passages: the passages table, if there is one.

    Raises:
        TasbError: the file has faults, no judgment at all, a pair judged twice, or an unknown
            query or passage that is not let pass.
    """
    qrels = pl.DataFrame(list(judgments), schema=READ, orient="row")
    qrels = _without_repeated(qrels, faults)
    for column, what, known in _known_ids(queries, passages):
        qrels = _with_known(qrels, column, what, known, faults)
    faults.close()
    if qrels.is_empty():
        raise TasbError(f"{faults.where}: no judgments of known queries and passages")
    return qrels.drop("line")


def _without_repeated(qrels: pl.DataFrame, faults: Faults) -> pl.DataFrame:
    """Leave out judgments that say the same again, if that is let pass; note the others."""
    pair = pl.struct("query_id", "passage_id")
    again = ~pair.is_first_distinct()
    same = pl.col("grade") == pl.col("grade").first().over("query_id", "passage_id")
    for row in qrels.with_columns(same=same).filter(again).iter_rows(named=True):
        what = f"query '{row['query_id']}' with passage '{row['passage_id']}' is judged twice"
        if row["same"]:
            faults.keeps("repeated_judgments", row["line"], what, "repeated judgments")
        else:
            faults.refuse(row["line"], f"{what}, with two grades; keep one")
    return qrels.filter(pair.is_first_distinct())


def _with_known(
    qrels: pl.DataFrame, column: str, what: str, known: pl.Series, faults: Faults
) -> pl.DataFrame:
    """Note the judgments of ids that the collection lacks; leave them out if that is asked."""
    unknown = ~pl.col(column).is_in(known.implode())
    way = faults.ways.get("unknown_ids", "refuse")
    found = qrels.filter(unknown)
    if found.height and way != "refuse":
        done = "kept: they are never found" if way == "keep" else "left out"
        faults.counts[f"judgments of {what} that the collection lacks, {done}"] += found.height
        asked = found["query_id"].n_unique()
        faults.counts[f"queries with judgments of {what} that the collection lacks"] += asked
    elif found.height:
        for line, identifier in found.select("line", column).iter_rows():
            faults.refuse(
                line,
                f"{column.removesuffix('_id')} '{identifier}' is not in the collection; "
                "correct the file, or set allow_unknown_ids or drop_unknown_ids: true",
            )
    return qrels.filter(~unknown) if way == "drop" else qrels


def _known_ids(
    queries: set[str], passages: str | Path | None
) -> Iterator[tuple[str, str, pl.Series]]:
    yield "query_id", "queries", pl.Series(sorted(queries), dtype=pl.String)
    if passages is not None:
        yield "passage_id", "passages", pl.read_parquet(passages, columns=["id"])["id"]
