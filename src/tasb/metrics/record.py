"""Where a number comes from: next to the metrics of a system, all that they rest on."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tasb.files import read_json, write_json
from tasb.jobs import Job
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
        ranking, qrels = job.inputs["rankings"][place], job.inputs["qrels"][place]
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
    return {key: value for key, value in found.items() if key != "sha256"}
