"""The file of expansions: the predicted queries of each passage."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasb.files import whole

SCHEMA = pa.schema([("queries", pa.list_(pa.string()))])
ROWS = 1024
"""Passages in a row group."""
Expansion = list[str]
"""The queries of a passage."""


def write_expansions(rows: Iterable[Expansion], path: str | Path) -> None:
    """Write the queries of passages, in order of position, a row a passage."""
    with whole(path) as part, pq.ParquetWriter(part, SCHEMA) as writer:
        block: list[Expansion] = []
        for row in rows:
            block.append(row)
            if len(block) == ROWS:
                writer.write_table(pa.table({"queries": block}, schema=SCHEMA))
                block = []
        writer.write_table(pa.table({"queries": block}, schema=SCHEMA))


def read_expansions(files: Sequence[str]) -> Iterator[str]:
    """Yield what is appended to each passage: its queries, with a space between them."""
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches():
            yield from (" ".join(queries) for queries in batch.column(0).to_pylist())
