"""What is timed of ColBERT as a retriever."""

from typing import Any

import numpy as np
import polars as pl

from tasb.collection.tables import read_ids
from tasb.jobs import Job
from tasb.latency.measure import Asked, Opened, waiting
from tasb.rankings.max_sim import batch, open_search
from tasb.rankings.ranking import ranking_of
from tasb.tokens.store import TokenStore
from tasb.vectors.token_vectors import TokenEncoder


def stages(job: Job) -> Opened:
    """Encoding with the search for near tokens, exact scores, and the rest, the ids.

    Queries are tokenized already.
    """
    encoder, store = TokenEncoder(job), TokenStore(job.file("query_tokens"))
    search, depth = open_search(job, encoder), job.recipe["depth"]
    passage_ids = read_ids(job.file("passages"))

    def candidates(asked: Asked) -> tuple[Asked, Any]:
        """Return the token vectors and candidates of a batch."""
        return asked, batch(encoder, search, store, np.asarray(asked.positions))

    def scored(found: tuple[Asked, Any]) -> tuple[Asked, Any]:
        """Return positions and scores of the best passages."""
        return found[0], [search.top(query, near, depth) for query, near in found[1]]

    def listed(found: tuple[Asked, Any]) -> pl.DataFrame:
        """Return the ranking."""
        return ranking_of(found[0].ids, passage_ids, found[1])

    return [("candidates", candidates), ("exact scores", scored), ("rest", listed)], waiting(
        encoder.device
    )
