"""A table as data: one line a cell, ours and the paper's."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tasb.errors import TasbError
from tasb.files import read_json
from tasb.metrics.significance import beaten
from tasb.tables.config import LETTERS, Row, Table

SCHEMA = {
    "table": pl.String,
    "row": pl.String,
    "letter": pl.String,
    "system": pl.String,
    "query_set": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "paper": pl.Float64,
    "better_than": pl.String,
    "reason": pl.String,
    "queries": pl.Int64,
    "steps": pl.Int64,
    "chosen_step": pl.Int64,
}
SUMS = ("average", "standard-deviation")
"""Rows of a published table that sum up all others."""
PAPER = {"row": pl.String, "query_set": pl.String, "metric": pl.String, "value": pl.Float64}
PUBLISHED_ONLY = "published only: no run or checkpoint of it is in the table"
NO_PAPER = pl.DataFrame(schema=PAPER)


class Steps(NamedTuple):
    """How long a run was trained."""

    steps: int
    chosen_step: int
    """The step whose weights were kept."""


@dataclass(frozen=True)
class Metrics:
    """The metrics of one system on one query set."""

    per_query: pl.DataFrame
    """query_id, metric, value; sorted by query within each metric."""
    means: pl.DataFrame
    """metric, value, queries, reason (why a value is missing)."""


def row_name(row: Row) -> str:
    """Return the name of a row: the paper's where it has one, else the system's."""
    return row.paper or row.system or ""


def cells(
    name: str,
    table: Table,
    metrics: dict[tuple[str, str], Metrics],
    query_sets: dict[str, str | None],
    paper: pl.DataFrame,
    steps: dict[str, Steps],
    threshold: float,
    correction: str,
) -> pl.DataFrame:
    """Return the cells of a table; columns as in `SCHEMA`.

    A row's letter is its place in the table; `better_than` holds the letters of the rows that
    it beats significantly; rows of statistics have none. The paper's value is given for a query
    set that names one of the paper's, at the same cutoff; that of a statistic, if the rows are
    those that the paper sums up.

    Args:
        name: of the table, such as ``table4``.
        table: its rows and metrics.
        metrics: by system and query set.
        query_sets: the paper's name of each query set, if it is one of the paper's.
        paper: row, query_set, metric, value of the published table.
        steps: of each system that is a run.
        threshold: a p-value below it counts as significant.
        correction: see `tasb.metrics.significance.corrected`.

    Raises:
        TasbError: systems were evaluated on other queries.
    """
    published = _published(table, paper)
    lines = []
    for query_set, theirs in query_sets.items():
        for metric in table.metrics or ():
            found = {letter: metrics[row.system, query_set]
                     for letter, row in zip(LETTERS, table.rows) if row.system}  # fmt: skip
            wins = _wins(found, metric, threshold, correction)
            rows = [
                {"letter": letter, "paper": published.get((row.paper, theirs, metric))}
                | {"better_than": wins.get(letter, "")}
                | _row_values(row, found.get(letter), metric, steps.get(row.system or ""))
                for letter, row in zip(LETTERS, table.rows)
            ]
            for statistic in table.statistics:
                summary = {"paper": published.get((statistic, theirs, metric))}
                rows.append(summary | _statistic(statistic, rows[: len(found)]))
            lines += [{"table": name, "query_set": query_set, **row} for row in rows]
    return pl.DataFrame(lines, schema=SCHEMA)


def _published(table: Table, paper: pl.DataFrame) -> dict[Any, float | None]:
    """Return the paper's values by row, query set and metric; sums only of the same rows."""
    keys = paper.select("row", "query_set", "metric").iter_rows()
    published = dict(zip(keys, paper["value"]))
    if {row.paper for row in table.rows} == set(paper["row"]) - set(table.statistics):
        return published
    return {key: value for key, value in published.items() if key[0] not in SUMS}


def _statistic(statistic: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Sum up the values of one metric in all rows."""
    values = [row["value"] for row in rows]
    shared = {key: rows[0].get(key) for key in ("metric", "queries")}
    line = {"row": statistic, "letter": "", "better_than": "", "value": None, **shared}
    if None in values:
        return line | {"reason": "a value that it sums up is missing"}
    if statistic == "average":
        return line | {"value": float(np.mean(values))}
    if len(values) < 2:
        return line | {"reason": "a standard deviation needs two rows"}
    return line | {"value": float(np.std(values, ddof=1))}


def _row_values(
    row: Row, values: Metrics | None, metric: str, steps: Steps | None
) -> dict[str, Any]:
    """Return what a cell takes from its row, its run, and the means of its metrics."""
    if values is None:
        return {"row": row_name(row), "metric": metric, "value": None, "reason": PUBLISHED_ONLY}
    mean = values.means.row(by_predicate=pl.col("metric") == metric, named=True)
    trained = steps._asdict() if steps is not None else {}
    return {"row": row_name(row), "system": row.system, **trained, **mean}


def _wins(
    found: dict[str, Metrics], metric: str, threshold: float, correction: str
) -> dict[str, str]:
    """Return for each row, by its letter, the letters of the rows that it beats."""
    if not found:
        return {}
    letters = list(found)
    tables = [values.per_query.filter(pl.col("metric") == metric) for values in found.values()]
    queries = tables[0]["query_id"]
    if any(not table["query_id"].equals(queries) for table in tables):
        raise TasbError("systems of a table were evaluated on different queries")
    values = np.stack([table["value"].to_numpy() for table in tables])
    beats = beaten(values, threshold, correction)
    return {own: "".join(letters[loser] for loser in losers) for own, losers in zip(letters, beats)}


def read_metrics(
    files: Sequence[str], systems: Sequence[str], query_sets: Sequence[str]
) -> dict[tuple[str, str], Metrics]:
    """Read the metrics of all rows.

    Args:
        files: of each system the values per query of all query sets, then their means.
        systems: the systems, in that order.
        query_sets: the query sets, in that order.
    """
    found, count = {}, len(query_sets)
    for place, system in enumerate(systems):
        own = files[2 * count * place : 2 * count * (place + 1)]
        for query_set, per_query, means in zip(query_sets, own[:count], own[count:]):
            metrics = Metrics(pl.read_parquet(per_query), pl.read_parquet(means))
            found[system, query_set] = metrics
    return found


def read_steps(times: str | Path) -> Steps:
    """Read how long a run was trained, and which step's weights were kept."""
    found = read_json(times)
    return Steps(found["steps"], found["chosen_step"])


def read_paper(path: str | Path) -> pl.DataFrame:
    """Read a published table: row, query_set, metric, value."""
    table = pl.read_csv(path, separator="\t", infer_schema=False)
    return table.with_columns(pl.col("value").cast(pl.Float64, strict=False))
