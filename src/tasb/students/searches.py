"""What a query finds in a collection of fixed vectors, at every step of a training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np
import torch

from tasb.models.device import to_device
from tasb.rankings.blocked import DeviceVectors, top_passages
from tasb.rankings.exact import Positions
from tasb.rankings.search import set_parameters
from tasb.vectors.stored import StoredVectors


class Search(Protocol):
    """Finds passages, and gives their vectors."""

    def find(self, queries: torch.Tensor, depth: int) -> Positions:
        """Return the top passages of queries (b, dimensions): (b, depth), -1 for none."""

    def vectors(self, passages: Positions) -> torch.Tensor:
        """Return the vectors of passages (b, k), fp32 (b, k, dimensions)."""


class ExactSearch(StoredVectors):
    """All vectors are compared: in memory where they fit, else block by block."""

    def __init__(self, shards: Sequence[str | Path], on: torch.device) -> None:
        super().__init__(shards, on)
        self._all = DeviceVectors(shards, on)

    def find(self, queries: torch.Tensor, depth: int) -> Positions:
        """Return the top passages of queries (b, dimensions): (b, depth), exact."""
        return top_passages(queries.float().cpu().numpy(), self._all, depth)[0]


class IndexSearch:
    """A Faiss index is searched; vectors are those of the files, or what the index has of them."""

    def __init__(
        self, path: str | Path, settings: Mapping[str, Any], stored: StoredVectors | None,
        on: torch.device,
    ) -> None:  # fmt: skip
        self.index, self.stored, self.on = faiss.read_index(str(path)), stored, on
        set_parameters(self.index, settings)
        if stored is None and (ivf := faiss.try_extract_index_ivf(self.index)) is not None:
            ivf.make_direct_map()

    def find(self, queries: torch.Tensor, depth: int) -> Positions:
        """Return the top passages of queries (b, dimensions): (b, depth), -1 for none."""
        asked = np.ascontiguousarray(queries.float().cpu().numpy())
        _, found = self.index.search(asked, min(depth, self.index.ntotal))
        return found.astype(np.int64)

    def vectors(self, passages: Positions) -> torch.Tensor:
        """Return the vectors of passages (b, k), fp32 (b, k, dimensions)."""
        if self.stored is not None:
            return self.stored.vectors(passages)
        found = self.index.reconstruct_batch(np.maximum(passages.ravel(), 0))
        return to_device(found.reshape(*passages.shape, -1), self.on)
