import pytest
from pydantic import ValidationError

from tasb.students.run import TrainingRun


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"sampler": {"kind": "tas", "clusters_per_batch": 33}},
            "clusters_per_batch is larger than batch_size",
        ),
        ({"losses": {"pairwise": None}}, "pairwise and in_batch are both null"),
        (
            {"model": "bert-cat", "losses": {"in_batch": "margin-mse"}},
            "model 'bert-cat' scores no whole batch",
        ),
        ({"pairs": "collection"}, "'margin-mse' needs scored pairs: set pairs.teacher"),
        (
            {"pairs": "collection", "losses": {"pairwise": "ranknet"}, "sampler": "tas-balanced"},
            "'tas-balanced' needs scored pairs: set pairs.teacher",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_key(settings, message):
    with pytest.raises(ValidationError, match=message):
        TrainingRun(**settings)


@pytest.mark.parametrize("model", ["bert-cat", "colbert"])
def test_any_model_may_stop_early(model):
    assert TrainingRun(model=model).early_stopping is not None


@pytest.mark.parametrize(
    ("losses", "alpha"),
    [
        ({}, None),
        ({"alpha": 0.5}, None),
        ({"in_batch": "kl"}, 0.75),
        ({"in_batch": "kl", "alpha": "0.5"}, 0.5),
        ({"in_batch": "kl", "pairwise": None, "alpha": 0.5}, None),
        ({"in_batch": "kl", "pairwise": "null"}, None),
    ],
)
def test_alpha_weighs_two_losses_and_nothing_else(losses, alpha):
    assert TrainingRun(losses=losses).losses.alpha == alpha


def test_the_loop_of_a_run_is_its_keys_without_the_kinds():
    run = TrainingRun(lr=1e-3, seed=4, sampler="tas")
    assert run.loop.lr == 1e-3
    assert set(run.plain()) - set(run.loop.plain()) == {
        "init", "model", "sampler", "pairs", "losses", "search", "generations", "generation"
    }  # fmt: skip
