"""The latency of each row of a table of systems, and the groups that follow from it."""

from collections.abc import Mapping, Sequence

import polars as pl

from tasb.latency.measure import statistics, summed
from tasb.tables.config import LETTERS, LatencyGroup, Table
from tasb.tables.table import SCHEMA, row_name

LATENCY = "latency_ms"
"""What the published table calls it, and ours."""
NOT_COMPUTED = "a run file, or a system that rests on one: no latency here"
NOT_MEASURED = "Not measured here"


def latency_cells(
    name: str, table: Table, files: Mapping[str, Sequence[str]], paper: pl.DataFrame
) -> pl.DataFrame:
    """Return a line for each row with its mean latency and the paper's, in milliseconds.

    Args:
        name: of the table.
        table: its rows.
        files: by system, the measured times of its parts.
        paper: row, query_set, metric, value of the published table, or none.
    """
    published = dict(paper.filter(pl.col("metric") == LATENCY).select("row", "value").iter_rows())
    lines = []
    for letter, row in zip(LETTERS, table.rows):
        own = files.get(row.system or "", [])
        value = None
        if own:
            total = summed([pl.read_parquet(path) for path in own])
            seconds = total.filter(pl.col("stage") == "total")["seconds"].to_numpy()
            value = statistics(seconds)["average"]
        lines.append({
            "table": name, "row": row_name(row), "letter": letter, "system": row.system,
            "query_set": "", "metric": LATENCY, "value": value, "better_than": "",
            "paper": published.get(row.paper),
            "reason": NOT_COMPUTED if row.system and not own else None,
        })  # fmt: skip
    return pl.DataFrame(lines, schema=SCHEMA)


def group_of(value: float | None, groups: Sequence[LatencyGroup]) -> str:
    """Return the title of the first group that a latency fits."""
    if value is None:
        return NOT_MEASURED
    return next(each.title for each in groups if each.below is None or value < each.below)


def arranged(table: Table, latency: pl.DataFrame | None) -> list[tuple[int, str | None]]:
    """Return the places of a table's rows in the order in which they are shown, with their groups.

    Args:
        table: its rows.
        latency: see `latency_cells`; None where the table shows none.
    """
    own = [row.group for row in table.rows]
    if latency is None or table.latency is None or not table.latency.groups:
        return list(enumerate(own))
    groups = table.latency.groups
    titles = [group_of(value, groups) for value in latency["value"]]
    order = [*(group.title for group in groups), NOT_MEASURED]
    places = sorted(range(len(titles)), key=lambda place: order.index(titles[place]))
    return [(place, titles[place]) for place in places]
