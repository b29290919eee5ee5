"""The exact top passages by inner product, over vectors that need not fit memory at once."""

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import torch

from tasb.rankings.blocked import DeviceVectors, top_passages
from tasb.vectors.shards import ROWS, read_all_blocks

Scores = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

CPU = torch.device("cpu")


def search_flat(
    queries: Scores, shards: Sequence[str | Path], depth: int, on: torch.device = CPU
) -> tuple[Positions, Scores]:
    """Return the exact top passages of each query: by Faiss on a CPU, by PyTorch on a GPU.

    Args:
        queries: (queries, dimensions).
        shards: files of passage vectors, in order of position.
        depth: passages per query, at most.
        on: the device.

    Returns:
        positions and scores, both (queries, min(depth, passages)); best first, equal scores
        in order of position.
    """
    if on.type == "cuda":
        return top_passages(queries, DeviceVectors(shards, on), depth)
    positions = np.empty((len(queries), 0), dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    start = 0
    for block in read_all_blocks(shards, f"blocks of {ROWS} vectors searched"):
        rows, found = _search_block(queries, block, depth)
        positions = np.concatenate((positions, rows + start), axis=1)
        scores = np.concatenate((scores, found), axis=1)
        positions, scores = best(positions, scores, depth)
        start += len(block)
    return positions, scores


def _search_block(queries: Scores, block: Scores, depth: int) -> tuple[Positions, Scores]:
    """Return the top rows of a block; of rows that tie for the last place, the first ones."""
    found = min(depth + 1, len(block))
    scores, rows = faiss.knn(queries, block, found, metric=faiss.METRIC_INNER_PRODUCT)
    rows = rows.astype(np.int64)
    if found > depth:  # Faiss keeps any of the rows that tie there
        for query in np.flatnonzero(scores[:, depth - 1] == scores[:, depth]):
            exact = block @ queries[query]
            rows[query] = np.argsort(-exact, kind="stable")[:found]
            scores[query] = exact[rows[query]]
    return rows[:, :depth], scores[:, :depth]


def best(positions: Positions, scores: Scores, depth: int) -> tuple[Positions, Scores]:
    """Return the first of each row, by score and then by position."""
    order = np.lexsort((positions, -scores), axis=1)[:, :depth]
    return np.take_along_axis(positions, order, 1), np.take_along_axis(scores, order, 1)
