"""Where a number comes from: beside the metrics of a system, all that they rest on."""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from tasb.files import read_json, sha256, write_json
from tasb.versions import versions


def write_record(recipe: Mapping[str, Any], files: Any, benchmarks: str, path: str | Path) -> None:
    """Write the record of a system's metrics on a query set.

    It holds ``metrics`` (means), ``config`` (the settings that they depend on, seed included; as
    a ``--configfile`` they make the same files again), ``sha256`` of data, weights and ranking,
    ``trainings`` (device, precision, threads, seconds, peak memory and package versions of every
    model that was trained for it), ``jobs`` (seconds and peak memory of the system's own jobs),
    and machine and package versions at the time of evaluation.

    Args:
        recipe: system, query_set, config.
        files: with attributes means, times (of trainings), and data (what digests are taken of).
        benchmarks: folder in which Snakemake measured the jobs.
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
            "jobs": _jobs(Path(benchmarks), recipe),
            "machine": platform.platform(),
            "packages": versions(),
        },
    )


def _jobs(benchmarks: Path, recipe: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return what was measured of the jobs from vectors to metrics, as far as it was."""
    query_set = recipe["query_set"]
    found = {}
    for stage in ("vectors", "rankings", "metrics"):
        folder = benchmarks / stage / recipe["config"]["collection"] / recipe["system"]
        for file in sorted(folder.glob("*.tsv")):
            passages = file.stem.startswith("passages-")
            if passages or file.stem in ("index", query_set, f"queries-{query_set}"):
                found[f"{stage}/{file.stem}"] = _measured(file)
    return found


def _measured(file: Path) -> dict[str, float]:
    """Return seconds and peak memory (resident, in megabytes) from a benchmark file."""
    last = pl.read_csv(file, separator="\t", infer_schema=False).row(-1, named=True)
    memory = last["max_rss"]
    found = {"seconds": float(last["s"])}
    return found if memory in ("NA", "-") else {**found, "peak_memory_megabytes": float(memory)}
