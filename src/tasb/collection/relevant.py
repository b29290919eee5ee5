"""The passages that are judged relevant to each query, by position."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Relevant:
    """Relevant passages of all queries, query after query."""

    bounds: Ints
    """(queries + 1,) query q has passages[bounds[q]:bounds[q + 1]]."""
    passages: Ints
    """Positions, sorted within each query."""

    @classmethod
    def read(cls, qrels: str | Path | None) -> "Relevant":
        """Read judgments of grade 1 and above; without a file no query has a relevant passage."""
        if qrels is None:
            return cls(np.zeros(1, np.int64), np.empty(0, np.int64))
        known = pl.col("query").is_not_null() & pl.col("passage").is_not_null()
        table = pl.read_parquet(qrels).filter(pl.col("grade") >= 1, known)
        table = table.select("query", "passage").unique().sort("query", "passage")
        query = table["query"].to_numpy()
        last = int(query[-1]) if len(query) else -1
        bounds = np.searchsorted(query, np.arange(last + 2)).astype(np.int64)
        return cls(bounds, table["passage"].to_numpy().astype(np.int64))

    def of(self, queries: npt.ArrayLike) -> tuple[Ints, Ints]:
        """Return the relevant passages of some queries.

        Args:
            queries: (n,) positions; one without a judgment has no passages.

        Returns:
            row (which of the n queries) and passage, both (pairs,), in order of row.
        """
        asked = np.minimum(np.asarray(queries, np.int64), len(self.bounds) - 1)
        after = np.minimum(asked + 1, len(self.bounds) - 1)
        first, count = self.bounds[asked], self.bounds[after] - self.bounds[asked]
        row = np.repeat(np.arange(len(asked)), count)
        place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return row, self.passages[first[row] + place]
