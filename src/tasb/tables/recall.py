"""Figure 3: recall at many cutoffs, one line a system."""

from collections.abc import Mapping
from itertools import product

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

from tasb.files import whole
from tasb.jobs import Job
from tasb.metrics.evaluate import evaluate
from tasb.tables.config import RecallCurves
from tasb.tables.svg import COLOURS, MARKERS, save

STYLES = list(product(("-", "--"), zip(COLOURS, MARKERS)))
"""Each line has another pair of stroke and marker, so that it is known without its colour."""


def make(job: Job) -> None:
    """Make Figure 3, see `tasb.tables.figures.RecallFigure`."""
    settings = RecallCurves.model_validate(job.recipe["figure"])
    rankings = {row.label: pl.read_parquet(path)
                for row, path in zip(settings.rows, job.files("rankings"))}  # fmt: skip
    qrels = pl.read_parquet(job.file("qrels"))
    found = recall_curves(rankings, qrels, settings.cutoffs, job.recipe["level"])
    with whole(job.output("data")) as part:
        found.write_parquet(part)
    title = f"{settings.title}, query set '{settings.query_set}'"
    save(draw(found, title, settings.cutoffs), job.output("figure"))


def recall_curves(
    rankings: Mapping[str, pl.DataFrame], qrels: pl.DataFrame, cutoffs: list[int], level: int
) -> pl.DataFrame:
    """Return the mean recall of each ranking at each cutoff that it reaches.

    Args:
        rankings: query_id, passage_id, score, rank; by label.
        qrels: query_id, passage_id, grade.
        cutoffs: ranks.
        level: lowest grade that is relevant.

    Returns:
        label, cutoff, recall, queries; a ranking that is less deep than a cutoff has no row of it,
        but one at its own depth.
    """
    frames = []
    for label, ranking in rankings.items():
        depth = int(ranking.group_by("query_id").len()["len"].max() or 0)  # type: ignore[arg-type]
        reached = sorted({min(cutoff, depth) for cutoff in cutoffs} - {0})
        values = evaluate(ranking, qrels, [f"recall@{cutoff}" for cutoff in reached], level)
        means = values.group_by("metric", maintain_order=True).agg(
            recall=pl.col("value").mean(), queries=pl.len().cast(pl.Int64)
        )
        cutoff = pl.col("metric").str.strip_prefix("recall@").cast(pl.Int64)
        frames.append(means.select(pl.lit(label).alias("label"), cutoff.alias("cutoff"),
                                   "recall", "queries"))  # fmt: skip
    return pl.concat(frames)


def draw(found: pl.DataFrame, title: str, cutoffs: list[int]) -> Figure:
    """Draw the curves, and name them to the right from the highest end to the lowest.

    Args:
        found: see `recall_curves`.
        title: of the figure.
        cutoffs: that the axis shows, as far as a curve reaches them.
    """
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    labels = found["label"].unique(maintain_order=True).to_list()
    ends = {}
    for label, (stroke, (colour, marker)) in zip(labels, STYLES):
        own = found.filter(pl.col("label") == label)
        (line,) = axes.plot(own["cutoff"], own["recall"], color=colour, marker=marker,
                            linestyle=stroke, markersize=5, linewidth=1.4)  # fmt: skip
        ends[label] = (own["recall"][-1], line)
    order = sorted(labels, key=lambda label: -ends[label][0])
    axes.legend([ends[label][1] for label in order], order, loc="center left",
                bbox_to_anchor=(1.01, 0.5), frameon=False, handlelength=3.5)  # fmt: skip
    axes.set_xscale("log")
    deepest = int(found["cutoff"].max())  # type: ignore[arg-type]
    axes.set_xticks([cutoff for cutoff in cutoffs if cutoff <= deepest] or [deepest])
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(title=title, xlabel="Cutoff", ylabel="Recall", ylim=(0, 1.02))
    axes.grid(color="#DDDDDD", linewidth=0.6)
    return figure
