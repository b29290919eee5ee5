"""The part of a config that a record keeps."""

import copy
from pathlib import Path

import pytest
import yaml

from tasb.config.load import load
from tasb.metrics.provenance import config_of
from tasb.settings import merged

CONFIG = Path(__file__).parents[2] / "config" / "config.yaml"


@pytest.fixture
def raw():
    return yaml.safe_load(CONFIG.read_text())


def sliced(raw, change=None, system="dual-tas-balanced"):
    graph = load(merged(copy.deepcopy(raw), change or {}))
    return config_of(graph, system, "test", [graph.ranking(system, "test")])


def test_a_ranking_by_words_rests_on_texts_and_the_system_alone(raw):
    found = sliced(raw, system="bm25")
    assert set(found) == {
        "collection", "seed", "rankings", "metrics", "collections", "encoders", "systems", "tables"
    }  # fmt: skip
    assert set(found["systems"]) == {"bm25"}
    assert found["encoders"] == {}
    assert set(found["collections"]["mini"]["query_sets"]) == {"test"}
    assert "train_queries" not in found["collections"]["mini"]


def test_a_run_rests_on_its_teachers_its_clusters_and_the_baseline(raw):
    found = sliced(raw)
    assert set(found["runs"]) == {"dual-tas-balanced", "baseline", "bert-cat", "colbert"}
    assert set(found["clusters"]) == {"default"}
    assert set(found["encoders"]) == {"minilm"}
    assert found["early_stopping_set"]["system"] == "baseline"
    assert found["seed"] == raw["seed"]


def test_a_pairwise_run_with_random_batches_rests_on_no_clusters_and_no_colbert(raw):
    change = {"runs": {"pairwise-random": {"early_stopping": None}}}
    found = sliced(raw, change, "pairwise-random")
    assert set(found["runs"]) == {"pairwise-random", "bert-cat"}
    assert "clusters" not in found
    assert "early_stopping_set" not in found


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"runs": {"dual-random": {"losses": {"alpha": 0.5}}}}, False),
        ({"runs": {"dual-tas": {"losses": {"alpha": 0.5}}}}, True),
        ({"runs": {"baseline": {"lr": 1e-5}}}, False),
        ({"clusters": {"default": {"k": 3}}}, False),
        ({"systems": {"bm25": {"k1": 1.2}}}, True),
        ({"collections": {"mini": {"query_sets": {"graded": {"level": 1}}}}}, True),
        ({"tables": {"table4": {"title": "Another"}}}, True),
        ({"metrics": {"p": 0.01}}, True),
        ({"seed": 1}, False),
    ],
)
def test_it_changes_with_what_the_run_rests_on(raw, change, same):
    assert (sliced(raw, change) == sliced(raw)) is same


@pytest.mark.parametrize("system", ["bm25", "dual-tas-balanced", "bert-cat-rerank", "all-minilm"])
def test_it_is_a_config_of_its_own_that_declares_the_same(raw, system):
    found = sliced(raw, system=system)
    assert sliced(found, system=system) == found


def test_negatives_stand_in_it_where_the_pairs_are_of_bm25_alone(raw):
    assert "negatives" in sliced(raw)
    raw["collections"]["mini"]["pairs"] = "triples.tsv"
    assert "negatives" not in sliced(raw)


def test_a_fusion_rests_on_its_systems_and_on_validation_queries_if_it_is_tuned(raw):
    files = {name: f"{name}.txt" for name in ("test", "graded", "validation")}
    raw["systems"]["theirs"] = {"kind": "trec", "files": files}
    raw["systems"]["joined"] = {"kind": "fuse", "systems": ["bm25", "theirs"]}
    found = sliced(raw, system="joined")
    assert set(found["systems"]) == {"joined", "bm25", "theirs"}
    assert set(found["systems"]["theirs"]["files"]) == {"test", "validation"}
    assert found["collections"]["mini"]["query_sets"].keys() == {"test"}
    assert "runs" not in found
