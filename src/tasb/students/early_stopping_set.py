"""The early-stopping set of section 4.3: candidates that the model in training re-ranks."""

import numpy as np
import polars as pl

from tasb.files import whole
from tasb.jobs import Job, log
from tasb.metrics.evaluate import evaluate
from tasb.rankings.ranking import refuse_unknown_passages
from tasb.seeds import stream
from tasb.students.config import EarlyStoppingSet

STRATA = 5


def draw_queries(
    values: pl.DataFrame, settings: EarlyStoppingSet, random: np.random.Generator
) -> list[str]:
    """Draw the queries of the early-stopping set.

    Args:
        values: query_id, value (the system's MRR@10), sorted by query.
        settings: `queries` to draw; ``uniform``, or ``stratified``: as many from each fifth of
            the range 0 to 1 of the values, or all of a fifth that holds fewer.
        random: the generator of the draw.
    """
    stratum = (values["value"] * STRATA).cast(pl.Int64).clip(0, STRATA - 1)
    count = settings.queries
    if settings.draw == "uniform":
        stratum = stratum * 0
    else:
        count = max(1, settings.queries // STRATA)
    chosen: list[str] = []
    for part in values.with_columns(stratum=stratum).partition_by("stratum"):
        ids = part["query_id"].to_numpy()
        chosen += random.permutation(ids)[:count].tolist()
    return sorted(chosen)


PAIR = ["query", "passage", "query_id", "passage_id"]


def make(job: Job) -> None:
    """Write the candidates of a job."""
    candidates = early_stopping_set(
        pl.read_parquet(job.file("ranking")),
        pl.read_parquet(job.file("qrels")),
        EarlyStoppingSet.model_validate(job.recipe["early_stopping_set"]),
        stream(job.recipe["seed"]),
    )
    with whole(job.output("candidates")) as part:
        candidates.write_parquet(part)


def early_stopping_set(
    found: pl.DataFrame,
    qrels: pl.DataFrame,
    settings: EarlyStoppingSet,
    random: np.random.Generator,
) -> pl.DataFrame:
    """Return the candidates: the top of a ranking, and every relevant passage that it missed.

    Args:
        found: the ranking.
        qrels: the judgments.
        settings: how many queries are drawn, and how; how deep the ranking is read.
        random: the generator of the draw.

    Returns:
        query, passage (positions), query_id, passage_id, grade (0 where not judged).

    Raises:
        TasbError: the ranking has a passage that the collection lacks.
    """
    refuse_unknown_passages(found, "early_stopping_set.system")
    known = pl.col("query").is_not_null() & pl.col("passage").is_not_null()
    judged = qrels.filter(pl.col("grade") >= 1, known)
    values = evaluate(found, judged, ["mrr@10"], level=1).select("query_id", "value")
    chosen = pl.Series(draw_queries(values, settings, random)).implode()
    top = found.filter(pl.col("rank") <= settings.depth).select(PAIR)
    pairs = pl.concat([top, judged.select(PAIR)]).unique()
    pairs = pairs.filter(pl.col("query_id").is_in(chosen))
    grades = judged.select("query", "passage", "grade")
    pairs = pairs.join(grades, on=["query", "passage"], how="left")
    pairs = pairs.with_columns(pl.col("grade").fill_null(0)).sort("query", "passage")
    log.info("%d candidates of %d queries", len(pairs), pairs["query"].n_unique())
    return pairs.select(*PAIR, "grade")
