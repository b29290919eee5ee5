"""A kind is a declaration, its computation and one word in a union: no rule, no script, no list."""

import json
import re
import shutil

import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("tiny")

DECLARATION = '''
from typing import Literal

from tasb.artifact import Artifact
from tasb.rankings.kinds.base import System, rankings


class Upside(System):
    """The ranking of a system, the last passage first."""

    kind: Literal["upside"]
    system: str
    depth: int = 5

    def ranked(self, graph, name, query_sets) -> Artifact:
        first = graph.ranking(self.system, query_sets[0], key=f"systems.{name}.system")
        settings = {"depth": self.depth}
        return rankings(
            graph, name, query_sets, "tasb.rankings.upside:make", settings, {"first": first}
        )
'''
COMPUTATION = """
import polars as pl

from tasb.rankings.ranking import ranked, write_ranking


def make(job):
    top = pl.read_parquet(job.file("first")).filter(pl.col("rank") <= job.recipe["depth"])
    write_ranking(job, ranked(top.with_columns(score=-pl.col("score"))))
"""
SYSTEM = "{upside-down: {kind: upside, system: bm25}}"
RECORD = "results/metrics/tiny/upside-down/test.record.json"


@pytest.fixture(scope="module")
def extended(finished, tmp_path_factory):
    """A finished job, and the library with one kind of system more."""
    folder = shutil.copytree(finished, tmp_path_factory.mktemp("extended") / "house")
    package = folder / "src" / "tasb" / "rankings"
    (package / "kinds" / "upside.py").write_text(DECLARATION)
    (package / "upside.py").write_text(COMPUTATION)
    union = package / "config.py"
    text = union.read_text()
    text = text.replace("| Trec,", "| Trec\n        | Upside,").replace(
        "from tasb.rankings.kinds.trec",
        "from tasb.rankings.kinds.upside import Upside\nfrom tasb.rankings.kinds.trec",
    )
    union.write_text(text)
    return folder


def test_a_new_kind_runs_through_check_plan_job_and_record(extended, snakemake, tiny_job):
    _, *rest = tiny_job
    with_it = (*rest, "--config", f"systems={SYSTEM}")
    planned = snakemake(RECORD, *with_it, "--dry-run", "--quiet", "host", folder=extended)
    assert re.findall(r"^rule (\w+):", planned.stdout, re.M) == ["ranking", "ranking", "metrics"]
    process = snakemake(RECORD, *with_it, folder=extended)
    assert process.returncode == 0, process.stderr[-4000:]
    place = extended / "results" / "rankings" / "tiny"
    first = pl.read_parquet(place / "bm25" / "test.parquet").filter(pl.col("rank") <= 5)
    found = pl.read_parquet(place / "upside-down" / "test.parquet")
    for query, rows in first.group_by("query_id"):
        own = found.filter(pl.col("query_id") == query[0])
        assert own["score"].to_list() == (-rows["score"]).sort(descending=True).to_list()
    record = json.loads((extended / RECORD).read_text())
    assert record["config"]["systems"].keys() == {"upside-down", "bm25"}
    assert "rankings/tiny/upside-down/test" in record["jobs"]
    misspelt = ("--config", f"systems={SYSTEM}".replace("bm25", "bm26"))
    wrong = snakemake(RECORD, *rest, *misspelt, "--dry-run", folder=extended)
    message = "config: systems.upside-down.system: unknown system or run 'bm26'"
    assert message in wrong.stderr + wrong.stdout


def test_nothing_else_depends_on_the_declaration_of_a_kind(extended, snakemake, tiny_job):
    process = snakemake(*tiny_job, "--dry-run", folder=extended)
    assert process.returncode == 0, process.stderr[-4000:]
    assert "Nothing to be done" in process.stdout + process.stderr
