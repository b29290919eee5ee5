"""A training from its files: model, stores, plan and teacher are put together and trained."""

import shutil
from pathlib import Path

import polars as pl
import torch

from tasb.collection.relevant import Relevant
from tasb.files import fingerprint, scratch, whole, write_json
from tasb.jobs import Job, function
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.deep_ct import DeepCt
from tasb.models.device import compute_deterministically, peak_memory, prepare
from tasb.models.dropout import use_drop
from tasb.models.folder import complete
from tasb.models.generator import QueryGenerator
from tasb.models.layers import freeze
from tasb.models.load import new_model
from tasb.models.precision import resolve_precision
from tasb.plans.plan import read_plan
from tasb.seeds import derive
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import Training
from tasb.students.evaluator import Evaluator
from tasb.students.labels import Labels
from tasb.students.objective import Objective
from tasb.students.room import refuse_no_room_to_train
from tasb.students.training import Trainer
from tasb.teachers.in_batch import InBatchTeacher, LiveTeacher, StoredTeacher
from tasb.teachers.scorers import open_scorer
from tasb.teachers.stored import StoredMargins
from tasb.tokens.store import TokenStore


def make(job: Job) -> None:
    """Train a run to its end, and write the model, its card, its log and its times.

    Its state is kept in ``results/checkpoints`` until then.
    """
    settings = Training.model_validate(job.recipe["training"])
    if settings.deterministic:
        compute_deterministically()
    device = prepare(job)
    precision = job.about["precision"] = resolve_precision(settings.precision, device)
    folder = Path(job.output("card")).parent
    every_input = [path for name, paths in job.inputs.items() if name != "sidecars"
                   for path in paths]  # fmt: skip
    state = CheckpointFolder(
        Path("results/checkpoints", *folder.parts[1:]), fingerprint(job.recipe, every_input)
    )
    with state.locked():
        trainer = open_trainer(job, settings, state, device, precision)
        if device.type == "cuda" and isinstance(trainer.objective, Objective):
            refuse_no_room_to_train(trainer.objective, folder.name)
        begin(trainer, job.optional("optimizer"))
        trainer.resume()
        trainer.train(read_plan(job.files("plan"), trainer.progress.step, settings.steps))
        write_outputs(trainer, card_of(settings), job)
        state.remove()


def begin(trainer: Trainer, optimizer: str | None) -> None:
    """Give a generation the state of the optimizer of the one before."""
    if optimizer is not None:
        trainer.optimizer.load_state_dict(torch.load(optimizer, weights_only=True))


def open_trainer(
    job: Job, settings: Training, state: CheckpointFolder, device: torch.device, precision: str
) -> Trainer:
    """Return the trainer of a job, at its first step.

    Args:
        job: see `tasb.students.artifacts.training`.
        settings: the training loop.
        state: where a killed training left its state.
        device: where it computes.
        precision: fp32, bf16 or fp16.
    """
    *weights, tokenizer = job.files("encoder")
    seed = derive(settings.seed, "head") >> 1
    folder, card = Path(weights[0]).parent, card_of(settings)
    model = new_model(job.recipe["model"], card, folder, tokenizer, seed).to(device)
    run = Path(job.output("card")).parent.name
    freeze(model.encoder.transformer, settings.frozen_layers, f"runs.{run}.frozen_layers")
    if device.type == "cpu":
        use_drop(model)
    if settings.recorded and settings.gradient_cache is None and not isinstance(model, ColBert):
        model.encoder.record(precision)  # the passes of a step would share memory: ColBERT has two
    queries, passages = TokenStore(job.file("queries")), TokenStore(job.file("passages"))
    objective = job.recipe.get("objective")
    if objective is not None:
        found = function(objective)
        return Trainer(settings, found(job, settings, model, queries, precision), None, state)
    if isinstance(model, DeepCt | QueryGenerator):
        raise TypeError("a model of this kind has another objective")
    teacher, losses = open_teacher(job, device), job.recipe["losses"]
    objective = Objective(settings, losses, model, queries, passages, teacher, precision)
    evaluator = None
    candidates = job.optional("early_stopping_set")
    if candidates is not None:
        texts = TokenStore(job.file("early_stopping_queries"))
        lengths = settings.query_length, settings.passage_length
        evaluator = Evaluator(candidates, texts, passages, lengths, precision)
    return Trainer(settings, objective, evaluator, state)


def card_of(settings: Training) -> Card:
    """Return how the texts of a run become vectors."""
    return Card(query_length=settings.query_length, passage_length=settings.passage_length)


def open_teacher(job: Job, device: torch.device) -> InBatchTeacher | None:
    """Return what an in-batch loss compares scores with: a teacher's scores, or the labels."""
    if "live" in job.recipe:
        files = {name.removeprefix("live_"): paths
                 for name, paths in job.inputs.items() if name.startswith("live_")}  # fmt: skip
        return LiveTeacher(open_scorer(job.recipe["live"]["scorer"], files, device))
    stored = job.files("in_batch_scores")
    if stored:
        return StoredTeacher(StoredMargins(stored), device)
    if job.recipe["losses"]["in_batch"] is None:
        return None
    return Labels(Relevant.read(job.optional("qrels")), device)


def write_outputs(trainer: Trainer, card: Card, job: Job) -> None:
    """Write what a training ends with: its models, and their card, log and times.

    Args:
        trainer: at its end.
        card: how texts become vectors.
        job: of the training.
    """
    folder, model = Path(job.output("card")).parent, Path(job.outputs["model"][0]).parent
    with scratch(folder / "new") as new:
        trainer.model.save(new)
        for file in sorted(new.iterdir()):
            with whole(model / file.name) as part:
                shutil.copyfile(file, part)
    complete(model, job.files("encoder")[-1], card)
    passage = [*job.outputs.get("passage_model", []), *job.outputs.get("passage_folder", [])]
    for source, target in zip(job.files("passage_model"), passage):
        with whole(target) as part:
            shutil.copyfile(source, part)
    if "optimizer" in job.outputs:
        with whole(job.output("optimizer")) as part:
            torch.save(trainer.optimizer.state_dict(), part)
    write_json(folder / "card.json", {**card.plain(), "model": job.recipe["model"]["kind"]})
    with whole(folder / "log.parquet") as part:
        pl.DataFrame(trainer.progress.lines, infer_schema_length=None).write_parquet(part)
    progress = trainer.progress
    times = {
        "seconds": round(progress.seconds, 3),
        "steps": progress.step,
        "chosen_step": progress.best_step or progress.step,
        "peak_memory_megabytes": round(max(progress.peak_memory, peak_memory()) / 1e6),
        "sessions": progress.sessions,
    }
    write_json(folder / "times.json", times)
