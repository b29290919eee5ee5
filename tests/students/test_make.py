import json
from itertools import islice
from pathlib import Path

import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from tasb.errors import TasbError
from tasb.files import fingerprint
from tasb.jobs import Job
from tasb.models.card import Card
from tasb.models.load import new_model
from tasb.plans.plan import read_plan
from tasb.students.artifacts import FOLDER, losses_of
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.labels import Labels
from tasb.students.loss_kinds import Losses
from tasb.students.make import card_of, make, open_teacher, open_trainer
from tasb.students.run import TrainingRun
from tasb.teachers.in_batch import LiveTeacher, StoredTeacher, write_in_batch_scores

RECORDS = {"card": "card.json", "log": "log.parquet", "times": "times.json"}


@pytest.fixture
def pairwise(tiny_run):
    return tiny_run.model_copy(update={"losses": Losses(), "steps": 4})


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Jobs run in a folder of their own, where their state is kept."""
    monkeypatch.chdir(tmp_path)


def encoder_files(world) -> list[str]:
    return [
        str(world.encoder / name) for name in ("config.json", "model.safetensors", "tokenizer.json")
    ]


def job_of(world, run: TrainingRun, output: str = "results/students/c/run") -> Job:
    """Return the job of a run."""
    recipe = {"training": run.loop.plain(), "model": run.model.plain(), "losses": losses_of(run)}
    inputs = {
        "encoder": encoder_files(world),
        "queries": [str(world.folder / "queries.arrow")],
        "passages": [str(world.folder / "passages.arrow")],
        "plan": [str(path) for path in world.plan],
    }
    model = [f"{output}/config.json", f"{output}/model.safetensors"]
    return Job(
        recipe, inputs, {"model": model} | {k: [f"{output}/{v}"] for k, v in RECORDS.items()}
    )


def trained(world, run, output: str = "results/students/c/run") -> dict[str, torch.Tensor]:
    make(job_of(world, run, output))
    return load_file(f"{output}/model.safetensors")


def test_a_trained_run_is_a_hugging_face_folder_with_card_log_and_times(world, pairwise):
    weights, folder = trained(world, pairwise), Path("results/students/c/run")
    again = AutoModel.from_pretrained(folder).state_dict()
    assert all(torch.equal(again[name], weights[name]) for name in again)
    card = json.loads((folder / "card.json").read_text())
    assert card == {
        **Card().plain(),
        "model": "bert-dot", "pooling": "cls", "similarity": "dot",
        "query_length": 8, "passage_length": 12,
    }  # fmt: skip
    log = pl.read_parquet(folder / "log.parquet")
    assert log["step"].to_list() == [2, 4]
    times = json.loads((folder / "times.json").read_text())
    assert (times["steps"], times["chosen_step"]) == (4, 4)
    assert [(s["from_step"], s["precision"]) for s in times["sessions"]] == [(0, "fp32")]
    (session,) = times["sessions"]
    assert (session["texts"], session["attention_dropout"]) == ("padded", 0.1)
    names = {"config.json", "model.safetensors", "card.json", "log.parquet", "times.json"}
    names |= {name.partition("/")[0] for name in FOLDER}
    assert {file.name for file in folder.iterdir()} == names


def test_frozen_layers_keep_their_weights_and_the_others_learn(world, pairwise):
    run = pairwise.model_copy(update={"frozen_layers": 1})
    before = load_file(world.encoder / "model.safetensors")
    after = trained(world, run)
    same = {name for name in before if torch.equal(before[name], after[name])}
    frozen = {name for name in before if name.startswith(("embeddings.", "encoder.layer.0."))}
    assert frozen
    assert same - {name for name in before if name.startswith("pooler.")} == frozen


@pytest.mark.parametrize("layers", [2, 7])
def test_a_layer_at_least_is_trained(world, pairwise, layers):
    run = pairwise.model_copy(update={"frozen_layers": layers})
    with pytest.raises(TasbError) as error:
        make(job_of(world, run))
    assert str(error.value) == (
        f"runs.run.frozen_layers: {layers}, but the encoder has 2 layers, "
        "of which one at least is trained"
    )


def test_the_state_is_gone_once_the_model_is_written(world, pairwise):
    trained(world, pairwise)
    assert [path for path in Path("results/checkpoints").rglob("*") if path.suffix != ".lock"] == [
        Path("results/checkpoints/students"), Path("results/checkpoints/students/c")
    ]  # fmt: skip


def test_a_killed_run_goes_on_to_the_identical_model(world, pairwise):
    whole = trained(world, pairwise, "results/students/c/whole")
    job, folder = job_of(world, pairwise), Path("results/checkpoints/students/c/run")
    every = [path for paths in job.inputs.values() for path in paths]
    state = CheckpointFolder(folder, fingerprint(job.recipe, every))
    killed = open_trainer(job, pairwise.loop, state, torch.device("cpu"), "fp32")
    killed.resume()
    killed.train(islice(read_plan(world.plan, 0, 4), 3))
    resumed = trained(world, pairwise)
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    logs = [pl.read_parquet(f"results/students/c/{name}/log.parquet") for name in ("whole", "run")]
    assert logs[0].equals(logs[1])
    times = json.loads(Path("results/students/c/run/times.json").read_text())
    assert [session["from_step"] for session in times["sessions"]] == [0, 3]


@pytest.mark.parametrize("model", ["bert-cat", "colbert"])
def test_a_teacher_starts_from_the_encoder_and_a_head_of_the_seed(world, model):
    heads = []
    for seed in (0, 0, 1):
        settings = {"kind": model, "head_std": 0.02}
        *files, tokenizer = encoder_files(world)
        started = new_model(settings, Card(), Path(files[0]).parent, tokenizer, seed)
        heads.append(started.head.weight)
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])
    saved = load_file(world.encoder / "model.safetensors")
    weights = started.encoder.transformer.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in saved.items())


def test_a_trained_teacher_carries_its_head(world, tiny_run):
    changes = {"model": "colbert", "losses": {"in_batch": None}, "steps": 2}
    run = TrainingRun.model_validate({**tiny_run.plain(), **changes})
    job = job_of(world, run)
    state = CheckpointFolder("state", "x")
    before = open_trainer(job, run.loop, state, torch.device("cpu"), "fp32").model.head.weight
    head = trained(world, run)["head.weight"]
    assert head.shape == before.shape
    assert not torch.equal(head, before)


def test_the_in_batch_teacher_is_none_stored_or_live_as_the_job_says(world, tiny_run, tmp_path):
    scorer = world.teacher()
    scorer.model.save(tmp_path)
    shard = tmp_path / "scores.arrow"
    write_in_batch_scores(world.plan, (0, 12), LiveTeacher(scorer), shard)
    card = card_of(tiny_run.loop).plain()
    settings = {
        "model": {"kind": "colbert"},
        "card": card,
        "batch_tokens": 100,
        "precision": "fp32",
    }
    job, device = job_of(world, tiny_run), torch.device("cpu")
    assert isinstance(open_teacher(job, device), Labels)
    without = {**job.recipe, "losses": {**job.recipe["losses"], "in_batch": None}}
    assert open_teacher(Job(without, job.inputs, job.outputs), device) is None
    stored = Job(job.recipe, {**job.inputs, "in_batch_scores": [str(shard)]}, job.outputs)
    files = {
        "live_model": [str(tmp_path / name) for name in ("config.json", "model.safetensors")],
        "live_tokenizer": [str(world.encoder / "tokenizer.json")],
        "live_query_tokens": job.inputs["queries"],
        "live_passage_tokens": job.inputs["passages"],
    }
    live = Job({**job.recipe, "live": {"scorer": settings}}, {**job.inputs, **files}, job.outputs)
    teachers = open_teacher(stored, device), open_teacher(live, device)
    assert isinstance(teachers[0], StoredTeacher)
    assert isinstance(teachers[1], LiveTeacher)
    for batch in read_plan(world.plan, 0, 12):
        assert torch.equal(*(t.targets(t.inputs(batch)) for t in teachers))
