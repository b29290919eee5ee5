"""Token ids of many texts in one array, as a forward pass reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.integer[Any]]
Lengths = npt.NDArray[np.int64]


def places(starts: Lengths, lengths: Lengths) -> Lengths:
    """Return the places of runs in an array, run after run.

    Args:
        starts: (n,) place of the first element of each run.
        lengths: (n,) elements of each run.
    """
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


@dataclass(frozen=True)
class Texts:
    """Texts with special tokens, one after the other."""

    ids: npt.NDArray[np.int32]
    """(tokens,) of all texts."""
    lengths: Lengths
    """(texts,) tokens of each."""

    @classmethod
    def of(cls, sequences: Sequence[npt.NDArray[np.integer[Any]]]) -> "Texts":
        """Return texts that are given one by one."""
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        ids = np.concatenate([*sequences, np.empty(0, np.int32)]).astype(np.int32)
        return cls(ids, lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def starts(self) -> Lengths:
        """(texts,) place of each text's first token."""
        return np.cumsum(self.lengths) - self.lengths

    def select(self, rows: Positions) -> "Texts":
        """Return some of the texts, in the order of `rows`."""
        lengths = self.lengths[rows]
        return Texts(self.ids[places(self.starts[rows], lengths)], lengths)

    def followed_by(self, other: "Texts") -> "Texts":
        """Return these texts, then the other ones."""
        ids = np.concatenate((self.ids, other.ids))
        return Texts(ids, np.concatenate((self.lengths, other.lengths)))

    def joined(self, second: "Texts") -> "Texts":
        """Return ``[CLS] first [SEP] second [SEP]`` of each text and the one that belongs to it."""
        both = self.followed_by(second)
        starts, lengths = both.starts.reshape(2, -1), both.lengths.reshape(2, -1)
        without_cls = np.array([[0], [1]])
        rest = lengths - without_cls
        found = places((starts + without_cls).T.ravel(), rest.T.ravel())
        return Texts(both.ids[found], rest.sum(0))
