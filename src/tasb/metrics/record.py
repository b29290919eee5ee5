"""Where a number comes from: beside the metrics of a system, all that they rest on."""

import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tasb.files import read_json, sha256, write_json
from tasb.vectors.shards import read_computed_by
from tasb.versions import versions

BENCHMARKS = "results/benchmarks"
"""Where Snakemake's measurements of a job lie, under the path of what it made."""


def write_record(recipe: Mapping[str, Any], files: Any, path: str | Path) -> None:
    """Write the record of a system's metrics on a query set.

    It holds ``metrics`` (means), ``config`` (see `tasb.config.slice`; the seed is in it),
    ``sha256`` of data, weights and ranking, ``trainings`` (device, precision, threads, seconds,
    peak memory and package versions of every model that was trained for it), ``vectors`` (the
    same of its vectors, without times), ``jobs`` (seconds and peak memory of the system's own
    jobs), and ``machine`` and ``packages`` as they are when
    the record is written.

    Args:
        recipe: system, query_set, config.
        files: with attributes means, times (of trainings), data, made and vectors, see
            `tasb.config.inputs.Inputs.record`.
        path: the JSON file.
    """
    means = pl.read_parquet(files.means)
    write_json(
        path,
        {
            **{key: recipe[key] for key in ("system", "query_set", "config")},
            "metrics": dict(means.select("metric", "value").iter_rows()),
            "queries": int(means["queries"][0]),
            "sha256": {str(file): sha256(file) for file in files.data},
            "trainings": {Path(file).parent.name: read_json(file) for file in files.times},
            "vectors": {file: read_computed_by(file) for file in files.get("vectors", [])},
            "jobs": _jobs(files.made),
            "machine": platform.platform(),
            "packages": versions(),
        },
    )


def _jobs(made: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return what was measured of the jobs that made some files, as far as it was."""
    places = {file: Path(BENCHMARKS, *Path(file).parts[1:]).with_suffix(".tsv") for file in made}
    return {file: _measured(place) for file, place in places.items() if place.is_file()}


def _measured(file: Path) -> dict[str, float]:
    """Return seconds and peak memory (resident, in megabytes) from a benchmark file."""
    last = pl.read_csv(file, separator="\t", infer_schema=False).row(-1, named=True)
    memory = last["max_rss"]
    found = {"seconds": float(last["s"])}
    return found if memory in ("NA", "-") else {**found, "peak_memory_megabytes": float(memory)}
