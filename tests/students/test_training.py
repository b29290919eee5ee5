"""The training loop: resuming, logging and stopping."""

import threading
from dataclasses import replace
from itertools import islice

import polars as pl
import pytest
import torch

from tasb.errors import TasbError
from tasb.plans.plan import read_plan
from tasb.students.artifacts import losses_of
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import EarlyStopping
from tasb.students.evaluator import Evaluator
from tasb.students.loss_kinds import Losses
from tasb.students.objective import Objective
from tasb.students.schedule import learning_rate
from tasb.students.training import Trainer
from tasb.teachers.in_batch import LiveTeacher, StoredTeacher, write_in_batch_scores
from tasb.teachers.stored import StoredMargins

STEPS = 12


@pytest.fixture(scope="session")
def candidates(world):
    """Each query of the pairs with its positives, which are relevant, and its negatives."""
    path = world.folder / "early_stopping_set.parquet"
    pairs = pl.read_parquet(world.pairs)
    sides = [
        pairs.select("query", passage=side, grade=pl.lit(grade))
        for side, grade in (("positive", 1), ("negative", 0))
    ]
    ids = [
        pl.format("q{}", "query").alias("query_id"),
        pl.format("p{}", "passage").alias("passage_id"),
    ]
    pl.concat(sides).unique(maintain_order=True).with_columns(ids).write_parquet(path)
    return path


@pytest.fixture(scope="session")
def teacher(world, tmp_path_factory):
    shard = tmp_path_factory.mktemp("scores") / "scores.arrow"
    write_in_batch_scores(world.plan, (0, STEPS), LiveTeacher(world.teacher()), shard)
    return StoredTeacher(StoredMargins([shard]), torch.device("cpu"))


@pytest.fixture
def new_trainer(world, tiny_run, candidates, teacher, tmp_path):
    def make(folder="run", **changes) -> Trainer:
        taught_alone = changes.pop("in_batch_loss", "") == "none"
        run = tiny_run.model_copy(update=changes)
        if taught_alone:
            run = run.model_copy(update={"losses": Losses(in_batch=None)})
        settings, taught = run.loop, None if taught_alone else teacher
        stores = world.student(), world.queries, world.passages
        objective = Objective(settings, losses_of(run), *stores, taught, settings.precision)
        evaluator = None
        if settings.early_stopping is not None:
            evaluator = Evaluator(candidates, world.queries, world.passages, (8, 12), "fp32")
        trainer = Trainer(settings, objective, evaluator, CheckpointFolder(tmp_path / folder, "x"))
        trainer.resume()
        return trainer

    return make


def batches(world, trainer, stop=STEPS):
    return read_plan(world.plan, trainer.progress.step, stop)


def weights(trainer):
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def equal(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


def log(trainer):
    return trainer.progress.lines


@pytest.mark.parametrize(
    ("killed_after", "rule"),
    [(2, None), (8, EarlyStopping(interval=2, patience=9, minimum=0))],
)
def test_a_resumed_training_gives_the_identical_weights_and_log(
    world, new_trainer, killed_after, rule
):
    whole = new_trainer("whole", early_stopping=rule)
    assert whole.model.encoder.transformer.config.hidden_dropout_prob > 0
    whole.train(batches(world, whole))
    killed = new_trainer("killed", early_stopping=rule)
    killed.train(islice(batches(world, killed), killed_after))
    resumed = new_trainer("killed", early_stopping=rule)
    assert resumed.progress.step == killed_after - killed_after % 3
    resumed.train(batches(world, resumed))
    assert equal(weights(resumed), weights(whole))
    assert resumed.progress.lines == whole.progress.lines


def test_half_precision_trains_close_to_fp32_and_resumes_to_the_identical_weights(
    world, new_trainer
):
    full, half, killed = (
        new_trainer(name, precision=precision, log_interval=1)
        for name, precision in (("full", "fp32"), ("half", "bf16"), ("killed", "bf16"))
    )
    for trainer, steps in ((full, STEPS), (half, STEPS), (killed, 5)):
        trainer.train(batches(world, trainer, steps))
    losses = [[line["loss"] for line in log(trainer)] for trainer in (full, half)]
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert {value.dtype for value in weights(half).values()} == {torch.float32}
    resumed = new_trainer("killed", precision="bf16", log_interval=1)
    resumed.train(batches(world, resumed))
    assert equal(weights(resumed), weights(half))


def test_a_loss_that_is_not_finite_ends_the_training_with_the_way_out(world, new_trainer):
    trainer = new_trainer(lr=1e38, schedule="constant", log_interval=1)
    with pytest.raises(TasbError, match=r"the loss is nan after \d+ steps.* lower lr"):
        trainer.train(batches(world, trainer))
    assert all(line["loss"] < float("inf") for line in log(trainer))


def test_the_loop_waits_for_its_device_at_the_lines_of_the_log_alone(
    world, new_trainer, monkeypatch
):
    """Whatever fetches a value from a GPU makes the loop wait; the CPU stands in for it."""
    trainer, waits = new_trainer(log_interval=4, checkpoint_interval=100), []
    trainer.model.encoder.packs = True
    for name in ("item", "__float__", "__bool__", "__int__", "cpu", "numpy", "tolist", "nonzero"):
        fetch = getattr(torch.Tensor, name)

        def counted(tensor, *args, fetch=fetch, name=name, **options):
            if threading.current_thread() is threading.main_thread():
                waits.append((trainer.progress.step, name))
            return fetch(tensor, *args, **options)

        monkeypatch.setattr(torch.Tensor, name, counted)
    trainer.train(batches(world, trainer, 8))
    assert {step for step, _ in waits} == {4, 8}
    assert [name for _, name in waits] == ["__float__"] * 2 * 3


def test_a_training_on_packed_texts_is_that_on_padded_ones(world, new_trainer):
    """Without dropout, whose draws differ."""
    found = []
    for packs in (False, True):
        trainer = new_trainer(str(packs), log_interval=1)
        for module in trainer.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        trainer.model.encoder.packs = packs
        trainer.train(batches(world, trainer))
        found.append([line["loss"] for line in log(trainer)])
    assert len(found[0]) == STEPS
    assert found[1] == pytest.approx(found[0], rel=1e-3)


def test_equal_seeds_give_equal_weights_and_another_seed_gives_others(world, new_trainer):
    trained = []
    for folder, seed in (("a", 0), ("b", 0), ("c", 1)):
        trainer = new_trainer(folder, seed=seed)
        trainer.train(batches(world, trainer, 3))
        trained.append(weights(trainer))
    assert equal(trained[0], trained[1])
    assert not equal(trained[0], trained[2])


def test_a_log_line_holds_the_means_since_the_line_before(world, new_trainer):
    each, some = (
        new_trainer("each", log_interval=1, steps=5),
        new_trainer("some", log_interval=3, steps=5),
    )
    for trainer in (each, some):
        trainer.train(batches(world, trainer, 5))
    lines, means = log(each), log(some)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5]
    assert [line["step"] for line in means] == [3, 5]
    for line, steps in zip(means, (lines[:3], lines[3:])):
        for name in ("loss", "pairwise_loss", "in_batch_loss"):
            mean = sum(step[name] for step in steps) / len(steps)
            assert line[name] == pytest.approx(mean, rel=1e-6)
        assert line["lr"] == learning_rate(some.settings, line["step"] - 1)


def test_a_step_is_that_of_adam_with_the_rate_of_the_schedule(world, new_trainer):
    """The first update of Adam is the rate times g / (|g| + eps)."""
    trainer = new_trainer(schedule="constant")
    before = weights(trainer)
    trainer.train(batches(world, trainer, 1))
    checked = 0
    for name, parameter in trainer.model.named_parameters():
        if parameter.grad is not None:
            update = 1e-3 * parameter.grad / (parameter.grad.abs() + 1e-8)
            expected = before[name] - update
            torch.testing.assert_close(parameter.detach(), expected, atol=1e-6, rtol=1e-5)
            checked += 1
    assert checked > 20


def test_gradients_are_clipped_to_their_norm(world, new_trainer):
    trainer = new_trainer(clip_norm=1e-3)
    trainer.train(batches(world, trainer, 1))
    squares = [
        parameter.grad.pow(2).sum()
        for parameter in trainer.model.parameters()
        if parameter.grad is not None
    ]
    assert float(sum(squares)) ** 0.5 == pytest.approx(1e-3, rel=1e-3)


STANDSTILL = {"lr": 1e-30}
"""A rate that changes no weight, so that no evaluation is better than the first."""


@pytest.mark.parametrize(
    ("patience", "minimum", "last"),
    [(1, 0, 4), (2, 0, 6), (2, 7, 7), (5, 0, STEPS)],
)
def test_a_training_ends_by_patience_but_not_before_its_minimum(
    world, new_trainer, patience, minimum, last
):
    rule = EarlyStopping(interval=2, patience=patience, minimum=minimum)
    trainer = new_trainer(early_stopping=rule, **STANDSTILL)
    trainer.train(batches(world, trainer))
    assert trainer.progress.step == last
    assert trainer.progress.best_step == 2


def test_a_better_evaluation_gives_back_the_patience(world, new_trainer):
    rule = EarlyStopping(interval=2, patience=2, minimum=0)
    trainer = new_trainer(early_stopping=rule, **STANDSTILL)
    trainer.progress.best, trainer.progress.without_gain = 0.0, 1
    trainer.train(batches(world, trainer))
    assert trainer.progress.step == 6


def test_each_step_has_a_dropout_of_its_own(world, new_trainer):
    trainer = new_trainer(in_batch_loss="none", log_interval=1, **STANDSTILL)
    batch = next(batches(world, trainer))
    trainer.train(replace(batch, step=step) for step in range(3))
    assert len({line["loss"] for line in log(trainer)}) == 3


def test_a_training_that_ended_early_does_not_go_on_when_it_is_resumed(world, new_trainer):
    rule = EarlyStopping(interval=2, patience=2, minimum=0)
    for _ in range(2):
        trainer = new_trainer(early_stopping=rule, **STANDSTILL)
        trainer.train(batches(world, trainer))
        assert trainer.progress.step == 6


def ideal_of(model, world, path):
    """Write candidates whose grades are in the order of the model's own scores."""

    def ready(store, length):
        texts = store.texts(range(len(store)), model.encoder.special, length)
        return model.encoder.ready(texts, 16_384)

    with torch.no_grad():
        queries = model.eval()(ready(world.queries, 8))
        passages = model(ready(world.passages, 12))
    ranks = (-(queries @ passages.T)).argsort(1).argsort(1)
    rows = [
        {"query": q, "passage": p, "query_id": f"q{q}", "passage_id": f"p{p}", "grade": 24 - rank}
        for q, row in enumerate(ranks.tolist())
        for p, rank in enumerate(row)
    ]
    pl.DataFrame(rows).write_parquet(path)


def test_the_weights_of_the_best_evaluation_are_chosen(world, new_trainer, tmp_path):
    until_best = new_trainer("until best")
    until_best.train(batches(world, until_best, 4))
    ideal_of(until_best.model, world, tmp_path / "ideal.parquet")
    rule = EarlyStopping(interval=1, patience=3, minimum=0)
    trainer = new_trainer(early_stopping=rule)
    stores = world.queries, world.passages
    trainer.evaluator = Evaluator(tmp_path / "ideal.parquet", *stores, (8, 12), "fp32")
    trainer.train(batches(world, trainer))
    values = {line["step"]: line["ndcg@10"] for line in log(trainer) if "ndcg@10" in line}
    assert values.pop(4) == pytest.approx(1)
    assert max(values.values()) < 0.9999
    assert (trainer.progress.best_step, trainer.progress.step) == (4, 7)
    assert equal(weights(trainer), weights(until_best))


def test_the_last_step_is_evaluated_too(world, new_trainer):
    rule = EarlyStopping(interval=5, patience=9, minimum=0)
    trainer = new_trainer(early_stopping=rule)
    trainer.train(batches(world, trainer))
    assert [line["step"] for line in log(trainer) if "ndcg@10" in line] == [5, 10, 12]
