"""The configs that come with the project, as Snakemake merges them into config/config.yaml."""

import pytest
import yaml

from tasb.config.load import load_config
from tasb.config.model import merged
from tasb.students.config import Training

FILES = ("msmarco", "examples/scifact", "examples/squad", "examples/trec-dl-2019")


@pytest.fixture
def load(raw, root):
    return lambda name: load_config(
        merged(raw, yaml.safe_load((root / "config" / f"{name}.yaml").read_text()))
    )


@pytest.mark.parametrize("name", FILES)
def test_each_is_valid_and_names_its_collection(load, name):
    config = load(name)
    assert config.collection == name.rpartition("/")[2]


def test_on_ms_marco_every_run_has_the_paper_s_values(load):
    """Those of `Training`, but for what tells one row of a table from another."""
    config, paper = load("msmarco"), Training()
    rows = {"sampler", "margins", "pairwise_loss", "in_batch_loss", "early_stopping", "steps"}
    rows |= {"in_batch_form", "seed", "batch_size", "gradient_cache"}
    for name, run in config.runs.items():
        assert run.model_dump(exclude=rows) == paper.model_dump(exclude=rows), name
    assert {run.margins for run in config.runs.values()} == {None, "bert-cat-ensemble"}
    assert {run.batch_size for run in config.runs.values()} == {32, 96, 256}
    assert {run.clusters for run in config.runs.values()} == {"default"}
    assert config.clusters["default"].k == 2000
    assert {run.steps for name, run in config.runs.items() if name != "baseline"} == {800_000}


def test_on_ms_marco_colbert_has_the_paper_s_values(load):
    colbert, paper = load("msmarco").trained("colbert"), Training()
    own = {"kind", "model", "margins", "steps", "early_stopping"}
    assert colbert.model_dump(exclude=own) == paper.model_dump(exclude=own)


@pytest.mark.parametrize("table", ["table3", "table4", "table5", "table6"])
def test_on_ms_marco_the_rows_of_a_table_are_rows_of_the_paper(load, root, table):
    published = {line.split("\t")[0]
                 for line in (root / "resources" / "paper" / f"{table}.tsv").open()}  # fmt: skip
    named = {row.paper for row in load("msmarco").tables[table].rows if row.paper}
    assert named <= published
    assert len(named) >= 4


def test_runs_that_stand_in_several_tables_are_trained_once(load):
    """TCT (ours), Margin-MSE (ours) and TAS-B at batch 32 are cells of Table 4."""
    tables = load("msmarco").tables
    rows = {row.paper: row.system for row in tables["table6"].rows}
    assert rows["tct-ours"] == "in-batch-random"
    assert rows["margin-mse-ours"] == "pairwise-random"
    assert rows["tas-balanced-32"] == "dual-tas-balanced"
    assert tables["table5"].rows[0].system == "dual-tas-balanced"
    assert tables["table3"].rows[-1].system == "dual-tas-balanced"
