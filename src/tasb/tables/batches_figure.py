"""Figure 2: the batches of each sampler, one row of panels a sampler."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from matplotlib.figure import Figure

from tasb.files import whole
from tasb.jobs import Job
from tasb.tables.batches import batch_measures, margin_ranges, sample
from tasb.tables.config import BatchMeasures
from tasb.tables.svg import COLOURS, GREY, save

PANELS = (
    "Topics in the first batches", "Margin bins of the pairs",
    "Margins of the pairs", "Margins over other queries' passages",
)  # fmt: skip


def make(job: Job) -> None:
    """Make Figure 2, see `tasb.tables.figures.BatchesFigure`."""
    recipe, settings = job.recipe, BatchMeasures.model_validate(job.recipe["figure"])
    clusters = pl.read_parquet(job.file("clusters")).sort("query")
    topic_of = np.full(int(clusters["query"].max()) + 1, -1)  # type: ignore[arg-type]
    topic_of[clusters["query"].to_numpy()] = clusters["cluster"].to_numpy()
    scores = iter(job.files("scores"))
    samples = {
        row.label: sample(plan, next(scores) if stored else None, topic_of, recipe["steps"])
        for row, plan, stored in zip(settings.rows, job.files("plans"), recipe["stored"])
    }
    found = batch_measures(samples, margin_ranges(job.file("pairs")), recipe["bins"])
    with whole(job.output("data")) as part:
        found.write_parquet(part)
    save(draw(found, settings.title, recipe["teachers"]), job.output("figure"))


def draw(found: pl.DataFrame, title: str, teachers: Mapping[str, str | None]) -> Figure:
    """Draw the measures of all samplers.

    Args:
        found: see `tasb.tables.batches.batch_measures`.
        title: of the figure.
        teachers: names of the ``pairwise`` and the ``in-batch`` teacher.
    """
    samplers = found["sampler"].unique(maintain_order=True).to_list()
    figure = Figure(figsize=(14, 2.6 * len(samplers) + 0.6), layout="constrained")
    figure.suptitle(f"{title} ({_scalar(found, 'batches read'):,.0f} batches)")
    grid = figure.subplots(len(samplers), 4, sharex="col", sharey="col", squeeze=False)
    for row, sampler in zip(grid, samplers):
        own = found.filter(pl.col("sampler") == sampler)
        _topics(row[0], own)
        _bins(row[1], own)
        _margins(row[2], own, "pairwise", COLOURS[0])
        _margins(row[3], own, "in-batch", COLOURS[3])
        row[0].set_ylabel(f"{sampler}\n\nqueries")
        row[0].yaxis.get_major_locator().set_params(integer=True)
        row[1].set_ylabel("share of pairs")
        row[2].set_ylabel("share of pairs")
        row[3].set_ylabel("share of passages")
    for panel, name in zip(grid[0], PANELS):
        panel.set_title(f"{name}\n{panel.get_title()}", fontsize=10)
    for panel, label in zip(grid[-1], _labels(teachers)):
        panel.set_xlabel(label)
    return figure


def _labels(teachers: Mapping[str, str | None]) -> list[str]:
    return [
        "batch (a block: queries of one topic)",
        "margin bin of the query, easy pairs right",
        f"margin by {teachers['pairwise']}",
        f"margin by {teachers['in-batch']}",
    ]


def _scalar(own: pl.DataFrame, measure: str) -> float:
    return float(own.filter(pl.col("measure") == measure)["value"][0])


def _topics(panel: Any, own: pl.DataFrame) -> None:
    """Stack the topics of each batch, the largest at the bottom in colour."""
    parts = own.filter(pl.col("measure") == "queries of a topic")
    for batch, begin, count in parts.select("batch", "from", "value").iter_rows():
        colour = COLOURS[0] if begin == 0 else "#CCCCCC"
        panel.bar(batch, count, 0.85, begin, color=colour, edgecolor="white", linewidth=0.4)
    purity, topics = _scalar(own, "topic purity"), _scalar(own, "topics in a batch")
    panel.set_title(f"largest topic {purity:.0%}, {topics:.1f} topics", fontsize=9)


def _bins(panel: Any, own: pl.DataFrame) -> None:
    parts = own.filter(pl.col("measure") == "pairs in a margin bin")
    panel.bar(parts["to"], parts["value"], 0.85, color=COLOURS[2])
    fullest, emptiest = max(parts["value"]), min(parts["value"])
    panel.set_title(f"fullest bin {fullest:.0%}, emptiest {emptiest:.0%}", fontsize=9)


def _margins(panel: Any, own: pl.DataFrame, teacher: str, colour: str) -> None:
    """Draw a histogram of margins, with a line where positive and negative are equal."""
    parts = own.filter(pl.col("measure") == f"{teacher} margin")
    if parts.height == 0:
        panel.text(0.5, 0.5, "scores are not stored", transform=panel.transAxes, ha="center")
        return
    panel.stairs(parts["value"], [*parts["from"], parts["to"][-1]], fill=True, color=colour)
    panel.axvline(0, color=GREY, linewidth=1, linestyle="--")
    mean = _scalar(own, f"{teacher} mean margin")
    above = _scalar(own, f"{teacher} negatives above the positive")
    panel.set_title(f"mean {mean:.1f}, {above:.1%} above the positive", fontsize=9)
