"""Published predicted queries as objects, one a line, in whichever order of passages."""

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tasb.collection.positions import UNKNOWN, Positions
from tasb.errors import TasbError
from tasb.jobs import log
from tasb.lexical.expanded import Expansion

LINES = 10_000
"""Lines that are read at once."""
BUCKET = 1 << 17
"""Consecutive passages that are put in order together."""
SCHEMA = pa.schema([("passage", pa.int64()), ("queries", pa.list_(pa.string()))])
Found = tuple[list[int], list[Expansion]]
"""Positions of some passages, and their queries."""


def read_objects(files: Sequence[str], ids: pl.Series, folder: Path) -> Iterator[Expansion]:
    """Yield the queries of all passages from lines of ``id`` and ``predicted_queries``.

    A passage may be absent. Memory is bounded by `BUCKET`: lines go to files by their passage, and
    each file is put in order by itself.

    Args:
        files: perhaps gzipped.
        ids: of all passages, in order of position.
        folder: for a temporary copy of the queries.

    Raises:
        TasbError: a line is of an unknown passage, of one that was there before, or no such object.
    """
    known, seen = Positions(ids), np.zeros(len(ids), bool)
    with TemporaryDirectory(dir=folder) as scratch:
        buckets = [Path(scratch, f"{number}.arrow") for number in range(-(-len(ids) // BUCKET))]
        _distribute(_positions(files, known, seen), buckets)
        log.info("expansions of %d of %d passages", int(seen.sum()), len(ids))
        for number, bucket in enumerate(buckets):
            first = number * BUCKET
            yield from _in_order(bucket, first, min(BUCKET, len(ids) - first))
            bucket.unlink(missing_ok=True)


def opened(path: str) -> IO[str]:
    """Open a text file, perhaps gzipped."""
    return (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8")


def _positions(
    files: Sequence[str], known: Positions, seen: npt.NDArray[np.bool_]
) -> Iterator[Found]:
    """Yield the lines of all files, some at a time, and mark their passages as seen."""
    for path in files:
        first = 1
        with opened(path) as file:
            while lines := list(islice(file, LINES)):
                rows = [
                    _object(line, f"{path}:{first + place}") for place, line in enumerate(lines)
                ]
                found = known.of(pl.Series([name for name, _ in rows], dtype=pl.String)).tolist()
                for place, passage in enumerate(found):
                    where, name = f"{path}:{first + place}", rows[place][0]
                    if passage == UNKNOWN:
                        raise TasbError(f"{where}: passage '{name}' is not in the collection")
                    if seen[passage]:
                        raise TasbError(f"{where}: passage '{name}' was there before")
                    seen[passage] = True
                yield found, [queries for _, queries in rows]
                first += len(lines)


def _object(line: str, where: str) -> tuple[str, Expansion]:
    try:
        row = json.loads(line)
        return str(row["id"]), [str(query) for query in row["predicted_queries"]]
    except (ValueError, KeyError, TypeError):
        raise TasbError(f"{where}: no object with 'id' and 'predicted_queries'") from None


def _distribute(blocks: Iterator[Found], buckets: Sequence[Path]) -> None:
    """Append the queries of each passage to the file of its bucket."""
    with ExitStack() as stack:
        writers: dict[int, pa.RecordBatchFileWriter] = {}
        for passages, queries in blocks:
            own = np.array(passages) // BUCKET
            for number in np.unique(own).tolist():
                if number not in writers:
                    writer = pa.ipc.new_file(str(buckets[number]), SCHEMA)
                    writers[number] = stack.enter_context(writer)
                rows = np.flatnonzero(own == number)
                columns = [pa.array([passages[row] for row in rows], pa.int64()),
                           pa.array([queries[row] for row in rows], SCHEMA.types[1])]  # fmt: skip
                writers[number].write_batch(pa.record_batch(columns, SCHEMA))


def _in_order(bucket: Path, first: int, count: int) -> Iterator[Expansion]:
    """Yield the queries of consecutive passages; none for one that has no line.

    Args:
        bucket: their file, which is absent if none of them has a line.
        first: the first passage.
        count: how many there are.
    """
    if not bucket.is_file():
        yield from ([] for _ in range(count))
        return
    with pa.memory_map(str(bucket)) as file:
        table = pa.ipc.open_file(file).read_all().combine_chunks()
        passages = table["passage"].to_numpy()
        rest, following = iter(table.take(np.argsort(passages)).to_batches(LINES)), first
        for batch in rest:
            for passage, queries in zip(*(column.to_pylist() for column in batch.columns)):
                yield from ([] for _ in range(passage - following))
                yield queries
                following = passage + 1
    yield from ([] for _ in range(first + count - following))
