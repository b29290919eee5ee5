import json
from itertools import islice
from pathlib import Path

import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from tasb.models.colbert import ColBert
from tasb.plans.plan import read_plan
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.objective import Objective
from tasb.students.run import new_model, open_teacher, train_run
from tasb.students.training import Trainer
from tasb.teachers.in_batch import LiveTeacher, write_in_batch_scores
from tasb.teachers.stored import StoredTeacher


class Files(dict):
    """The files of a job, by key and as attributes."""

    __getattr__ = dict.__getitem__


@pytest.fixture
def pairwise(tiny_run):
    return tiny_run.model_copy(update={"in_batch_loss": "none", "steps": 4})


def encoder_files(world) -> list[str]:
    return [
        str(world.encoder / name) for name in ("config.json", "model.safetensors", "tokenizer.json")
    ]


def train(world, settings, output: Path) -> dict[str, torch.Tensor]:
    model = new_model(settings, encoder_files(world))
    checkpoints = CheckpointFolder(output.with_name("checkpoints"), "recipe")
    stores = world.queries, world.passages
    train_run(settings, model, *stores, world.plan, None, None, checkpoints, output)
    return {name: value.clone() for name, value in model.encoder.transformer.state_dict().items()}


def test_a_trained_run_is_a_hugging_face_folder_with_card_log_and_times(world, pairwise, tmp_path):
    trained = train(world, pairwise, tmp_path / "run")
    again = AutoModel.from_pretrained(tmp_path / "run").state_dict()
    assert all(torch.equal(again[name], trained[name]) for name in again)
    card = json.loads((tmp_path / "run" / "card.json").read_text())
    assert card == {
        "model": "bert_dot", "pooling": "cls", "similarity": "dot",
        "query_length": 8, "passage_length": 12,
    }  # fmt: skip
    log = pl.read_parquet(tmp_path / "run" / "log.parquet")
    assert log["step"].to_list() == [2, 4]
    times = json.loads((tmp_path / "run" / "times.json").read_text())
    assert (times["steps"], times["chosen_step"]) == (4, 4)
    assert [(s["from_step"], s["precision"]) for s in times["sessions"]] == [(0, "fp32")]
    names = {"config.json", "model.safetensors", "card.json", "log.parquet", "times.json"}
    assert {file.name for file in (tmp_path / "run").iterdir()} == names


def test_the_state_is_gone_once_the_model_stands(world, pairwise, tmp_path):
    train(world, pairwise, tmp_path / "run")
    assert not (tmp_path / "checkpoints").exists()


def test_a_killed_run_goes_on_to_the_identical_model(world, pairwise, tmp_path):
    whole = train(world, pairwise, tmp_path / "whole" / "run")
    model = new_model(pairwise, encoder_files(world))
    checkpoints = CheckpointFolder(tmp_path / "killed" / "checkpoints", "recipe")
    objective = Objective(pairwise, model, world.queries, world.passages, None, "fp32")
    killed = Trainer(pairwise, objective, None, checkpoints)
    killed.resume()
    killed.train(islice(read_plan(world.plan, 0, 4), 3))
    resumed = train(world, pairwise, tmp_path / "killed" / "run")
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    logs = [
        pl.read_parquet(tmp_path / name / "run" / "log.parquet") for name in ("whole", "killed")
    ]
    assert logs[0].equals(logs[1])
    times = json.loads((tmp_path / "killed" / "run" / "times.json").read_text())
    assert [session["from_step"] for session in times["sessions"]] == [0, 3]


@pytest.mark.parametrize("model", ["bert_cat", "colbert"])
def test_a_teacher_starts_from_the_encoder_and_a_head_of_the_runs_seed(world, tiny_run, model):
    heads = []
    for seed in (0, 0, 1):
        settings = tiny_run.model_copy(update={"model": model, "seed": seed})
        started = new_model(settings, encoder_files(world))
        heads.append(started.head.weight)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])
    saved = load_file(world.encoder / "model.safetensors")
    weights = started.encoder.transformer.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in saved.items())


def test_a_trained_teacher_carries_its_head(world, tiny_run, tmp_path):
    settings = tiny_run.model_copy(update={"model": "colbert", "in_batch_loss": "none", "steps": 2})
    model = new_model(settings, encoder_files(world))
    before = model.head.weight.detach().clone()
    checkpoints = CheckpointFolder(tmp_path / "checkpoints", "recipe")
    stores = world.queries, world.passages
    train_run(settings, model, *stores, world.plan, None, None, checkpoints, tmp_path / "run")
    head = load_file(tmp_path / "run" / "head.safetensors")["weight"]
    assert torch.equal(head, model.head.weight)
    assert not torch.equal(head, before)


def test_the_in_batch_teacher_is_none_stored_or_live_as_the_run_says(world, tiny_run, tmp_path):
    scorer = world.teacher()
    assert isinstance(scorer.model, ColBert)
    scorer.model.save(tmp_path)
    shard = tmp_path / "scores.arrow"
    write_in_batch_scores(world.plan, (0, 12), LiveTeacher(scorer), shard)
    teacher = {"model": "colbert", "query_length": 8, "passage_length": 12}
    recipe = {"live": {"teacher": teacher, "vectors": {"batch_tokens": 100, "precision": "fp32"}}}
    files = Files(
        in_batch_scores=[shard],
        live_model=[tmp_path / "config.json"],
        live_tokenizer=world.encoder / "tokenizer.json",
        live_queries=world.folder / "queries.arrow",
        live_passages=world.folder / "passages.arrow",
    )
    teachers = {
        source: open_teacher(
            tiny_run.model_copy(update={"in_batch_scores": source}), recipe, files, "cpu"
        )
        for source in ("stored", "live")
    }
    assert isinstance(teachers["stored"], StoredTeacher)
    assert isinstance(teachers["live"], LiveTeacher)
    for batch in read_plan(world.plan, 0, 12):
        stored, live = (teachers[source].margins(batch) for source in ("stored", "live"))
        assert (stored == live).all()
    without = tiny_run.model_copy(update={"in_batch_loss": "none"})
    assert open_teacher(without, recipe, files, "cpu") is None
