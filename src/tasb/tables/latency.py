"""Table 1: what each stage of a system takes, for batches of several sizes."""

from collections.abc import Mapping

import polars as pl

from tasb.files import read_json, whole, write_text
from tasb.jobs import Job
from tasb.latency.measure import STATISTICS, statistics, summed
from tasb.tables.grid import Cell, Column, Grid, Line
from tasb.tables.render import html, latex, markdown
from tasb.tables.table import read_paper

PUBLISHED = {
    ("query encoding", "average"): "query_encoding_average_ms",
    ("query encoding", "p99"): "query_encoding_p99_ms",
    ("retrieval", "average"): "retrieval_average_ms",
    ("retrieval", "p99"): "retrieval_p99_ms",
    ("total", "average"): "total_average_ms",
    ("total", "p99"): "total_p99_ms",
}
"""What the paper prints: its name of a stage's statistic."""
SCHEMA = {
    "table": pl.String, "batch": pl.Int64, "queries": pl.Int64, "repetitions": pl.Int64,
    "stage": pl.String, "statistic": pl.String, "value": pl.Float64, "paper": pl.Float64,
}  # fmt: skip


def make(job: Job) -> None:
    """Make a table of latencies, see `tasb.tables.latency_artifact.latency_table`."""
    recipe, paper = job.recipe, job.optional("paper")
    theirs = _published(paper) if paper else {}
    frames = [_cells(recipe["name"], row["batch"], row["files"], theirs) for row in recipe["rows"]]
    cells = pl.concat(frames)
    with whole(job.output("data")) as part:
        cells.write_parquet(part)
    records = [read_json(path) for path in job.files("made")]
    devices = {record["device"] for record in records if "device" in record} or {"cpu"}
    grid = grid_of(recipe["title"], cells, _notes(recipe, sorted(devices), bool(theirs)))
    for name, render in (("markdown", markdown), ("latex", latex), ("html", html)):
        write_text(job.output(name), render(grid))


def _published(path: str) -> dict[str, float]:
    """Return the paper's values by row and statistic, such as ``batch-1/total_p99_ms``."""
    key = pl.concat_str("row", "metric", separator="/")
    return dict(read_paper(path).select(key, "value").iter_rows())


def _cells(name: str, batch: int, files: list[str], theirs: Mapping[str, float]) -> pl.DataFrame:
    """Return the statistics of all stages for a batch size; columns as in `SCHEMA`."""
    tables = [pl.read_parquet(path) for path in files]
    rows = []
    for (stage,), own in summed(tables).group_by("stage", maintain_order=True):
        for statistic, value in statistics(own["seconds"].to_numpy()).items():
            paper = theirs.get(f"batch-{batch}/{PUBLISHED.get((str(stage), statistic), '')}")
            rows.append((name, batch, tables[0]["queries"][0], own.height, stage, statistic,
                         value, paper))  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _notes(recipe: Mapping[str, object], devices: list[str], paper: bool) -> list[str]:
    brackets = " In brackets: the paper's, on a TITAN RTX." if paper else ""
    return [
        f"System '{recipe['system']}', collection '{recipe['collection']}', on "
        f"{', '.join(devices)}; nothing else ran. Percentiles of the repetitions, after a "
        f"warm-up; the total is that of each repetition.{brackets}"
    ]


def grid_of(title: str, cells: pl.DataFrame, notes: list[str]) -> Grid:
    """Arrange the statistics: a row for each stage, the stages of a batch size together."""
    columns = [Column("Batch size", numbers=True), Column("Stage"),
               *(Column(f"{name} (ms)", numbers=True) for name in STATISTICS.values())]  # fmt: skip
    lines = []
    for (_, stage), own in cells.group_by("batch", "stage", maintain_order=True):
        size, count = own["queries"][0], own["repetitions"][0]
        heading = f"{size:,} at a time, {count:,} times" if stage == cells["stage"][0] else None
        values = [Cell(milliseconds(value), "", milliseconds(paper) if paper is not None else "")
                  for value, paper in own.select("value", "paper").rows()]  # fmt: skip
        lines.append(Line([Cell(f"{size:,}"), Cell(str(stage)), *values], heading))
    return Grid(title, columns, lines, notes)


def milliseconds(value: float) -> str:
    """Return a time as it is printed: to a tenth below ten, to a hundredth below one."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"
