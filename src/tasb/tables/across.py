"""One metric of some systems on many collections, and the average."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tasb.files import whole, write_text
from tasb.jobs import Job
from tasb.tables.grid import Cell, Column, Grid, Line, metric_name, number
from tasb.tables.render import html, latex, markdown

AVERAGE = "Average"
SCHEMA = {"table": pl.String, "row": pl.String, "system": pl.String, "metric": pl.String,
          "value": pl.Float64, "published": pl.Float64}  # fmt: skip


def make(job: Job) -> None:
    """Make a table across collections, see `tasb.tables.across_artifact.across_table`."""
    recipe = job.recipe
    found = values(recipe["rows"], recipe["systems"], recipe["metric"])
    table = found.with_columns(table=pl.lit(recipe["name"])).select(*SCHEMA)
    with whole(job.output("data")) as part:
        table.write_parquet(part)
    grid = grid_of(recipe["title"], recipe["labels"], recipe["systems"], table)
    for name, render in (("markdown", markdown), ("latex", latex), ("html", html)):
        write_text(job.output(name), render(grid))


def values(rows: Sequence[Mapping[str, Any]], systems: Sequence[str], metric: str) -> pl.DataFrame:
    """Return the value of each system in each row, and the average over the rows.

    A row of several collections has their mean. The average is missing where a value is.

    Args:
        rows: label, published (by system), files (of means, by system).
        systems: in order.
        metric: of the files.
    """
    ours: dict[str, list[float | None]] = {system: [] for system in systems}
    theirs: dict[str, list[float | None]] = {system: [] for system in systems}
    for row in rows:
        for system in systems:
            ours[system].append(_mean([_value(path, metric) for path in row["files"][system]]))
            theirs[system].append(row["published"].get(system))
    for system in systems:
        ours[system].append(_mean(ours[system]))
        theirs[system].append(_mean(theirs[system]))
    names = {name: SCHEMA[name] for name in ("row", "system", "value", "published")}
    lines = [(label, system, ours[system][place], theirs[system][place])
             for place, label in enumerate([*(row["label"] for row in rows), AVERAGE])
             for system in systems]  # fmt: skip
    return pl.DataFrame(lines, schema=names, orient="row").with_columns(metric=pl.lit(metric))


def _value(path: str, metric: str) -> float | None:
    row = pl.read_parquet(path).row(by_predicate=pl.col("metric") == metric, named=True)
    value: float | None = row["value"]
    return value


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if values and len(known) == len(values) else None


def grid_of(title: str, labels: Sequence[str], systems: Sequence[str], table: pl.DataFrame) -> Grid:
    """Arrange the values, the published ones in brackets."""
    columns = [Column("Collection"), *(Column(label, numbers=True) for label in labels)]
    lines = []
    for (_,), own in table.group_by("row", maintain_order=True):
        cells = [Cell(str(own["row"][0]))]
        for system in systems:
            value, published = own.filter(system=system).select("value", "published").row(0)
            cells.append(Cell(number(value), "", "" if published is None else number(published)))
        lines.append(Line(cells))
    bracketed = " In brackets: published values." if table["published"].count() else ""
    return Grid(title, columns, lines, [f"{metric_name(table['metric'][0])}.{bracketed}"])
