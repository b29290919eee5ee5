"""The configs that come with the project, as Snakemake merges them into config/config.yaml."""

import pytest
import yaml

from tasb.config.load import load
from tasb.settings import merged
from tasb.students.run import TrainingRun

FILES = (
    "msmarco",
    "msmarco-documents",
    "examples/scifact",
    "examples/squad",
    "examples/trec-dl-2019",
)


@pytest.fixture
def example(raw, root):
    return lambda name: (
        load(merged(raw, yaml.safe_load((root / "config" / f"{name}.yaml").read_text()))).config
    )


@pytest.mark.parametrize("name", FILES)
def test_each_is_valid_and_names_its_collection(example, name):
    config = example(name)
    assert config.collection == name.rpartition("/")[2]


def test_beir_has_its_fourteen_sets_and_the_rule_of_own_passages_for_two(example):
    config = example("beir")
    assert len(config.across) == 25  # and scifact: 14 sets and 12 forums
    assert len(config.tables["beir"].collections) == 15  # MS MARCO among them
    own = {name for name, found in config.collections.items() if found.drop_own_passage}
    assert own == {"arguana", "quora"}


def test_on_ms_marco_every_run_has_the_paper_s_values(example):
    """The defaults of a run, but for what tells one row of a table from another."""
    config, paper = example("msmarco"), TrainingRun()
    rows = {"sampler", "pairs", "losses", "early_stopping", "steps"}
    rows |= {"seed", "batch_size", "gradient_cache"}
    others = (
        "colbert",
        "ance",
        "ltre",
        "tas-b-ltre",
        "rocketqa",
        "mono-bert",
        "duo-bert",
        "deepct",
    )
    students = {name: run for name, run in config.runs.items() if not name.startswith(others)}
    for name, run in students.items():
        assert run.model_dump(exclude=rows) == paper.model_dump(exclude=rows), name
    assert {run.pairs.scored_by for run in students.values()} == {None, "published"}
    assert {run.batch_size for run in students.values()} == {32, 96, 256}
    sampled = {
        run.sampler.clusters for run in students.values() if hasattr(run.sampler, "clusters")
    }
    assert sampled == {"default"}
    assert config.clusters["default"].k == 2000
    assert {run.steps for name, run in students.items() if name != "baseline"} == {800_000}


def test_on_ms_marco_colbert_has_the_paper_s_values(example):
    colbert, paper = example("msmarco").runs["colbert"], TrainingRun()
    own = {"model", "pairs", "steps", "early_stopping"}
    assert colbert.model_dump(exclude=own) == paper.model_dump(exclude=own)


@pytest.mark.parametrize("table", ["table3", "table4", "table5", "table6", "table7"])
def test_on_ms_marco_the_rows_of_a_table_are_rows_of_the_paper(example, root, table):
    published = {line.split("\t")[0]
                 for line in (root / "resources" / "paper" / f"{table}.tsv").open()}  # fmt: skip
    named = {row.paper for row in example("msmarco").tables[table].rows if row.paper}
    assert named <= published
    assert len(named) >= 4


def test_runs_that_stand_in_several_tables_are_trained_once(example):
    """TCT (ours), Margin-MSE (ours) and TAS-B at batch 32 are cells of Table 4."""
    tables = example("msmarco").tables
    rows = {row.paper: row.system for row in tables["table6"].rows}
    assert rows["tct-ours"] == "in-batch-random"
    assert rows["margin-mse-ours"] == "pairwise-random"
    assert rows["tas-balanced-32"] == "dual-tas-balanced"
    assert tables["table5"].rows[0].system == "dual-tas-balanced"
    assert tables["table3"].rows[-1].system == "dual-tas-balanced"


OWN = {
    "collection": "own",
    "collections": {
        "own": {
            "folder": "own",
            "validation": {"fraction": 0.1},
            "query_sets": {"test": {"level": 1}},
        }
    },
}


@pytest.mark.parametrize("size", ["two-cores", "one-gpu"])
def test_a_size_fits_an_own_collection(raw, root, size):
    graph = load(
        merged(merged(raw, OWN), yaml.safe_load((root / f"config/sizes/{size}.yaml").read_text()))
    )
    trained = {name for name in graph.config.runs if f"runs.{name}" in
               {made.declared for made in graph.target("first")}}  # fmt: skip
    assert trained == {"baseline", "bert-cat", "colbert", "dual-tas-balanced"}
    if size == "one-gpu":
        runs = graph.config.runs
        assert {runs[name].passage_length for name in trained} == {200}
        assert {runs[name].frozen_layers for name in runs} == {0}
        assert runs["colbert"].model.head_std == 0.008
