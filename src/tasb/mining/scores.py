"""A teacher's scores of the passages that are mined, and of the relevant ones."""

import numpy as np
import polars as pl

from tasb.collection.relevant import Relevant
from tasb.files import whole
from tasb.jobs import Job
from tasb.mining.candidates import SCHEMA
from tasb.models.device import prepare
from tasb.teachers.scorers import open_scorer


def make(job: Job) -> None:
    """Write query, passage, score: each pair once, in order of query."""
    scorer = open_scorer(job.recipe["scorer"], job.inputs, prepare(job))
    job.about["precision"] = scorer.precision
    pairs = asked(job)
    query, passage = (pairs[name].to_numpy() for name in ("query", "passage"))
    scored = pairs.with_columns(score=pl.Series(scorer.scores(query, passage)))
    job.about["counts"] = {"scores": scored.height}
    with whole(job.output("scores")) as part:
        scored.write_parquet(part)


def asked(job: Job) -> pl.DataFrame:
    """Return the pairs that are scored: candidates down to the depth, and judged positives."""
    columns = SCHEMA.names
    ranked = pl.scan_parquet(job.file("candidates")).select(columns)
    kept = ranked.filter(pl.col("rank") <= job.recipe["depth"]).select("query", "passage").collect()
    if job.recipe["positives"] == "judged":
        queries = kept["query"].unique().sort().to_numpy()
        row, passage = Relevant.read(job.file("qrels")).of(queries)
        judged = {"query": queries[row], "passage": passage.astype(np.int32)}
        kept = pl.concat([kept, pl.DataFrame(judged, schema=kept.schema)])
    return kept.unique().sort("query", "passage")
