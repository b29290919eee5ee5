"""Training pairs chosen from candidates, some thousand queries at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasb.collection.relevant import Relevant
from tasb.collection.tables import count_texts, own_passages, same_text
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log
from tasb.mining.choose import Block, Ints, chosen

SCHEMA = pa.schema([(name, pa.int32()) for name in ("query", "positive", "negative")])
QUERIES = 8192
"""Queries of a block."""


def make(job: Job) -> None:
    """Choose the pairs of a declaration, and say how many queries come out short."""
    passages, recipe = job.file("passages"), job.recipe
    own = own_passages(job.file("queries"), passages) if recipe["drop_own_passage"] else None
    counts = write_pairs(
        job.file("candidates"),
        job.optional("scores"),
        Relevant.read(job.optional("qrels")),
        same_text(passages),
        own,
        recipe["choice"],
        recipe["seed"],
        job.output("pairs"),
        recipe["name"],
    )
    job.about["counts"] = counts
    log.info("%s", "; ".join(f"{count:,} {what}" for what, count in counts.items()))


def write_pairs(
    candidates: str | Path,
    scores: str | Path | None,
    relevant: Relevant,
    text_of: Ints,
    own: Ints | None,
    choice: Mapping[str, Any],
    seed: int,
    path: str | Path,
    name: str,
) -> dict[str, int]:
    """Write query, positive, negative (positions), in order of query and positive.

    Args:
        candidates: query, passage, rank; in order of query and rank.
        scores: query, passage, score; in order of query and passage.
        relevant: the judgments.
        text_of: (passages,) equal numbers for equal texts.
        own: (queries,) the passage of each query's id, -1 for none; None if it may be found.
        choice: see `tasb.mining.config.Choice`.
        seed: of the draws; those of a query depend on its position alone.
        path: Parquet to write.
        name: of the declaration.

    Returns:
        How many pairs there are, and how many positives come out short.

    Raises:
        TasbError: there is no pair at all.
    """
    counts: Counter[str] = Counter()
    known = pl.read_parquet(scores) if scores is not None else None
    with whole(path) as part, pq.ParquetWriter(part, SCHEMA, compression="zstd") as writer:
        for queries, passages in blocks(candidates, max(choice["depth"], choice["fill"] or 0) + 1):
            block = Block(queries, passages, relevant, text_of, own, known)
            columns, found = chosen(block, choice, seed)
            counts.update(found)
            writer.write_batch(
                pa.record_batch([pa.array(c.astype(np.int32)) for c in columns], SCHEMA)
            )
        if not counts["pairs"]:
            raise TasbError(
                f"mining.{name}: no query has a negative left; raise depth or negatives_below, "
                "lower positives_above, or set fill"
            )
    return dict(counts)


def blocks(candidates: str | Path, depth: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield some queries at a time, with their passages.

    Returns:
        (queries,) positions, and (queries, depth) passages by rank, -1 for none.
    """
    file, columns = pq.ParquetFile(candidates), ("query", "passage", "rank")
    rest = pl.DataFrame(schema=dict.fromkeys(columns, pl.Int32))
    for batch in file.iter_batches(QUERIES * depth, columns=list(columns)):
        rest = pl.concat([rest, pl.DataFrame(batch)])
        last = rest["query"][-1]
        yield from _matrices(rest.filter(pl.col("query") != last), depth)
        rest = rest.filter(pl.col("query") == last)
    yield from _matrices(rest, depth)


def _matrices(table: pl.DataFrame, depth: int) -> Iterator[tuple[Ints, Ints]]:
    query, passage, rank = (table[name].to_numpy() for name in ("query", "passage", "rank"))
    queries, row = np.unique(query, return_inverse=True)
    for start in range(0, len(queries), QUERIES):
        stop = min(start + QUERIES, len(queries))
        kept = (row >= start) & (row < stop) & (rank <= depth)
        matrix = np.full((stop - start, depth), -1, np.int64)
        matrix[row[kept] - start, rank[kept] - 1] = passage[kept]
        yield queries[start:stop].astype(np.int64), matrix


def make_joined(job: Job) -> None:
    """Put the pairs of several declarations together."""
    training = job.optional("training")
    shift = count_texts(training) if training is not None else 0
    write_joined(
        job.files("mined"), [shift * by for by in job.recipe["shifted"]], job.output("pairs")
    )


def write_joined(mined: Sequence[str | Path], shifts: Sequence[int], path: str | Path) -> None:
    """Write the pairs of several tables, in order of query, each pair once.

    Args:
        mined: tables of pairs.
        shifts: what is added to the query positions of each.
        path: Parquet to write.
    """
    tables = [pl.read_parquet(file).with_columns(pl.col("query") + shift)
              for file, shift in zip(mined, shifts)]  # fmt: skip
    pairs = pl.concat(tables).unique(maintain_order=True).sort("query", maintain_order=True)
    with whole(path) as part:
        pairs.select(pl.all().cast(pl.Int32)).write_parquet(part)
    log.info("%d pairs of %d queries", pairs.height, pairs["query"].n_unique())
