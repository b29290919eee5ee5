"""From ids of texts to their positions, in little memory: a join would build a table of all ids."""

from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

UNKNOWN = -1


class Positions:
    """The ids of a texts table, found by their hashes: 28 bytes each."""

    def __init__(self, ids: pl.Series) -> None:
        """Take ids in order of position; each occurs once."""
        self._ids = ids
        for self._seed in count():
            hashes = self._hashes(ids)
            self._order = np.argsort(hashes).astype(np.int32)
            self._sorted = hashes[self._order]
            if not (self._sorted[1:] == self._sorted[:-1]).any():
                break

    @classmethod
    def read(cls, texts: str | Path) -> "Positions":
        """Read the ids of a texts table."""
        return cls(pl.read_parquet(texts, columns=["id"])["id"])

    def __len__(self) -> int:
        return len(self._ids)

    def _hashes(self, ids: pl.Series) -> npt.NDArray[np.uint64]:
        return ids.hash(self._seed).to_numpy()

    def of(self, asked: pl.Series) -> npt.NDArray[np.int32]:
        """Return the position of each id, or `UNKNOWN`; (n,)."""
        if not len(self._ids):
            return np.full(len(asked), UNKNOWN, np.int32)
        hashes = self._hashes(asked)
        by, place = np.argsort(hashes), np.empty(len(hashes), np.int64)
        place[by] = np.searchsorted(self._sorted, hashes[by])  # in order, it stays in the cache
        place = np.minimum(place, len(self._sorted) - 1)
        found = self._order[place]
        same = (self._sorted[place] == hashes) & (self._ids.gather(found) == asked).to_numpy()
        return np.where(same, found, np.int32(UNKNOWN))
