"""Where a number comes from: next to the metrics of a system, all that they rest on."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tasb.collection.tables import read_ids
from tasb.files import read_json, write_json
from tasb.jobs import Job, function
from tasb.metrics.evaluate import write_metrics
from tasb.versions import versions


def make(job: Job) -> None:
    """Evaluate a system on all reported query sets, and write the record of each."""
    recipe = job.recipe
    shared = {
        "system": recipe["system"],
        **evidence(job.files("made"), job.files("times")),
        "machine": platform.platform(),
        "packages": versions(),
    }
    for place, query_set in enumerate(recipe["query_sets"]):
        per_query, means, path = (
            job.outputs[name][place] for name in ("per_query", "means", "record")
        )
        ranking, qrels = _ranking(job, place), job.inputs["qrels"][place]
        write_metrics(ranking, qrels, recipe["names"], recipe["levels"][place], per_query, means)
        found = pl.read_parquet(means)
        write_json(
            path,
            {
                **shared,
                "query_set": query_set,
                "config": recipe["configs"][place],
                "metrics": dict(found.select("metric", "value").iter_rows()),
                "queries": int(found["queries"][0]),
            },
        )


def _ranking(job: Job, place: int) -> pl.DataFrame:
    """Return the ranking of a query set, from the job that made it or from a run file."""
    recipe = job.recipe
    if "runs" not in recipe:
        columns = ["query_id", "passage_id", "score"]
        return pl.read_parquet(job.inputs["rankings"][place], columns=columns)
    queries = read_ids(job.inputs["queries"][place])
    found: pl.DataFrame = function(recipe["reader"])(recipe["runs"][place], queries)
    own = pl.col("query_id") == pl.col("passage_id")
    return found.filter(~own) if recipe["drop_own_passage"] else found


def evidence(made: Sequence[str], times: Sequence[str]) -> dict[str, Any]:
    """Return what all that a system is made from says of itself.

    Args:
        made: the sidecars, see `tasb.jobs.run`.
        times: the times of trainings, see `tasb.students.make.write_outputs`.

    Returns:
        ``sha256`` of every file; ``jobs``: seconds, peak memory, device, precision, threads and
        versions of every job; ``trainings``: the same over all sessions of every training.
    """
    sidecars = {_name(path): read_json(path) for path in made}
    digests = {file: digest for found in sidecars.values()
               for file, digest in found["sha256"].items()}  # fmt: skip
    return {
        "sha256": digests,
        "jobs": {name: _without_digests(found) for name, found in sidecars.items()},
        "trainings": {Path(path).parent.name: read_json(path) for path in times},
    }


def _name(sidecar: str) -> str:
    return sidecar.removeprefix("results/").removesuffix(".made.json")


def _without_digests(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in ("sha256", "from")}
