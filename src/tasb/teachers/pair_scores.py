"""Every training pair with the scores of the pairwise teacher."""

from pathlib import Path

import polars as pl

from tasb.collection.pairs import SCORES
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import log
from tasb.teachers.scoring import PairScorer


def write_pair_scores(pairs: str | Path, scorer: PairScorer, path: str | Path) -> None:
    """Score each (query, passage) of the pairs once, and write the pairs with both scores.

    Columns: query, positive, negative, positive_score, negative_score.
    """
    table = pl.read_parquet(pairs).select("query", "positive", "negative")
    sides = [table.select("query", passage=pl.col(side)) for side in ("positive", "negative")]
    unique = pl.concat(sides).unique(maintain_order=True)
    query, passage = unique["query"].to_numpy(), unique["passage"].to_numpy()
    scores = unique.with_columns(score=scorer.scores(query, passage))
    for side in ("positive", "negative"):
        named = scores.rename({"passage": side, "score": f"{side}_score"})
        table = table.join(named, on=["query", side], how="left", maintain_order="left")
    margin = table["positive_score"] - table["negative_score"]
    log.info(
        "%d pairs, %d scores; margin %.2f on average, %.0f %% above zero",
        len(table), len(scores), margin.mean(), 100 * float((margin > 0).to_numpy().mean()),
    )  # fmt: skip
    with whole(path) as part:
        table.write_parquet(part)


def write_published_scores(pairs: str | Path, path: str | Path) -> None:
    """Write the scores that were published with the pairs.

    Raises:
        TasbError: the pairs carry no scores.
    """
    table = pl.read_parquet(pairs)
    if SCORES[0] not in table.columns:
        raise TasbError(
            "teachers: kind 'published' needs a pairs file with teacher scores (five columns: "
            "positive_score negative_score query positive negative); this one has ids alone"
        )
    with whole(path) as part:
        table.write_parquet(part)
