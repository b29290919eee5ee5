"""Every training pair with the scores of the pairwise teacher."""

from pathlib import Path

import polars as pl

from tasb.files import whole
from tasb.jobs import Job, log
from tasb.models.device import prepare
from tasb.teachers.scorers import open_scorer
from tasb.teachers.scoring import PairScorer


def make(job: Job) -> None:
    """Score all training pairs."""
    scorer = open_scorer(job.recipe["scorer"], job.inputs, prepare(job))
    job.about["precision"] = scorer.precision
    write_pair_scores(job.file("pairs"), scorer, job.output("pairs"))


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
