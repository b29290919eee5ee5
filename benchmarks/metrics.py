"""Queries evaluated a second: ours, and pytrec_eval, at the size of MS MARCO's dev set.

pytrec_eval reads dictionaries; they are made from the same table, or are ready.
"""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytrec_eval
from alternate import alternate, options

from tasb.metrics.evaluate import evaluate

QUERIES, DEPTH, PASSAGES = 6_980, 1_000, 8_841_823
NAMES = ["ndcg@10", "mrr@10", "recall@1000", "map@1000"]
THEIRS = {"ndcg_cut_10", "recip_rank", "recall_1000", "map_cut_1000"}

Run = dict[str, dict[str, float]]


def dictionaries(ranking: pl.DataFrame) -> Run:
    """Return the scores of a ranking by query and passage."""
    run: Run = {}
    for query, passage, score in ranking.iter_rows():
        run.setdefault(query, {})[passage] = score
    return run


def main() -> None:
    """Print two rows: with the making of pytrec_eval's dictionaries, and without."""
    given = options(__doc__)
    rng = np.random.default_rng(0)
    query = np.repeat(np.arange(QUERIES), DEPTH).astype(str)
    ranking = pl.DataFrame(
        {
            "query_id": query,
            "passage_id": rng.integers(0, PASSAGES, len(query)).astype(str),
            "score": rng.normal(100, 5, len(query)).astype(np.float32),
        }
    ).unique(["query_id", "passage_id"], maintain_order=True)
    found = ranking.group_by("query_id", maintain_order=True).agg(pl.col("passage_id").get(40))
    qrels = found.with_columns(grade=pl.lit(1))
    judged = {q: {p: 1} for q, p in qrels.select("query_id", "passage_id").iter_rows()}
    run = dictionaries(ranking)
    evaluator = pytrec_eval.RelevanceEvaluator(judged, THEIRS)
    sides: dict[str, Callable[[], Run]] = {
        "from a table": lambda: dictionaries(ranking),
        "dictionaries ready": lambda: run,
    }
    for name, made in sides.items():
        alternate(
            f"metrics, 6,980 × 1,000, {name}",
            QUERIES,
            "queries",
            lambda: evaluate(ranking, qrels, NAMES, 1),
            lambda made=made: evaluator.evaluate(made()),
            given.repetitions,
        )


if __name__ == "__main__":
    main()
