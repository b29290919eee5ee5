"""Whether released systems have their published values here."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from tasb.files import whole, write_text
from tasb.jobs import Job, log
from tasb.tables.grid import Cell, Column, Grid, Line, metric_name, number
from tasb.tables.render import html, latex, markdown

SCHEMA = {
    "table": pl.String, "system": pl.String, "source": pl.String, "query_set": pl.String,
    "metric": pl.String, "value": pl.Float64, "published": pl.Float64, "difference": pl.Float64,
    "band": pl.Float64, "within": pl.Boolean,
}  # fmt: skip


def make(job: Job) -> None:
    """Make a table of known values, see `tasb.tables.known_artifact.known_table`."""
    recipe, files = job.recipe, job.files("metrics")
    count = len(recipe["query_sets"])
    lines = []
    for place, row in enumerate(recipe["systems"]):
        own = dict(zip(recipe["query_sets"], files[count * place : count * (place + 1)]))
        lines += compared(row, {name: pl.read_parquet(path) for name, path in own.items()})
    found = pl.DataFrame([{"table": recipe["name"], **line} for line in lines], schema=SCHEMA)
    with whole(job.output("data")) as part:
        found.write_parquet(part)
    for line in found.filter(~pl.col("within")).iter_rows(named=True):
        log.warning("%s, %s, %s: %.4f, published %.4f", line["system"], line["query_set"],
                    line["metric"], line["value"] or 0.0, line["published"])  # fmt: skip
    grid = grid_of(recipe["title"], recipe["systems"], found, recipe["collection"])
    for name, render in (("markdown", markdown), ("latex", latex), ("html", html)):
        write_text(job.output(name), render(grid))


def compared(row: Mapping[str, Any], means: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """Return a line for each published value of a system.

    Args:
        row: system, source, values, band.
        means: metric, value; by query set.
    """
    lines = []
    for query_set, values in row["values"].items():
        for metric, published in values.items():
            mean = means[query_set].row(by_predicate=pl.col("metric") == metric, named=True)
            value = mean["value"]
            difference = None if value is None else value - published
            lines.append({
                "system": row["system"], "source": row["source"], "query_set": query_set,
                "metric": metric, "value": value, "published": published, "band": row["band"],
                "difference": difference,
                "within": difference is not None and abs(difference) <= row["band"],
            })  # fmt: skip
    return lines


def grid_of(
    title: str, systems: list[Mapping[str, Any]], found: pl.DataFrame, collection: str
) -> Grid:
    """Arrange the values: a line for each, and whether it is within its band."""
    numbers = ("Here", "Published", "Difference", "Band")
    columns = [Column("System"), Column("Query set"), Column("Metric"),
               *(Column(name, numbers=True) for name in numbers),
               Column("Within"), Column("Published in")]  # fmt: skip
    labels = {row["system"]: row["label"] for row in systems}
    lines = []
    for row in found.iter_rows(named=True):
        difference = "–" if row["difference"] is None else f"{row['difference']:+.4f}"
        value = "–" if row["value"] is None else f"{row['value']:.4f}".removeprefix("0")
        texts = (
            labels[row["system"]], row["query_set"], metric_name(row["metric"]), value,
            f"{row['published']:.4f}".removeprefix("0"), difference, number(row["band"]),
            "yes" if row["within"] else "no", row["source"],
        )  # fmt: skip
        lines.append(Line([Cell(text) for text in texts]))
    passed = found["within"].sum()
    note = f"Collection '{collection}': {passed} of {found.height} values are within their bands."
    return Grid(title, columns, lines, [note])
