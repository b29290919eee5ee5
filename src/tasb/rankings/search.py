"""The passages of largest inner product, over vectors that need not fit memory at once."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from tasb.collection.tables import read_ids
from tasb.jobs import Job, log
from tasb.rankings.ranking import ranking_of, search_depth, write_ranking
from tasb.tokens.store import TokenStore
from tasb.vectors.encode import TextEncoder, open_encoder
from tasb.vectors.shards import ROWS, read_all_blocks

Scores = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

PARAMETERS = {"nprobe": "nprobe", "ef_search": "efSearch"}
"""What Faiss calls our settings of an index."""
UNSET: Mapping[str, int | None] = {"nprobe": None, "ef_search": None}
SAMPLE = 200
"""Queries whose exact top passages an index is compared with."""
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


def search_index(
    queries: Scores, path: str | Path, depth: int, settings: Mapping[str, int | None] = UNSET
) -> tuple[Positions, Scores]:
    """Return the top passages by a Faiss index; as `search_flat`, -1 where it found fewer.

    Args:
        queries: (queries, dimensions).
        path: the index.
        depth: passages per query, at most.
        settings: ``nprobe`` and ``ef_search``; null for Faiss's own.
    """
    index = faiss.read_index(str(path))
    for name, value in settings.items():
        if value is not None:
            faiss.ParameterSpace().set_index_parameter(index, PARAMETERS[name], value)
    scores, positions = index.search(queries, min(depth, index.ntotal))
    scores = np.where(positions < 0, -np.inf, scores)  # Faiss fills empty places with anything
    return _best(positions.astype(np.int64), scores, depth)


def recall(found: Positions, exact: Positions) -> float:
    """Return the share of the exact top passages that are at the top of an index's ranking, too.

    Args:
        found: (queries, at least depth) positions, best first.
        exact: (queries, depth) positions.
    """
    depth = exact.shape[1]
    shares = [np.isin(best, own[:depth]).mean() for own, best in zip(found, exact)]
    return float(np.mean(shares))


def search(job: Job, queries: Scores) -> tuple[Positions, Scores]:
    """Return the top passages of each query, exact or by the job's index.

    The log tells how many of the exact ones an index finds for a sample of the queries.

    Args:
        job: its recipe has ``depth``, and ``index`` (null for exact search).
        queries: (queries, dimensions).
    """
    shards, depth, settings = job.files("vectors"), search_depth(job.recipe), job.recipe["index"]
    if settings is None:
        return search_flat(queries, shards, depth)
    positions, scores = search_index(queries, job.file("index"), depth, settings)
    sample = np.linspace(0, len(queries) - 1, min(SAMPLE, len(queries))).astype(int)
    exact, _ = search_flat(queries[sample], shards, min(10, depth))
    job.about["recall"] = round(recall(positions[sample], exact), 4)
    log.info(
        "the index finds %.1f %% of the exact top %d passages of %d queries (nprobe and "
        "ef_search raise that)", 100 * job.about["recall"], exact.shape[1], len(sample),
    )  # fmt: skip
    return positions, scores


def make(job: Job) -> None:
    """Encode the queries of one query set or several, and search for all of them at once."""
    encoder = open_encoder(job)
    faiss.omp_set_num_threads(job.threads)
    stores = [TokenStore(path) for path in job.files("query_tokens")]
    vectors = np.concatenate([_encoded(encoder, store) for store in stores])
    positions, scores = search(job, vectors)
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
