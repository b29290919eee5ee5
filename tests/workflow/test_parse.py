"""What a call of Snakemake reads, refuses and finds, before any job runs."""

import re
import shutil

import pytest

HEAVY = {"torch", "transformers", "faiss", "polars", "numba", "ranx", "scipy"}
"""Not pyarrow: Snakemake imports pandas, and so pyarrow, by itself once there are results."""


def counts(output):
    """Return the number of jobs of each rule, from what Snakemake says."""
    table = output.partition("Job stats:")[2].partition("total")[0]
    return {name: int(number) for name, number in re.findall(r"^(\S+) +(\d+)$", table, re.M)}


def test_the_dag_is_parsed_without_heavy_packages(snakemake):
    process = snakemake("-n", python=("-X", "importtime"))
    assert process.returncode == 0, process.stderr[-3000:]
    imported = set(re.findall(r"^import time:.*\| +([\w.]+)$", process.stderr, re.M))
    assert {"tasb.graph", "tasb.students.artifacts"} <= imported
    assert HEAVY & {name.partition(".")[0] for name in imported} == set()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("studnets={lr: 1}", "config: unknown key 'studnets'; did you mean 'students'?"),
        ("students={lr: abc}", "config: students.lr: a number is needed (found 'abc')"),
        (
            "clusters={default: {system: dual-tas}}",
            "config: runs.dual-tas: references form a cycle: "
            "runs.dual-tas -> clusters.default -> runs.dual-tas",
        ),
    ],
)
def test_a_wrong_config_is_one_line_that_names_the_key(snakemake, setting, message):
    process = snakemake("-n", "--config", setting)
    assert process.returncode == 1
    output = process.stdout + process.stderr
    lines = [line for line in output.splitlines() if line.startswith("config:")]
    assert len(lines) == 1
    assert lines[0].startswith(message)
    assert "Traceback" not in output


def test_the_tables_are_found_under_each_of_their_names(snakemake):
    names = ["results/tables", "results/tables/", "tables", "table4"]
    process = snakemake(*names, "-n")
    assert process.returncode == 0, process.stderr[-3000:]
    jobs = counts(process.stdout)
    assert [jobs[name] for name in names] == [1, 1, 1, 1]
    assert jobs["training"] == 37
    assert jobs["table"] == 10


def test_settings_of_the_command_line_reach_the_jobs(snakemake):
    setting = "students={lr: 1e-5, query_passes: 2, early_stopping: null}"
    process = snakemake("-n", "--config", setting)
    assert process.returncode == 0, process.stderr[-3000:]
    assert "early_stopping_set" not in counts(process.stdout)


def test_a_dry_run_is_read_at_a_glance(house, snakemake, tmp_path):
    made = shutil.ignore_patterns("results", "logs", ".snakemake")
    folder = shutil.copytree(house, tmp_path / "house", ignore=made)
    process = snakemake("-n", folder=folder)
    assert process.returncode == 0, process.stderr[-3000:]
    assert len(counts(process.stdout)) > 20
    assert len((process.stdout + process.stderr).splitlines()) < 60
