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
    """Those of `Training`, but for what tells one row of Table 4 from another."""
    config, paper = load("msmarco"), Training()
    rows = {"sampler", "margins", "pairwise_loss", "in_batch_loss", "early_stopping", "steps"}
    for name, run in config.runs.items():
        assert run.model_dump(exclude=rows) == paper.model_dump(exclude=rows), name
    assert {run.margins for run in config.runs.values()} == {None, "bert-cat-ensemble"}
    assert config.clusters["default"].k == 2000
    assert {run.steps for name, run in config.runs.items() if name != "baseline"} == {800_000}


def test_on_ms_marco_colbert_has_the_paper_s_values(load):
    colbert, paper = load("msmarco").trained("colbert"), Training()
    own = {"kind", "model", "margins", "steps", "early_stopping"}
    assert colbert.model_dump(exclude=own) == paper.model_dump(exclude=own)
