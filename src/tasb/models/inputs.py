"""What a model computes scores from, on its device."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from tasb.models.device import to_device
from tasb.models.encoder import Loaded

Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Of n pairs: which query, and which passage, as (n,) numbers in two lists of texts."""
Chosen = tuple[torch.Tensor, torch.Tensor]
"""The same as tensors."""


@dataclass(frozen=True)
class Inputs:
    """Made apart from the computation, so that a thread can prepare the next batch."""

    texts: tuple[Loaded, ...]
    """As the model reads them: all in one, or queries and passages."""
    queries: int
    """How many there are."""
    pairs: Chosen | None = None
    """Whose scores are asked for; None: each query with each passage."""

    @property
    def chosen(self) -> Chosen:
        """The pairs, where there are some."""
        if self.pairs is None:
            raise TypeError("these inputs are not of pairs")
        return self.pairs


def on_device(pairs: Pairs | None, on: torch.device) -> Chosen | None:
    """Return pairs as tensors."""
    return None if pairs is None else (to_device(pairs[0], on), to_device(pairs[1], on))
