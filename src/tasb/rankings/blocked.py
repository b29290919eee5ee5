"""Exact search in PyTorch: products of blocks of vectors, and the largest of each query.

Vectors are fp16, and products are added up in fp32, as on a CPU.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tasb.background import ahead
from tasb.models.device import to_device
from tasb.vectors.shards import count_vectors, read_halves

STREAMED = 1 << 18
"""Vectors of a block that is fetched."""
SHARE = 0.6
"""Of the free memory of a device, what vectors may take to stay there."""
ON_CPU = 8 << 30
"""Bytes that vectors may take in fp32 to stay in memory so, where a CPU computes."""
SCORES = 1 << 29
"""Scores that are kept at a time, 2 GiB."""


class DeviceVectors:
    """Passage vectors in fp16, in blocks on a device; they stay there if they fit.

    Else each pass over them fetches them again.
    """

    def __init__(self, shards: Sequence[str | Path], on: torch.device) -> None:
        """Take the files of the vectors, in order of position."""
        self.shards, self.on = shards, on
        self._all: torch.Tensor | None = None
        bytes_ = sum(Path(shard).stat().st_size for shard in shards)
        fits = 2 * bytes_ <= ON_CPU
        if on.type == "cuda":
            fits = bytes_ <= SHARE * torch.cuda.mem_get_info(on)[0]
        self._stay, self._dtype = fits, torch.float16 if on.type == "cuda" else torch.float32

    def blocks(self, rows: int) -> Iterator[torch.Tensor]:
        """Yield the vectors (vectors, dimensions), in order: fp16, or fp32 in a CPU's memory.

        Args:
            rows: of a block, where the vectors are on the device already.
        """
        if not self._stay:
            yield from self._fetched()
            return
        if self._all is None:
            self._all = self._kept()
        yield from torch.split(self._all, rows)

    def _fetched(self) -> Iterator[torch.Tensor]:
        blocks = (block for shard in self.shards for block in read_halves(shard, STREAMED))
        yield from ahead(blocks, lambda block: to_device(block, self.on))

    def _kept(self) -> torch.Tensor:
        found, start = torch.empty(0), 0
        for block in self._fetched():
            if not start:
                shape = count_vectors(self.shards), block.shape[1]
                found = torch.empty(shape, dtype=self._dtype, device=self.on)
            found[start : start + len(block)] = block
            start += len(block)
        return found


def top_passages(
    queries: npt.NDArray[np.float32], vectors: DeviceVectors, depth: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return positions and scores of the top passages of each query, see `search_flat`."""
    asked = to_device(queries.astype(np.float16), vectors.on)
    count, start = len(queries), 0
    scores = torch.empty((count, 0), device=vectors.on)
    rows = torch.empty((count, 0), dtype=torch.int64, device=vectors.on)
    for block in vectors.blocks(max(STREAMED, SCORES // max(1, count))):
        at_once = max(1, SCORES // max(1, len(block)))
        parts = [
            _merged((scores[part], rows[part]), nearest(asked[part], block, depth), start, depth)
            for part in (slice(at, at + at_once) for at in range(0, count, at_once))
        ]
        if parts:
            scores, rows = (torch.cat(side) for side in zip(*parts))
        start += len(block)
    return rows.cpu().numpy(), scores.cpu().numpy()


Found = tuple[torch.Tensor, torch.Tensor]
"""Scores and rows of each query, best first."""


def nearest(queries: torch.Tensor, block: torch.Tensor, depth: int) -> Found:
    """Return the rows of a block of largest inner product; of ties, the first ones.

    Args:
        queries: (queries, dimensions).
        block: (vectors, dimensions).
        depth: rows per query, at most.
    """
    every = _products(queries, block)
    kept = min(depth + 1, len(block))
    scores, rows = every.topk(kept, dim=1)
    if kept > depth:  # any of the rows that tie there are kept
        ties = (scores[:, depth - 1] == scores[:, depth]).nonzero()[:, 0]
        exact = every[ties].sort(dim=1, descending=True, stable=True)
        scores[ties], rows[ties] = exact.values[:, :kept], exact.indices[:, :kept]
    scores, rows = scores[:, :depth], rows[:, :depth]
    rows, order = rows.sort(dim=1)
    return _sorted(scores.gather(1, order), rows)


def _products(queries: torch.Tensor, block: torch.Tensor) -> torch.Tensor:
    """Return all inner products, fp32 (queries, vectors)."""
    if queries.device.type == "cuda":
        more: dict[str, Any] = {"out_dtype": torch.float32}
        return torch.mm(queries, block.T, **more)
    return queries.float() @ block.float().T


def _sorted(scores: torch.Tensor, rows: torch.Tensor) -> Found:
    """Sort by score; of equal ones, those that are given first stay first."""
    found = scores.sort(dim=1, descending=True, stable=True)
    return found.values, rows.gather(1, found.indices)


def _merged(before: Found, found: Found, start: int, depth: int) -> Found:
    """Return the best of the blocks before, and of one that begins at `start`."""
    scores = torch.cat((before[0], found[0]), 1)
    rows = torch.cat((before[1], found[1] + start), 1)
    scores, rows = _sorted(scores, rows)
    return scores[:, :depth], rows[:, :depth]
