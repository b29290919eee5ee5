"""Times of the stages of a system, batch after batch of queries."""

import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.collection.tables import read_ids, read_text_column
from tasb.files import whole
from tasb.jobs import Job, function, log, progress
from tasb.seeds import stream

if TYPE_CHECKING:
    import torch

SCHEMA = {
    "system": pl.String,
    "stage": pl.String,
    "repetition": pl.Int64,
    "queries": pl.Int64,
    "seconds": pl.Float64,
}


class Asked(NamedTuple):
    """A batch of queries."""

    positions: npt.NDArray[np.int64]
    ids: list[str]
    texts: list[str]


Stage = tuple[str, Callable[[Any], Any]]
"""What a stage is called, and what it does: the first one takes `Asked`, each of the others what
the one before it returns."""
Opened = tuple[Sequence[Stage], Callable[[], None]]
"""The stages of a system, and a function that returns when the device has done its work."""


def waiting(on: "torch.device | None") -> Callable[[], None]:
    """Return a function that waits for a device; a CPU is done when a call is back."""
    if on is None or on.type != "cuda":
        return lambda: None
    return import_module("torch").cuda.synchronize  # type: ignore[no-any-return]


def make(job: Job) -> None:
    """Measure a system's stages, and write the seconds of each repetition."""
    recipe, queries = job.recipe, job.file("queries")
    ids, texts = read_ids(queries), [text for part in read_text_column(queries) for text in part]
    stages, wait = function(recipe["stages"])(job)
    random, size = stream(recipe["seed"]), min(recipe["batch"], len(ids))
    count = recipe["warm_up"] + recipe["repetitions"]
    drawn = (np.sort(random.choice(len(ids), size, replace=False)) for _ in range(count))
    asked = (Asked(rows, [ids[row] for row in rows], [texts[row] for row in rows])
             for rows in drawn)  # fmt: skip
    found = measure(
        stages, progress(asked, count, "batches timed"), recipe["warm_up"], time.perf_counter, wait
    )
    table = found.with_columns(system=pl.lit(recipe["system"])).select(*SCHEMA)
    for stage, seconds in table.group_by("stage", maintain_order=True).agg("seconds").rows():
        log.info("%s: %.1f ms a batch, median", stage, 1000 * float(np.median(seconds)))
    with whole(job.output("times")) as part:
        table.write_parquet(part)


def measure(
    stages: Sequence[Stage],
    batches: Iterable[Asked],
    warm_up: int,
    clock: Callable[[], float],
    wait: Callable[[], None],
) -> pl.DataFrame:
    """Return the seconds of each stage for each batch but the first ones.

    Args:
        stages: in order.
        batches: of queries.
        warm_up: batches that are not counted.
        clock: returns seconds.
        wait: returns when the device has done all that was asked of it.

    Returns:
        stage, repetition, queries, seconds.
    """
    rows = []
    for number, asked in enumerate(batches):
        state: Any = asked
        wait()
        before = clock()
        for name, stage in stages:
            state = stage(state)
            wait()
            now = clock()
            rows.append((name, number - warm_up, len(asked.positions), now - before))
            before = now
    names = ["stage", "repetition", "queries", "seconds"]
    counted = [row for row in rows if row[1] >= 0]
    return pl.DataFrame(counted, schema={name: SCHEMA[name] for name in names}, orient="row")


def summed(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the total seconds of a pipeline: stage by stage, and all of them together.

    Systems that it rests on are measured one by one; the total of repetition i adds up their
    repetitions i.

    Args:
        tables: `SCHEMA`, of each system.

    Returns:
        stage, repetition, seconds; ``total`` among the stages.
    """
    every = pl.concat(tables).select("stage", "repetition", "seconds")
    total = every.group_by("repetition").agg(pl.col("seconds").sum())
    total = total.select(pl.lit("total").alias("stage"), "repetition", "seconds")
    stages = every.group_by("stage", "repetition", maintain_order=True).agg(pl.col("seconds").sum())
    return pl.concat([stages, total.sort("repetition")])


STATISTICS = {"average": "Average", "median": "Median", "p95": "95th", "p99": "99th"}
"""What is told of the repetitions, and how it is headed; percentiles are interpolated."""


def statistics(seconds: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return `STATISTICS` of some times, in milliseconds."""
    values = 1000 * seconds
    p95, p99 = np.percentile(values, [95, 99])
    return {"average": float(values.mean()), "median": float(np.median(values)),
            "p95": float(p95), "p99": float(p99)}  # fmt: skip
