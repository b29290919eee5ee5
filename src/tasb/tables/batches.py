"""What Figure 2 shows: topics and teacher margins in the batches of each sampler."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.plans.pairs import bin_of
from tasb.plans.plan import Batch, read_plan
from tasb.teachers.stored import StoredMargins

SCHEMA = {
    "sampler": pl.String,
    "measure": pl.String,
    "batch": pl.Int64,
    "from": pl.Float64,
    "to": pl.Float64,
    "value": pl.Float64,
}
SHOWN = 24
"""Batches whose topics are drawn."""
INTERVALS = 40
"""Intervals of a histogram."""

Line = tuple[str, int | None, float | None, float | None, float | None]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """What was drawn in the first batches of a run."""

    topics: list[list[int]]
    """Of each batch, the sizes of its topics, largest first."""
    query: npt.NDArray[np.int32]
    """(pairs,) positions of the queries of all sampled pairs."""
    pairwise: Floats
    """(pairs,) margins of the sampled pairs by the pairwise teacher."""
    in_batch: Floats
    """Margins of the own positive over every other query's passages, by the in-batch teacher;
    empty where its scores are not stored."""


def sample(
    plan: str | Path, scores: str | Path | None, topic_of: npt.NDArray[np.int64], steps: int
) -> Sample:
    """Read the first batches of a run.

    Args:
        plan: first file of its plan.
        scores: first file of the in-batch scores, if they are stored.
        topic_of: (queries,) topic of each training query.
        steps: batches to read at most.
    """
    teacher = StoredMargins([scores]) if scores is not None else None
    topics: list[list[int]] = []
    query, pairwise = [], []
    in_batch: list[Floats] = [np.empty(0)]
    for batch in islice(read_plan([plan], 0, steps), steps):
        sizes = np.unique(topic_of[batch.query], return_counts=True)[1]
        topics.append(sorted(sizes.tolist(), reverse=True))
        query.append(batch.query)
        if batch.margin is not None:
            pairwise.append(batch.margin.astype(np.float64))
        if teacher is not None:
            in_batch.append(_of_others(teacher, batch))
    return Sample(topics, np.concatenate(query), np.concatenate(pairwise), np.concatenate(in_batch))


def _of_others(teacher: StoredMargins, batch: Batch) -> Floats:
    """Return the margins over the passages of all other queries of the batch.

    A query that was drawn twice is no other one, nor is the own positive another passage.
    """
    passage = np.concatenate((batch.positive, batch.negative))
    others = np.tile(batch.query[:, None] != batch.query, 2)
    others &= passage != batch.positive[:, None]
    over_others: Floats = -teacher.margins(batch)[others].astype(np.float64)
    return over_others


def margin_ranges(pairs: str | Path) -> pl.DataFrame:
    """Return query, low, high: the range of each query's margins (Eq. 12)."""
    margin = pl.col("positive_score") - pl.col("negative_score")
    grouped = pl.scan_parquet(pairs).select("query", margin=margin).group_by("query")
    ranges = grouped.agg(low=pl.col("margin").min(), high=pl.col("margin").max())
    return ranges.sort("query").collect(engine="streaming")


def fill(found: Sample, ranges: pl.DataFrame, bins: int) -> Floats:
    """Return the share of the sampled pairs in each margin bin of their query, (bins,)."""
    row = np.searchsorted(ranges["query"].to_numpy(), found.query)
    low, high = ranges["low"].to_numpy()[row], ranges["high"].to_numpy()[row]
    index = bin_of(found.pairwise.astype(np.float32), low, high - low, bins)
    counts = np.bincount(index, minlength=bins)
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def purity(found: Sample) -> float:
    """Return the mean share of a batch that belongs to its largest topic."""
    return float(np.mean([sizes[0] / sum(sizes) for sizes in found.topics]))


def histogram(values: Floats, edges: Floats) -> list[tuple[float, float, float]]:
    """Return (from, to, share of the values) of each interval; the outer ones are open."""
    inside = values.clip(edges[0], edges[-1])
    shares = np.histogram(inside, edges)[0] / len(values)
    return list(zip(edges.tolist(), edges[1:].tolist(), shares.tolist()))


def edges_of(all_values: Sequence[Floats]) -> Floats:
    """Return interval edges that hold all but the outermost values of all samplers."""
    pooled = np.concatenate([values for values in all_values if len(values)] or [np.zeros(1)])
    low, high = np.quantile(pooled, [0.002, 0.998])
    return np.linspace(low, max(high, low + 1e-6), INTERVALS + 1)


def measures(
    found: Sample, ranges: pl.DataFrame, bins: int, edges: dict[str, Floats]
) -> list[Line]:
    """Return the lines (measure, batch, from, to, value) of a sampler."""
    lines: list[Line] = [("batches read", None, None, None, float(len(found.topics)))]
    lines.append(("topic purity", None, None, None, purity(found)))
    lines.append(("topics in a batch", None, None, None, float(np.mean([*map(len, found.topics)]))))
    for number, sizes in enumerate(found.topics[:SHOWN]):
        ends = np.cumsum([0, *sizes]).tolist()
        lines += [("queries of a topic", number, begin, end, float(end - begin))
                  for begin, end in zip(ends, ends[1:])]  # fmt: skip
    for number, share in enumerate(fill(found, ranges, bins)):
        lines.append(("pairs in a margin bin", None, number, number + 1, float(share)))
    for name, values in (("pairwise", found.pairwise), ("in-batch", found.in_batch)):
        if len(values):
            above = float((values < 0).mean())
            lines.append((f"{name} mean margin", None, None, None, float(values.mean())))
            lines.append((f"{name} negatives above the positive", None, None, None, above))
            lines += [(f"{name} margin", None, *part) for part in histogram(values, edges[name])]
    return lines


def batch_measures(samples: dict[str, Sample], ranges: pl.DataFrame, bins: int) -> pl.DataFrame:
    """Return the measures of all samplers; columns as in `SCHEMA`.

    Measures without an interval are means over the batches that were read. Where in-batch
    scores are not stored, there are no in-batch measures.
    """
    edges = {
        "pairwise": edges_of([found.pairwise for found in samples.values()]),
        "in-batch": edges_of([found.in_batch for found in samples.values()]),
    }
    rows = [(label, *line) for label, found in samples.items()
            for line in measures(found, ranges, bins, edges)]  # fmt: skip
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
