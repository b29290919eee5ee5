"""Files of fp16 vectors, memory-mapped; the flat index is these files themselves."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasb.jobs import progress

Vectors = npt.NDArray[np.float32]

ROWS = 65_536
"""Vectors that are searched at once."""


def write_vectors(
    blocks: Iterable[npt.NDArray[np.floating[Any]]], dimensions: int, path: str | Path
) -> None:
    """Write vectors as an Arrow file of one column of fp16 lists, one record batch a block.

    Args:
        blocks: arrays (texts, dimensions), in order of position.
        dimensions: size of a vector.
        path: the file to write.
    """
    schema = pa.schema([("vector", pa.list_(pa.float16(), dimensions))])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for block in blocks:
            values = pa.array(block.astype(np.float16).ravel())
            column = pa.FixedSizeListArray.from_arrays(values, dimensions)
            writer.write_batch(pa.record_batch([column], schema))


def read_halves(path: str | Path, rows: int = ROWS) -> Iterator[npt.NDArray[np.float16]]:
    """Yield the vectors of a file as fp16 arrays (texts, dimensions) of at least `rows` texts.

    The last one may hold fewer.
    """
    parts: list[npt.NDArray[np.float16]] = []
    for column in _batches(path):
        parts.append(column.flatten().to_numpy().reshape(len(column), -1))
        if sum(map(len, parts)) >= rows:
            yield np.concatenate(parts)
            parts = []
    if parts:
        yield np.concatenate(parts)


def read_blocks(path: str | Path, rows: int = ROWS) -> Iterator[Vectors]:
    """Yield the same as fp32 arrays."""
    return (block.astype(np.float32) for block in read_halves(path, rows))


def count_vectors(shards: Sequence[str | Path]) -> int:
    """Return how many vectors some files hold."""
    return sum(len(column) for shard in shards for column in _batches(shard))


def read_all_blocks(shards: Sequence[str | Path], what: str) -> Iterator[Vectors]:
    """Yield the blocks of several files, in order, with lines of progress."""
    texts = (sum(map(len, _batches(shard))) for shard in shards)
    blocks = (block for shard in shards for block in read_blocks(shard))
    yield from progress(blocks, sum(-(-count // ROWS) for count in texts), what)


def _batches(path: str | Path) -> Iterator[Any]:
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number).column(0)


def read_vectors(path: str | Path) -> Vectors:
    """Return all vectors of a file, fp32 (texts, dimensions)."""
    return np.concatenate(list(read_blocks(path)))
