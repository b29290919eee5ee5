"""Sequences of like length go through the encoder together, so that little is padded."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

Sequences = Sequence[npt.NDArray[np.int64]]
"""Token ids of texts, with special tokens."""
Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Of n pairs: which query, and which passage, as (n,) numbers in two lists of texts."""


def length_groups(
    lengths: npt.NDArray[np.int64], tokens: int, padding: float = 0.1
) -> list[npt.NDArray[np.int64]]:
    """Cut sequences, sorted by length, into groups for one forward pass each.

    Args:
        lengths: (n,) tokens of each sequence.
        tokens: padded tokens that a group may hold (a longer sequence is a group alone).
        padding: share of a group's padded tokens that may be padding.

    Returns:
        Index arrays that together hold each of the n indices once, shortest first.
    """
    order = np.argsort(lengths, kind="stable")
    groups, start, real = [], 0, 0
    for end, index in enumerate(order):
        longest = int(lengths[index])
        padded = longest * (end - start + 1)
        real += longest
        if end > start and (padded > tokens or padded - real > padding * padded):
            groups.append(order[start:end])
            start, real = end, longest
    return [*groups, order[start:]] if len(order) else []


def pad(sequences: Sequences, pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and attention mask, both int64 (n, longest)."""
    longest = max(len(sequence) for sequence in sequences)
    ids = np.full((len(sequences), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = sequence
        mask[row, : len(sequence)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask)
