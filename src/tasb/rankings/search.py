"""The passages of largest inner product, found exactly or by an index."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch

from tasb.collection.tables import read_ids
from tasb.jobs import Job, log
from tasb.models.sides import QUERIES
from tasb.rankings.exact import Positions, Scores, best, search_flat
from tasb.rankings.ranking import ranking_of, search_depth, write_ranking
from tasb.tokens.store import TokenStore
from tasb.vectors.encode import TextEncoder, open_encoder

PARAMETERS = {"nprobe": "nprobe", "ef_search": "efSearch"}
"""What Faiss calls our settings of an index."""
UNSET: Mapping[str, int | None] = {"nprobe": None, "ef_search": None}
SAMPLE = 200
"""Queries whose exact top passages an index is compared with."""


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
    set_parameters(index, settings)
    scores, positions = index.search(queries, min(depth, index.ntotal))
    scores = np.where(positions < 0, -np.inf, scores)  # Faiss fills empty places with anything
    return best(positions.astype(np.int64), scores, depth)


def set_parameters(index: Any, settings: Mapping[str, int | None]) -> None:
    """Set how an index is searched, where that is said."""
    for name, value in settings.items():
        if value is not None:
            faiss.ParameterSpace().set_index_parameter(index, PARAMETERS[name], value)


def recall(found: Positions, exact: Positions) -> float:
    """Return the share of the exact top passages that are at the top of an index's ranking, too.

    Args:
        found: (queries, at least depth) positions, best first.
        exact: (queries, depth) positions.
    """
    depth = exact.shape[1]
    shares = [np.isin(best, own[:depth]).mean() for own, best in zip(found, exact)]
    return float(np.mean(shares))


def search(job: Job, queries: Scores, on: torch.device) -> tuple[Positions, Scores]:
    """Return the top passages of each query, exact or by the job's index.

    The log tells how many of the exact ones an index finds for a sample of the queries.

    Args:
        job: its recipe has ``depth``, and ``index`` (null for exact search).
        queries: (queries, dimensions).
        on: where exact search runs.
    """
    shards, depth = job.files("vectors"), search_depth(job.recipe)
    positions, scores = find(job, queries, depth, on)
    if job.recipe["index"] is None:
        return positions, scores
    sample = np.linspace(0, len(queries) - 1, min(SAMPLE, len(queries))).astype(int)
    exact, _ = search_flat(queries[sample], shards, min(10, depth), on)
    job.about["recall"] = round(recall(positions[sample], exact), 4)
    log.info(
        "the index finds %.1f %% of the exact top %d passages of %d queries (nprobe and "
        "ef_search raise that)", 100 * job.about["recall"], exact.shape[1], len(sample),
    )  # fmt: skip
    return positions, scores


def find(job: Job, queries: Scores, depth: int, on: torch.device) -> tuple[Positions, Scores]:
    """Return the top passages of each query, exact or by the job's index."""
    if job.recipe["index"] is None:
        return search_flat(queries, job.files("vectors"), depth, on)
    return search_index(queries, job.file("index"), depth, job.recipe["index"])


def make(job: Job) -> None:
    """Encode the queries of one query set or several, and search for all of them at once."""
    encoder = open_encoder(job)
    faiss.omp_set_num_threads(job.threads)
    stores = [TokenStore(path) for path in job.files("query_tokens")]
    vectors = np.concatenate([_encoded(encoder, store) for store in stores])
    positions, scores = search(job, vectors, encoder.device)
    passage_ids, start = read_ids(job.file("passages")), 0
    for place, (store, queries) in enumerate(zip(stores, job.files("queries"))):
        rows = slice(start, start + len(store))
        found = list(zip(positions[rows], scores[rows]))
        write_ranking(job, ranking_of(read_ids(queries), passage_ids, found), place)
        start += len(store)


def _encoded(encoder: TextEncoder, store: TokenStore) -> Scores:
    """Return the vectors of a query set, as they would be read from a file."""
    blocks = [np.empty((0, encoder.model.dimensions), np.float16)]
    encoded = encoder.encode(store, QUERIES, range(len(store)))
    return np.concatenate([*blocks, *encoded]).astype(np.float32)
