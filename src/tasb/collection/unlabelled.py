"""Queries without judgments, alone or after the training queries."""

from pathlib import Path

import polars as pl

from tasb.collection.source import source
from tasb.collection.tables import write_texts
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log


def make(job: Job) -> None:
    """Read the queries of a split, and nothing else."""
    split = job.recipe["split"]
    collection = source(job.recipe["collection"])
    faults = collection.faults("queries", split, job.recipe["ways"])
    write_texts(collection.queries(split, faults), faults, job.output("queries"))
    job.about["counts"] = dict(faults.counts)


def make_augmented(job: Job) -> None:
    """Write the training queries, then the unlabelled ones."""
    write_augmented(job.file("training"), job.file("unlabelled"), job.output("queries"))


def write_augmented(training: str | Path, unlabelled: str | Path, path: str | Path) -> None:
    """Write two tables of queries as one, with positions numbered through.

    Raises:
        TasbError: a query is in both.
    """
    both = [pl.read_parquet(file).select("id", "text") for file in (training, unlabelled)]
    shared = both[0].join(both[1], on="id", how="semi")
    if shared.height:
        raise TasbError(
            f"{unlabelled}: query '{shared['id'][0]}' and {shared.height - 1} others train "
            "already; leave them out of the unlabelled queries"
        )
    texts = (
        pl.concat(both).with_row_index("position").with_columns(pl.col("position").cast(pl.Int32))
    )
    with whole(path) as part:
        texts.write_parquet(part)
    log.info("%d training and %d unlabelled queries", both[0].height, both[1].height)
