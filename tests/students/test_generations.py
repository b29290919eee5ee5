"""A generation goes on from the one before, and a stopped one ends as an undisturbed one."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tasb.jobs import Job
from tasb.students.artifacts import losses_of
from tasb.students.loss_kinds import Losses, RankNet
from tasb.students.make import make
from tasb.students.run import TrainingRun
from tasb.students.training import Trainer


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(tiny_run) -> TrainingRun:
    losses = Losses(pairwise=RankNet(kind="ranknet"))
    return tiny_run.model_copy(update={"losses": losses, "steps": 6, "schedule": "constant"})


def generation(world, run: TrainingRun, output: str, before: str | None = None) -> Job:
    recipe = {"training": run.loop.plain(), "model": run.model.plain(), "losses": losses_of(run)}
    names = ("config.json", "model.safetensors")
    start = [f"{before or world.encoder}/{name}" for name in names]
    inputs = {
        "encoder": [*start, f"{world.encoder}/tokenizer.json"],
        "queries": [str(world.folder / "queries.arrow")],
        "passages": [str(world.folder / "passages.arrow")],
        "plan": [str(path) for path in world.plan],
    }
    if before is not None:
        inputs["optimizer"] = [f"{before}/optimizer.pt"]
    records = {"card": "card.json", "log": "log.parquet", "times": "times.json"}
    records["optimizer"] = "optimizer.pt"
    outputs = {"model": [f"{output}/{name}" for name in names]}
    return Job(recipe, inputs, outputs | {k: [f"{output}/{v}"] for k, v in records.items()})


def steps_of(path: Path) -> set[float]:
    state = torch.load(path, weights_only=True)["state"]
    return {float(values["step"]) for values in state.values()}


def test_the_optimizer_goes_on_where_the_generation_before_ended(world, run):
    first, second = "results/students/c/ance-1", "results/students/c/ance-2"
    make(generation(world, run, first))
    make(generation(world, run, second, first))
    assert steps_of(Path(first, "optimizer.pt")) == {6}
    assert steps_of(Path(second, "optimizer.pt")) == {12}
    alone = "results/students/c/alone"
    job = generation(world, run, alone, first)
    del job.inputs["optimizer"]
    make(job)
    weights = [load_file(f"{folder}/model.safetensors") for folder in (second, alone)]
    assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_killed_generation_ends_with_the_weights_of_an_undisturbed_one(world, run, monkeypatch):
    first = "results/students/c/ance-1"
    make(generation(world, run, first))
    make(generation(world, run, "results/students/c/whole", first))
    step = Trainer._step

    def killed(self: Trainer, batch: object) -> None:
        if self.progress.step == 4:  # its last checkpoint is at step 3
            raise KeyboardInterrupt
        step(self, batch)

    job = generation(world, run, "results/students/c/killed", first)
    monkeypatch.setattr(Trainer, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        make(job)
    monkeypatch.setattr(Trainer, "_step", step)
    make(job)
    whole, again = (load_file(f"results/students/c/{name}/model.safetensors")
                    for name in ("whole", "killed"))  # fmt: skip
    assert all(torch.equal(again[name], whole[name]) for name in whole)
