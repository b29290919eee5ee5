"""Seconds that Snakemake takes to plan: the default config, and a table of many runs."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from alternate import seconds

RUNS = 300
"""A run adds four jobs: training, vectors, search, metrics."""


def many_runs(path: Path) -> None:
    """Write a config whose one table compares many learning rates."""
    names = [f"lr{number}" for number in range(RUNS)]
    runs = {name: {"lr": 1e-5 + 1e-8 * number} for number, name in enumerate(names)}
    tables: dict[str, object] = {}
    for part in range(0, RUNS, 50):
        rows = [{"system": name, "labels": [name]} for name in names[part : part + 50]]
        settings = {"title": "Rates", "columns": ["Run"], "metrics": ["ndcg@10"], "rows": rows}
        tables[f"rates{part}"] = settings
    rates = list(tables)
    path.write_text(yaml.safe_dump({"runs": runs, "tables": tables, "targets": rates}))


def plan(*arguments: str) -> tuple[float, int]:
    """Return the seconds of a dry run, and the number of its jobs."""
    outputs = []
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "-n", "--forceall"]
    command += arguments
    environment = {**os.environ, "PYTHONPATH": "src"}

    def work() -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        outputs.append(done.stdout)

    spent = min(seconds(work) for _ in range(3))
    line = next(line for line in outputs[0].splitlines() if line.startswith("total"))
    return spent, int(line.split()[1])


def main() -> None:
    """Print seconds and jobs of both."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "many.yaml"
        many_runs(config)
        for name, files in (("default", []), ("many runs", ["--configfile", str(config)])):
            spent, jobs = plan("results/tables", *files)
            each = 1000 * spent / jobs
            print(f"| {name} | {jobs:,} jobs | {spent:.1f} s | {each:.1f} ms a job |")


if __name__ == "__main__":
    main()
