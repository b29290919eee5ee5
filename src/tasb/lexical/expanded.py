"""The file of expansions: the predicted queries of each passage."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasb.lexical.blocks import write_rows

SCHEMA = pa.schema([("queries", pa.list_(pa.string()))])
Expansion = list[str]
"""The queries of a passage."""


def write_expansions(rows: Iterable[Expansion], path: str | Path) -> None:
    """Write the queries of passages, in order of position, a row a passage."""
    write_rows(rows, lambda block: pa.table({"queries": block}, schema=SCHEMA), SCHEMA, path)


def read_expansions(files: Sequence[str]) -> Iterator[str]:
    """Yield what is appended to each passage: its queries, with a space between them."""
    for path in files:
        for batch in pq.ParquetFile(path).iter_batches():
            yield from (" ".join(queries) for queries in batch.column(0).to_pylist())
