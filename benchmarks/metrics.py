"""Queries evaluated a second: ours, and pytrec_eval, at the size of MS MARCO's dev set."""

import numpy as np
import polars as pl
import pytrec_eval
from alternate import alternate, options

from tasb.metrics.evaluate import evaluate

QUERIES, DEPTH, PASSAGES = 6_980, 1_000, 8_841_823
NAMES = ["ndcg@10", "mrr@10", "recall@1000", "map@1000"]
THEIRS = {"ndcg_cut_10", "recip_rank", "recall_1000", "map_cut_1000"}


def main() -> None:
    """Print one row: from a table to values per query, and from dicts to values per query."""
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
    run: dict[str, dict[str, float]] = {}
    for q, p, score in ranking.iter_rows():
        run.setdefault(q, {})[p] = score
    evaluator = pytrec_eval.RelevanceEvaluator(judged, THEIRS)
    alternate(
        "metrics, 6,980 × 1,000",
        QUERIES,
        "queries",
        lambda: evaluate(ranking, qrels, NAMES, 1),
        lambda: evaluator.evaluate(run),
        given.repetitions,
    )


if __name__ == "__main__":
    main()
