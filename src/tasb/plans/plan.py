"""A plan: the batches of a run, in order, in Parquet files of consecutive steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, progress
from tasb.plans.more import with_more
from tasb.plans.pairs import PairTable, read_pairs
from tasb.plans.sampler import Clusters, draw_batches

SCHEMA = pa.schema(
    [
        ("step", pa.int32()),
        ("query", pa.int32()),
        ("positive", pa.int32()),
        ("negatives", pa.list_(pa.int32())),
        ("margins", pa.list_(pa.float32())),
    ]
)
STEPS_AT_ONCE = 4096


@dataclass(frozen=True)
class Batch:
    """One batch of a plan; positions of queries and passages."""

    step: int
    query: npt.NDArray[np.int32]
    """(b,) positions among the training queries."""
    positive: npt.NDArray[np.int32]
    """(b,) positions of passages."""
    negative: npt.NDArray[np.int32]
    """(bn,) positions of passages, n of each query, query after query."""
    margin: npt.NDArray[np.float32] | None
    """(bn,) margins of the pairwise teacher, where there is one."""


def make(job: Job) -> None:
    """Draw the batches of a shard of a plan."""
    start, stop = job.recipe["steps"]
    clusters, path = job.optional("clusters"), job.output("plan")
    write_plan(job.file("pairs"), clusters, job.recipe, (start, stop), path)


def write_plan(
    pairs: str | Path,
    clusters: str | Path | None,
    settings: Mapping[str, Any],
    steps: tuple[int, int],
    path: str | Path,
) -> None:
    """Draw and write the batches of some consecutive steps.

    Args:
        pairs: the training pairs, scored or not.
        clusters: query, cluster; for the samplers that need them.
        settings: sampler (kind, perhaps clusters_per_batch and bins), batch_size,
            one_pair_queries, seed, scored_by where the pairs must carry scores, and negatives
            where a query has more than one.
        steps: first step, and the step after the last one.
        path: Parquet to write, see `SCHEMA`.

    Raises:
        TasbError: there are fewer queries than a batch needs, a query has no cluster, or pairs
            that must carry scores have none.
    """
    sampler, size, more = settings["sampler"], settings["batch_size"], settings.get("negatives", 1)
    drop = settings["one_pair_queries"] == "drop"
    table = read_pairs(pairs, sampler.get("bins", 1), drop, by_positive=more > 1)
    if table.margin is None and settings.get("scored_by") is not None:
        raise TasbError(
            "pairs: kind 'published' needs a pairs file with teacher scores (five columns: "
            "positive_score negative_score query positive negative); this one has ids alone"
        )
    if sampler["kind"] == "random-pairs":
        table = _pairs_as_items(table)
    if len(table.item_queries) < size:
        raise TasbError(
            f"batch_size: {size} is larger than the {len(table.item_queries)} training queries"
        )
    groups = Clusters.single(len(table.item_queries))
    if clusters is not None:
        groups = Clusters.of(_assignment(clusters, table))
    share = sampler.get("clusters_per_batch", 1)
    with whole(path) as part, pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
        chunks = range(*steps, STEPS_AT_ONCE)
        for start in progress(chunks, len(chunks), f"blocks of {STEPS_AT_ONCE} batches"):
            stop = min(start + STEPS_AT_ONCE, steps[1])
            drawn = draw_batches(table, groups, size, share, settings["seed"], start, stop)
            step = np.repeat(np.arange(start, stop), size)
            pairs_of = with_more(drawn.pair, table, more, settings["seed"], start)
            rows = _rows(table, step, drawn.item.ravel(), pairs_of)
            writer.write_batch(rows, row_group_size=len(rows))  # no batch in two row groups


def _pairs_as_items(table: PairTable) -> PairTable:
    """Make every pair an item of its own, to draw queries in proportion to their pairs."""
    count = len(table.positive)
    per_item = np.diff(table.group_pairs[table.item_groups])
    each = np.arange(count + 1)
    return PairTable(
        item_queries=np.repeat(table.item_queries, per_item),
        item_groups=each,
        group_pairs=each,
        positive=table.positive,
        negative=table.negative,
        margin=table.margin,
    )


def _assignment(clusters: str | Path, table: PairTable) -> npt.NDArray[np.int64]:
    """Return the cluster of each item's query."""
    frame = pl.read_parquet(clusters)
    of_query = np.full(int(table.item_queries.max()) + 1, -1, dtype=np.int64)
    known = frame.filter(pl.col("query") < len(of_query))
    of_query[known["query"].to_numpy()] = known["cluster"].to_numpy()
    assigned = of_query[table.item_queries]
    missing = int((assigned < 0).sum())
    if missing:
        raise TasbError(
            f"{clusters}: no cluster for {missing} of the {len(assigned)} training queries; "
            "delete the file to have it made again"
        )
    return assigned


def _rows(
    table: PairTable,
    step: npt.NDArray[np.int64],
    item: npt.NDArray[np.int64],
    pair: npt.NDArray[np.int64],
) -> pa.RecordBatch:
    """Return rows of a plan; pair is (rows, negatives), all of a row with one positive."""
    count, each = pair.shape
    bounds = pa.array(np.arange(0, count * each + 1, each, dtype=np.int32))
    margins = pa.nulls(count, SCHEMA.field("margins").type)
    if table.margin is not None:
        margins = pa.ListArray.from_arrays(bounds, pa.array(table.margin[pair.ravel()]))
    columns = [
        pa.array(step.astype(np.int32)),
        pa.array(table.item_queries[item].astype(np.int32)),
        pa.array(table.positive[pair[:, 0]]),
        pa.ListArray.from_arrays(bounds, pa.array(table.negative[pair.ravel()])),
        margins,
    ]
    return pa.record_batch(columns, SCHEMA)


def read_plan(shards: Sequence[str | Path], start: int, stop: int) -> Iterator[Batch]:
    """Yield the batches of steps `start` to `stop`, reading a part of a file at a time."""
    for shard in shards:
        file = pq.ParquetFile(shard)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            step = table["step"].to_numpy()
            if step[-1] < start or step[0] >= stop:
                continue
            yield from (batch for batch in _batches(table, step) if start <= batch.step < stop)


def _batches(table: pa.Table, step: npt.NDArray[np.int32]) -> Iterator[Batch]:
    bounds = np.append(np.flatnonzero(np.diff(step, prepend=-1)), len(step))
    query, positive = table["query"].to_numpy(), table["positive"].to_numpy()
    negative = table["negatives"].combine_chunks().flatten().to_numpy()
    margins = table["margins"].combine_chunks()
    margin = None if margins.null_count else margins.flatten().to_numpy()
    each = len(negative) // len(query)
    for begin, end in zip(bounds, bounds[1:]):
        rows, of_each = slice(begin, end), slice(begin * each, end * each)
        yield Batch(
            step=int(step[begin]),
            query=query[rows],
            positive=positive[rows],
            negative=negative[of_each],
            margin=None if margin is None else margin[of_each],
        )
