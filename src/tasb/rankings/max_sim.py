"""ColBERT as a retriever: candidates by their tokens, then the exact sum of best similarities."""

from collections.abc import Callable, Sequence
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from tasb.collection.tables import read_ids
from tasb.jobs import Job, log, progress
from tasb.models.precision import full_precision
from tasb.rankings.exact import search_flat
from tasb.rankings.ranking import ranking_of, search_depth, write_ranking
from tasb.rankings.search import set_parameters
from tasb.tokens.store import TokenStore
from tasb.vectors.stored import StoredVectors
from tasb.vectors.token_vectors import TokenEncoder

QUERIES = 32
"""Queries whose tokens are searched together."""
Positions = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Hits = Callable[[Scores], Positions]
"""From token vectors (n, dimensions) to the tokens of passages nearest to each, (n, hits)."""


class TokenSearch:
    """Passages of a query by its token vectors."""

    def __init__(
        self, shards: Sequence[str | Path], lengths: Sequence[str | Path], hits: Hits,
        on: torch.device,
    ) -> None:  # fmt: skip
        """Take the token vectors of all passages.

        Args:
            shards: files of the vectors, in order of position.
            lengths: files with the number of tokens of each passage.
            hits: finds the tokens that are near.
            on: where the sums are computed.
        """
        self.vectors, self.hits, self.on = StoredVectors(shards, on), hits, on
        counts = pl.concat([pl.read_parquet(path) for path in lengths])["tokens"]
        self.counts = counts.to_numpy().astype(np.int64)
        self.ends = np.cumsum(self.counts)

    def candidates(self, query: Scores) -> list[Positions]:
        """Return the passages of the nearest tokens of each token.

        Args:
            query: (n, dimensions).
        """
        found = self.hits(query)
        return [np.searchsorted(self.ends, row[row >= 0], side="right") for row in found]

    @torch.inference_mode()
    def scores(self, query: Scores, passages: Positions) -> Scores:
        """Return the exact score of some passages (Eq. 3), fp32 (passages,).

        Args:
            query: (query tokens, dimensions).
            passages: positions, at least one.
        """
        counts = self.counts[passages]
        starts = self.ends[passages] - counts
        before = np.cumsum(counts) - counts
        tokens = np.repeat(starts - before, counts) + np.arange(counts.sum())
        vectors = self.vectors.vectors(tokens[None])[0]
        with full_precision(self.on):
            similar = vectors @ torch.from_numpy(query).to(self.on).T
        owner = torch.from_numpy(np.repeat(np.arange(len(passages)), counts)).to(self.on)
        best = similar.new_full((len(passages), len(query)), -torch.inf)
        best.scatter_reduce_(0, owner[:, None].expand_as(similar), similar, "amax")
        found: Scores = best.sum(1).cpu().numpy()
        return found

    def top(self, query: Scores, near: Sequence[Positions], depth: int) -> tuple[Positions, Scores]:
        """Return the best passages of a query among its candidates, equal scores by position."""
        passages = np.unique(np.concatenate([*near, np.empty(0, np.int64)]))
        if not len(passages):
            return passages, np.empty(0, np.float32)
        scores = self.scores(query, passages)
        order = np.lexsort((passages, -scores))[:depth]
        return passages[order], scores[order]


def open_search(job: Job, encoder: TokenEncoder) -> TokenSearch:
    """Return the search of a job, see `tasb.rankings.kinds.colbert`."""
    hits = _exact_hits(job, encoder.device) if job.recipe["index"] is None else _index_hits(job)
    return TokenSearch(job.files("vectors"), job.files("lengths"), hits, encoder.device)


def _exact_hits(job: Job, on: torch.device) -> Hits:
    shards, count = job.files("vectors"), job.recipe["hits"]

    def hits(query: Scores) -> Positions:
        """Return the nearest tokens by a pass over all of them."""
        return search_flat(query, shards, count, on)[0]

    return hits


def _index_hits(job: Job) -> Hits:
    faiss.omp_set_num_threads(job.threads)
    index = faiss.read_index(job.file("index"))
    set_parameters(index, job.recipe["index"])
    count = min(job.recipe["hits"], index.ntotal)

    def hits(query: Scores) -> Positions:
        """Return the nearest tokens by the index."""
        found: Positions = index.search(query, count)[1]
        return found

    return hits


def make(job: Job) -> None:
    """Rank the passages of a query set."""
    encoder, store = TokenEncoder(job), TokenStore(job.file("query_tokens"))
    search, depth = open_search(job, encoder), search_depth(job.recipe)
    found, seen = [], 0
    blocks = range(0, len(store), QUERIES)
    for start in progress(blocks, len(blocks), f"blocks of {QUERIES} queries searched"):
        rows = np.arange(start, min(start + QUERIES, len(store)))
        for query, near in batch(encoder, search, store, rows):
            found.append(search.top(query, near, depth))
            seen += len(np.unique(np.concatenate(near)))
    log.info("%.0f candidates a query", seen / max(1, len(store)))
    ids = read_ids(job.file("queries")), read_ids(job.file("passages"))
    write_ranking(job, ranking_of(*ids, found))


def batch(
    encoder: TokenEncoder, search: TokenSearch, store: TokenStore, rows: Positions
) -> list[tuple[Scores, list[Positions]]]:
    """Return the token vectors of some queries, and for each token the passages near to it."""
    vectors, counts = encoder.queries(store, rows)
    flat = vectors.astype(np.float32)
    near, ends = search.candidates(flat), np.cumsum(counts)
    return [(flat[end - count : end], near[end - count : end]) for count, end in zip(counts, ends)]
