"""What is timed of systems by words, of re-rankers, and of fusions."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasb.collection.tables import read_ids
from tasb.jobs import Job, function
from tasb.latency.measure import Asked, Opened, waiting
from tasb.lexical.bm25 import TermIndex
from tasb.models.device import prepare
from tasb.rankings.fusion import both, listed, reciprocal_rank, weighted_sum
from tasb.rankings.lexical import open_index, open_weighted
from tasb.rankings.ranking import ranking_of
from tasb.rankings.rerank import rerank


class ByQuery:
    """A ranking whose rows of a query are found at once."""

    def __init__(self, path: str | Path) -> None:
        self.ranking = pl.read_parquet(path).sort("query", "rank")
        self.queries = self.ranking["query"].to_numpy()

    def of(self, asked: Asked) -> pl.DataFrame:
        """Return the rows of a batch of queries."""
        starts, stops = (np.searchsorted(self.queries, asked.positions, side)
                         for side in ("left", "right"))  # fmt: skip
        return pl.concat([self.ranking[start:stop] for start, stop in zip(starts, stops)])


def lexical(job: Job) -> Opened:
    """Retrieval by words, with the analysis of the query; and the rest, the ids."""
    return _by_words(job, open_index(job))


def deepct(job: Job) -> Opened:
    """The same over weighted terms."""
    return _by_words(job, open_weighted(job))


def _by_words(job: Job, index: TermIndex) -> Opened:
    passage_ids, depth = read_ids(job.file("passages")), job.recipe["depth"]

    def retrieved(asked: Asked) -> tuple[Asked, Any]:
        """Return positions and scores of the top passages."""
        return asked, list(index.search(asked.texts, depth))

    def ranking(found: tuple[Asked, Any]) -> pl.DataFrame:
        """Return the ranking."""
        return ranking_of(found[0].ids, passage_ids, found[1])

    return [("retrieval", retrieved), ("rest", ranking)], waiting(None)


def reranking(job: Job) -> Opened:
    """Scores of the passages that the first system found, and their new order."""
    scorer = function(job.recipe["opened_by"])(job.recipe["scorer"], job.inputs, prepare(job))
    first, depth = ByQuery(job.file("first")), job.recipe["rerank_depth"]

    def reranked(asked: Asked) -> pl.DataFrame:
        """Return the ranking in its new order."""
        return rerank(first.of(asked), scorer, depth)

    return [("re-ranking", reranked)], waiting(scorer.device)


def fusion(job: Job) -> Opened:
    """The union of rankings, by scores or by ranks."""
    rankings = [ByQuery(path) for path in job.files("rankings")]
    ids = read_ids(job.file("queries")), read_ids(job.file("passages"))
    recipe = job.recipe

    def fused(asked: Asked) -> pl.DataFrame:
        """Return the joined ranking."""
        found = [ranking.of(asked) for ranking in rankings]
        if "k" in recipe:
            return listed(reciprocal_rank(found, recipe["k"]), ids, recipe["depth"])
        scored = weighted_sum(both(found[0], found[1]), recipe["alpha"] or 1.0)
        return listed(scored, ids, recipe["depth"])

    return [("fusion", fused)], waiting(None)
