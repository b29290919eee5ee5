"""Parquet files that are written as their rows come."""

from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from tasb.files import whole

ROWS = 1024
"""Rows of a row group."""
Row = TypeVar("Row")


def write_rows(
    rows: Iterable[Row], table: Callable[[list[Row]], pa.Table], schema: pa.Schema, path: str | Path
) -> None:
    """Write rows block by block; without any, an empty file.

    Args:
        rows: in order.
        table: from some rows to their table.
        schema: of the tables.
        path: the file to write.
    """
    rest = iter(rows)
    with whole(path) as part, pq.ParquetWriter(part, schema) as writer:
        while block := list(islice(rest, ROWS)):
            writer.write_table(table(block))
