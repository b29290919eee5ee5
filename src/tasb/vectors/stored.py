"""Vectors of files by position."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch

from tasb.models.device import to_device

Positions = npt.NDArray[np.int64]


class StoredVectors:
    """The vectors of files by position; only the pages that are used are read from disk."""

    def __init__(self, shards: Sequence[str | Path], on: torch.device) -> None:
        self.on = on
        readers = [pa.ipc.open_file(pa.memory_map(str(shard))) for shard in shards]
        parts = [
            (reader, place) for reader in readers for place in range(reader.num_record_batches)
        ]
        columns = [reader.get_batch(place).column(0) for reader, place in parts]
        self._blocks = [c.flatten().to_numpy().reshape(len(c), -1) for c in columns]
        self._starts = np.cumsum([0, *map(len, self._blocks)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def dimensions(self) -> int:
        """Size of a vector."""
        return int(self._blocks[0].shape[1])

    def vectors(self, passages: Positions) -> torch.Tensor:
        """Return the vectors of passages (b, k), fp32 (b, k, dimensions)."""
        flat = np.maximum(passages.ravel(), 0)
        order = np.argsort(flat, kind="stable")
        block = np.searchsorted(self._starts, flat[order], side="right") - 1
        found = np.empty((len(flat), self.dimensions), np.float32)
        for number, part in zip(*_runs(block)):
            rows = order[part]
            found[rows] = self._blocks[number][flat[rows] - self._starts[number]]
        return to_device(found.reshape(*passages.shape, -1), self.on)


def _runs(block: Positions) -> tuple[Positions, list[slice]]:
    """Return the distinct numbers of a sorted array, and where each is."""
    numbers, first = np.unique(block, return_index=True)
    bounds = [*first.tolist(), len(block)]
    return numbers, [slice(begin, end) for begin, end in zip(bounds, bounds[1:])]
