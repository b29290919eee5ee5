"""The passages of largest inner product, over vectors that need not fit memory at once."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from tasb.collection.tables import read_ids
from tasb.jobs import Job
from tasb.rankings.ranking import ranking_of, write_ranking
from tasb.tokens.store import TokenStore
from tasb.vectors.encode import TextEncoder, open_encoder
from tasb.vectors.shards import ROWS, read_all_blocks

Scores = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

GPU_DEPTH = 2048
"""Vectors that Faiss finds for a query on a GPU, at most."""


def search_flat(
    queries: Scores, shards: Sequence[str | Path], depth: int
) -> tuple[Positions, Scores]:
    """Return the exact top passages of each query.

    Args:
        queries: (queries, dimensions).
        shards: files of passage vectors, in order of position.
        depth: passages per query, at most.

    Returns:
        positions and scores, both (queries, min(depth, passages)); best first, equal scores
        in order of position.
    """
    positions = np.empty((len(queries), 0), dtype=np.int64)
    scores = np.empty((len(queries), 0), dtype=np.float32)
    start = 0
    for block in read_all_blocks(shards, f"blocks of {ROWS} vectors searched"):
        rows, best = _search_block(queries, block, depth)
        positions = np.concatenate((positions, rows + start), axis=1)
        scores = np.concatenate((scores, best), axis=1)
        positions, scores = _best(positions, scores, depth)
        start += len(block)
    return positions, scores


def _search_block(queries: Scores, block: Scores, depth: int) -> tuple[Positions, Scores]:
    """Return the top rows of a block; of rows that tie for the last place, the first ones."""
    found = min(depth + 1, len(block))
    scores, rows = _nearest(queries, block, found)
    if found > depth:  # Faiss keeps any of the rows that tie there
        for query in np.flatnonzero(scores[:, depth - 1] == scores[:, depth]):
            exact = block @ queries[query]
            rows[query] = np.argsort(-exact, kind="stable")[:found]
            scores[query] = exact[rows[query]]
    return rows[:, :depth], scores[:, :depth]


def _nearest(queries: Scores, block: Scores, depth: int) -> tuple[Scores, Positions]:
    """Return scores and rows of the largest inner products, on a GPU where Faiss has one."""
    metric = faiss.METRIC_INNER_PRODUCT
    if faiss.get_num_gpus() and depth <= GPU_DEPTH:
        scores, rows = faiss.knn_gpu(_gpu(), queries, block, depth, metric=metric)
    else:
        scores, rows = faiss.knn(queries, block, depth, metric=metric)
    return scores, rows.astype(np.int64)


@cache
def _gpu() -> Any:
    return faiss.StandardGpuResources()


def _best(positions: Positions, scores: Scores, depth: int) -> tuple[Positions, Scores]:
    order = np.lexsort((positions, -scores), axis=1)[:, :depth]
    return np.take_along_axis(positions, order, 1), np.take_along_axis(scores, order, 1)


def search_index(queries: Scores, path: str | Path, depth: int) -> tuple[Positions, Scores]:
    """Return the top passages by a Faiss index; as `search_flat`, -1 where it found fewer."""
    index = faiss.read_index(str(path))
    scores, positions = index.search(queries, min(depth, index.ntotal))
    return _best(positions.astype(np.int64), scores, depth)


def search(
    queries: Scores, index: Sequence[str | Path], flat: bool, depth: int
) -> tuple[Positions, Scores]:
    """Return the top passages of each query.

    Args:
        queries: (queries, dimensions).
        index: files of passage vectors, or one Faiss index.
        flat: which of the two it is.
        depth: passages per query, at most.
    """
    return search_flat(queries, index, depth) if flat else search_index(queries, index[0], depth)


def make(job: Job) -> None:
    """Encode the queries of one query set or several, and search for all of them at once."""
    encoder = open_encoder(job)
    faiss.omp_set_num_threads(job.threads)
    stores = [TokenStore(path) for path in job.files("query_tokens")]
    vectors = np.concatenate([_encoded(encoder, store) for store in stores])
    index, flat = job.files("index"), job.recipe["flat"]
    positions, scores = search(vectors, index, flat, job.recipe["depth"])
    passage_ids, start = read_ids(job.file("passages")), 0
    for place, (store, queries) in enumerate(zip(stores, job.files("queries"))):
        rows = slice(start, start + len(store))
        found = list(zip(positions[rows], scores[rows]))
        write_ranking(job, ranking_of(read_ids(queries), passage_ids, found), place)
        start += len(store)


def _encoded(encoder: TextEncoder, store: TokenStore) -> Scores:
    """Return the vectors of a query set, as they would be read from a file."""
    vectors = encoder.encode(store, encoder.model.card.query_length, range(len(store)))
    return vectors.astype(np.float16).astype(np.float32)
