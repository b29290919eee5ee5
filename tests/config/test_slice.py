import copy

import pytest
from tasb.config.slice import Slices

from tasb.config.load import load_config
from tasb.config.model import merged


def sliced(raw, change=None, system="dual-tas-balanced"):
    return Slices(load_config(merged(copy.deepcopy(raw), change or {}))).of(system, "test")


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
    assert set(found["runs"]) == {"dual-tas-balanced", "baseline"}
    assert set(found["teachers"]) == {"bert-cat", "colbert"}
    assert set(found["clusters"]) == {"default"}
    assert set(found["encoders"]) == {"minilm"}
    assert found["early_stopping_set"]["system"] == "baseline"
    assert found["seed"] == raw["seed"]


def test_a_pairwise_run_with_random_batches_rests_on_no_clusters_and_no_colbert(raw):
    change = {"runs": {"pairwise-random": {"early_stopping": None}}}
    found = sliced(raw, change, "pairwise-random")
    assert set(found["runs"]) == {"pairwise-random"}
    assert set(found["teachers"]) == {"bert-cat"}
    assert "clusters" not in found
    assert "early_stopping_set" not in found


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"runs": {"dual-tas": {"alpha": 0.5}}}, True),
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
    assert Slices(load_config(found)).of(system, "test") == found
