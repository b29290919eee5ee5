"""A table of claims, each with the figures that bear on it and whether it holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tasb.collection.tables import count_texts
from tasb.files import read_json, whole, write_text
from tasb.jobs import Job
from tasb.latency.measure import statistics, summed
from tasb.metrics.evaluate import evaluate
from tasb.tables.grid import Cell, Column, Grid, Line, metric_name, number
from tasb.tables.latency import milliseconds
from tasb.tables.render import html, latex, markdown

HOLDS, FAILS, UNTESTED = "holds", "does not hold", "cannot be tested here"


class Judged(NamedTuple):
    """What was found of a claim."""

    figures: str
    verdict: str
    reason: str = ""


@dataclass(frozen=True)
class Here:
    """The collection that claims are held against."""

    sets: Mapping[str, int]
    """Its query sets, with their levels of relevance."""
    passages: int
    least: int
    """Passages from which times can be compared."""

    def timed(self, figures: str, holds: bool) -> Judged:
        """Judge a claim on times."""
        if self.passages < self.least:
            why = f"{self.passages:,} passages; the claim is made for {self.least:,} and more"
            return Judged(figures, UNTESTED, why)
        return Judged(figures, HOLDS if holds else FAILS)


Row = Mapping[str, Any]


def make(job: Job) -> None:
    """Make a table of claims, see `tasb.tables.claims_artifact.claims_table`."""
    recipe = job.recipe
    here = Here(dict(recipe["query_sets"]), count_texts(job.file("texts")), recipe["passages"])
    found = [(row, JUDGES[row["kind"]](row, here)) for row in recipe["rows"]]
    lines = [{"table": recipe["name"], "claim": row["text"], "source": row["source"],
              **judged._asdict()} for row, judged in found]  # fmt: skip
    with whole(job.output("data")) as part:
        pl.DataFrame(lines).write_parquet(part)
    grid = grid_of(recipe["title"], recipe["collection"], found)
    for name, render in (("markdown", markdown), ("latex", latex), ("html", html)):
        write_text(job.output(name), render(grid))


def _means(files: list[str], metric: str) -> list[float | None]:
    """Return a metric on each query set."""
    return [pl.read_parquet(path).row(by_predicate=pl.col("metric") == metric, named=True)["value"]
            for path in files]  # fmt: skip


def gain(row: Row, here: Here) -> Judged:
    """Judge by how much a system exceeds another one, on every query set."""
    pairs = [*zip(*(_means(row["files"][name], row["metric"]) for name in ("system", "against")))]
    gains = [None if own is None or not other else 100 * (own / other - 1) for own, other in pairs]
    if None in gains:
        return Judged("–", UNTESTED, "a value is missing, or nothing to exceed")
    shown = ", ".join(
        f"{name} {number(own)} against {number(other)}: {value:+.0f} %"
        for name, (own, other), value in zip(here.sets, pairs, gains)
    )
    holds = all(value is not None and value >= row["percent"] for value in gains)
    return Judged(f"{metric_name(row['metric'])}: {shown}", HOLDS if holds else FAILS)


def recall(row: Row, here: Here) -> Judged:
    """Judge at how many cutoffs a system's recall exceeds that of all others, on every set."""
    count, shown, holds = len(here.sets), [], True
    for place, (name, level) in enumerate(here.sets.items()):
        qrels = pl.read_parquet(row["files"]["qrels"][place])
        names = [f"recall@{cutoff}" for cutoff in row["cutoffs"]]
        values = []
        for path in row["files"]["rankings"][place::count]:
            found = evaluate(pl.read_parquet(path), qrels, names, level)
            means = found.group_by("metric", maintain_order=True).agg(pl.col("value").mean())
            values.append(means["value"].to_numpy())
        above = values[0] >= np.max(values[1:], axis=0)
        holds = holds and bool(above.all())
        shown.append(f"{name}: at {above.sum()} of {len(above)} cutoffs")
    return Judged(", ".join(shown), HOLDS if holds else FAILS)


def latency(row: Row, here: Here) -> Judged:
    """Judge the mean time of one query."""
    files = row["files"]["times"]
    if not files:
        return Judged("–", UNTESTED, "it rests on a run file")
    total = summed([pl.read_parquet(path) for path in files]).filter(pl.col("stage") == "total")
    found = statistics(total["seconds"].to_numpy())["average"]
    return here.timed(f"{milliseconds(found)} ms", found <= row["milliseconds"])


def _seconds(files: list[str]) -> float:
    return float(sum(read_json(path)["seconds"] for path in files))


def hours(row: Row, here: Here) -> Judged:
    """Judge the time of a training."""
    seconds = _seconds(row["files"]["made"])
    return here.timed(_duration(seconds), seconds <= 3600 * row["hours"])


def clustering(row: Row, here: Here) -> Judged:
    """Judge the time of encoding and clustering the queries."""
    seconds = _seconds(row["files"]["made"])
    return here.timed(_duration(seconds), seconds <= 60 * row["minutes"])


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def spread(row: Row, here: Here) -> Judged:
    """Judge the sample's standard deviation of several trainings, on every query set."""
    count, files = len(here.sets), row["files"]["means"]
    groups = [_means(files[place::count], row["metric"]) for place in range(count)]
    if any(value is None for values in groups for value in values):
        return Judged("–", UNTESTED, "a value is missing")
    deviations = [float(np.std(np.array(values, float), ddof=1)) for values in groups]
    shown = ", ".join(f"{name} {value:.4f}" for name, value in zip(here.sets, deviations))
    holds = max(deviations) < row["below"]
    return Judged(f"{metric_name(row['metric'])}: {shown}", HOLDS if holds else FAILS)


def speed_up(row: Row, here: Here) -> Judged:
    """Judge how many times as fast a training is."""
    own, other = (_seconds(row["files"][name]) for name in ("run", "against"))
    shown = f"{_duration(own)} against {_duration(other)}: {other / own:.1f} times"
    return here.timed(shown, other / own >= row["times"])


JUDGES: dict[str, Callable[[Row, Here], Judged]] = {
    "gain": gain,
    "recall": recall,
    "latency": latency,
    "hours": hours,
    "clustering": clustering,
    "spread": spread,
    "speed-up": speed_up,
}


def grid_of(title: str, collection: str, found: list[tuple[Row, Judged]]) -> Grid:
    """Arrange the claims, the figures and the verdicts."""
    columns = [Column(name) for name in ("Claim", "Where", "Here", "Verdict")]
    lines = [
        Line([Cell(row["text"]), Cell(row["source"]), Cell(judged.figures),
              Cell(": ".join(part for part in (judged.verdict, judged.reason) if part))])
        for row, judged in found
    ]  # fmt: skip
    notes = [
        f"Figures of collection '{collection}'. A gain, a recall or a spread holds if it does on "
        "every query set. A time is judged where the collection is as large as the claim's."
    ]
    return Grid(title, columns, lines, notes)
