"""A table of costs: what each training took, as its jobs measured it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from tasb.files import read_json, whole, write_text
from tasb.jobs import Job
from tasb.tables.config import MEASURES
from tasb.tables.grid import Cell, Column, Grid, Line, metric_name, number
from tasb.tables.render import html, latex, markdown
from tasb.tables.table import PUBLISHED_ONLY
from tasb.vectors.shards import count_vectors

WORDS = {
    "batch_size": ["batch_size"],
    "peak_memory": ["min_gpu"],
    "teacher": ["kd_teacher"],
    "teacher_passes": ["teacher_passes_per_sample"],
    "refreshes": ["index_refresh"],
    "first_seconds": ["misc_costs"],
}
"""What the paper says of a measure, by the columns of its table."""
GIVEN = ("batch_size", "teacher", "passage_passes", "refreshes", "index")
"""What the config says of a training."""
NOTES = (
    "Measured where each job ran, alone or next to another one; the paper's words are in brackets. "
    "A sample is a query of a batch.",
    "Teacher passes: scores of pairs that were made, over samples, and the three texts of a sample "
    "that an in-batch teacher encodes. Passage passes: of the model in training, once more where "
    "gradients are cached.",
    "Training: its own jobs; of generations, also what is encoded, searched and mined between "
    "them. Before it: all other jobs that it rests on.",
)

Values = dict[str, Any]


def make(job: Job) -> None:
    """Make a table of costs, see `tasb.tables.costs_artifact.costs_table`."""
    recipe, paper = job.recipe, _paper(job.optional("paper"))
    metrics = iter(_groups(job.files("metrics"), recipe["sets"]))
    base = sum(_seconds(recipe["compared_with"]))
    rows, table = [], recipe["table"]
    for row in recipe["rows"]:
        values = measured(row, base) if "run" in row else {}
        if "run" in row and table["metrics"]:
            values |= _means(next(metrics)[0], table["metrics"])
        rows.append((row, values))
    with whole(job.output("data")) as part:
        _data(recipe["name"], table, rows).write_parquet(part)
    grid = grid_of(table, rows, paper, recipe["query_set"])
    for name, render in (("markdown", markdown), ("latex", latex), ("html", html)):
        write_text(job.output(name), render(grid))


def measured(row: Mapping[str, Any], base: float) -> Values:
    """Return the measures of a training.

    Args:
        row: see `tasb.tables.costs_artifact`.
        base: own seconds of the run that shares are of; 0 for none.
    """
    times = read_json(row["times"])
    seconds, samples = times["seconds"], times["steps"] * row["batch_size"]
    own = sum(_seconds(row["own"]))
    scores = sum(_scores(path) for path in row["scored"])
    values = {
        **{name: row[name] for name in GIVEN},
        "peak_memory": times["peak_memory_megabytes"],
        "teacher_passes": round(scores / samples + row["in_batch"], 2),
        "clustering": round(sum(_seconds(row["clusters"])), 1),
        "own_seconds": round(own, 1),
        "first_seconds": round(sum(_seconds(row["first"])), 1),
        "samples_per_second": round(samples / seconds, 1),
        "steps_per_second": round(times["steps"] / seconds, 2),
    }  # fmt: skip
    if base:
        values["share"] = round(own / base, 3)
    if row["files"]:
        values["bytes"] = _bytes(row["files"])
    return values


def _seconds(sidecars: Iterable[str]) -> list[float]:
    return [read_json(path)["seconds"] for path in sidecars]


def _scores(path: str) -> int:
    """Return how many scores of pairs a file holds; each pair was scored once."""
    table = pq.ParquetFile(path)
    if "positive" not in table.schema_arrow.names:
        return int(table.metadata.num_rows)
    pairs = pl.scan_parquet(path)
    sides = [pairs.select("query", passage=pl.col(side)) for side in ("positive", "negative")]
    return int(pl.concat(sides).unique().select(pl.len()).collect().item())


def _bytes(files: list[str]) -> int:
    """Return the bytes that a passage takes: of an index, or of the vectors themselves."""
    if not files[0].endswith(".faiss"):
        return round(sum(Path(path).stat().st_size for path in files) / count_vectors(files))
    import faiss

    return round(Path(files[0]).stat().st_size / faiss.read_index(files[0]).ntotal)


def _groups(files: list[str], size: int) -> list[list[str]]:
    return [files[start : start + size] for start in range(0, len(files), size)]


def _means(path: str, metrics: list[str]) -> Values:
    means = pl.read_parquet(path)
    return {name: means.row(by_predicate=pl.col("metric") == name, named=True)["value"]
            for name in metrics}  # fmt: skip


def _paper(path: str | None) -> dict[tuple[str, str], str]:
    """Return the paper's words by row and column."""
    if path is None:
        return {}
    table = pl.read_csv(path, separator="\t", infer_schema=False)
    return {(row["row"], row["metric"]): row["value"] for row in table.iter_rows(named=True)}


def _data(name: str, table: Mapping[str, Any], rows: list[tuple[Any, Values]]) -> pl.DataFrame:
    lines = [
        {"table": name, "row": row["paper"] or row["run"], "run": row.get("run"), "measure": key,
         "value": None if values.get(key) is None else str(values[key]),
         "reason": "" if values else PUBLISHED_ONLY}
        for row, values in rows for key in (*table["measures"], *table["metrics"])
    ]  # fmt: skip
    names = ("table", "row", "run", "measure", "value", "reason")
    return pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String))


def grid_of(
    table: Mapping[str, Any],
    rows: list[tuple[Any, Values]],
    paper: Mapping[tuple[str, str], str],
    query_set: str,
) -> Grid:
    """Arrange the measures of all rows, the paper's words next to them."""
    columns = [Column(heading) for heading in table["columns"]]
    columns += [Column(MEASURES[name], numbers=name not in ("teacher", "index"))
                for name in table["measures"]]  # fmt: skip
    columns += [Column(metric_name(name), query_set, numbers=True) for name in table["metrics"]]
    lines = []
    for row, values in rows:
        cells = [Cell(label) for label in row["labels"]]
        for name in table["measures"]:
            words = [paper.get((row["paper"], column), "") for column in WORDS.get(name, [])]
            cells.append(Cell(_text(values.get(name)), "", "".join(words)))
        cells += [Cell(number(values.get(name))) for name in table["metrics"]]
        lines.append(Line(cells))
    notes = list(NOTES)
    if any(not values for _, values in rows):
        notes.append(f"–: {PUBLISHED_ONLY}")
    return Grid(table["title"], columns, lines, notes)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:,}"
