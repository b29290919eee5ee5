"""Released models without vectors: where they can be named, and where not."""

import pytest

from tasb.config.load import load
from tasb.errors import TasbError

RELEASED = {"kind": "checkpoint", "encoder": "minilm", "model": "colbert", "query_length": 12}


@pytest.fixture
def with_released(raw):
    """The config with a released ColBERT that re-ranks and teaches."""
    raw["systems"]["released"] = RELEASED
    raw["systems"]["reranked"] = {"kind": "rerank", "system": "bm25", "model": "released",
                                  "depth": 9}  # fmt: skip
    raw["runs"]["taught"] = {"like": "dual-tas-balanced",
                             "losses": {"in_batch": {"teacher": "released"}}}  # fmt: skip
    return raw


def test_a_released_colbert_teaches_and_reranks(with_released):
    graph = load(with_released)
    scores = graph.plan_scores(graph.config.runs["taught"].plan, "released", 0)
    encoder = graph.encoder("minilm")
    assert scores.settings["scorer"]["card"] == {"query_length": 12}
    for artifact in (scores, graph.ranking("reranked", "test").artifact):
        assert encoder["model"].paths == artifact.sources["model"].paths
        assert encoder["card"].paths == artifact.sources["card"].paths
    reads = [found.name for found in graph.training("taught").closure()]
    assert scores.name in reads
    assert graph.training("colbert").name not in reads


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "tables.table4.rows.0.system",
            "released",
            "system 'released' is of model 'colbert': no vec",
        ),
        ("clusters.default.system", "released", "clusters.default.system: system 'released' is of"),
        (
            "runs.dual-tas.losses.in_batch.teacher",
            "other",
            "teacher: unknown run or system 'other'",
        ),
    ],
)
def test_what_needs_vectors_refuses_it_by_the_key(with_released, changed, key, value, message):
    with pytest.raises(TasbError) as caught:
        load(changed(key, value))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"pooling": "mean"}, "systems.released: pooling: model 'colbert' makes no vectors"),
        (
            {"query_prefix": "q "},
            "systems.released: query_prefix: model 'colbert' makes no vectors",
        ),
        ({"model": "deep-ct"}, "systems.released: model: 'deep-ct' scores no pairs; name a run"),
    ],
)
def test_keys_that_its_model_does_not_read_are_refused(refusal, keys, message):
    found = refusal("systems.released", {**RELEASED, **keys})
    assert message in found
    assert "\n" not in found
