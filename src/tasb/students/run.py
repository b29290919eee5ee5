"""A run from its files: model, stores, plan and teacher are put together, trained and saved."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import torch

from tasb.files import scratch, whole, write_json
from tasb.models.bert_cat import BertCat
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.device import peak_memory, resolve_precision
from tasb.models.encoder import Encoder
from tasb.plans.plan import read_plan
from tasb.seeds import derive
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import Training
from tasb.students.evaluator import Evaluator
from tasb.students.objective import Model, Objective
from tasb.students.training import Trainer
from tasb.teachers.in_batch import LiveTeacher
from tasb.teachers.scoring import open_scorer
from tasb.teachers.stored import InBatchTeacher, StoredTeacher
from tasb.tokens.store import TokenStore


def new_model(settings: Training, encoder_files: Sequence[str]) -> Model:
    """Return the model that a run starts from; a new head is drawn from the run's seed.

    Args:
        settings: the run.
        encoder_files: config.json, model.safetensors, tokenizer.json of its encoder.
    """
    torch.manual_seed(derive(settings.seed, "head") >> 1)
    encoder = Encoder.load(Path(encoder_files[0]).parent, encoder_files[-1])
    if settings.model == "bert_dot":
        return BertDot(encoder, card(settings))
    teacher = BertCat if settings.model == "bert_cat" else ColBert
    return teacher(encoder, settings.head_std)


def card(settings: Training) -> Card:
    """Return how the texts of a run become vectors."""
    return Card(query_length=settings.query_length, passage_length=settings.passage_length)


def train_run(
    settings: Training,
    model: Model,
    queries: TokenStore,
    passages: TokenStore,
    plan: Sequence[str | Path],
    teacher: InBatchTeacher | None,
    early_stopping_set: tuple[str | Path, TokenStore] | None,
    checkpoints: CheckpointFolder,
    output: str | Path,
) -> None:
    """Train a run to its end and write the model, its card, and its log.

    Args:
        settings: the run.
        model: what it starts from, on its device.
        queries: tokens of the training queries.
        passages: tokens of the passages.
        plan: the files of its plan.
        teacher: the in-batch teacher, if it has one.
        early_stopping_set: the candidates, and the tokens of their queries.
        checkpoints: where a killed training left its state.
        output: folder for config.json, model.safetensors, card.json, log.parquet, times.json.
    """
    precision = resolve_precision(settings.precision, next(model.parameters()).device)
    objective = Objective(settings, model, queries, passages, teacher, precision)
    evaluator = None
    if early_stopping_set is not None:
        candidates, texts = early_stopping_set
        lengths = settings.query_length, settings.passage_length
        evaluator = Evaluator(candidates, texts, passages, lengths, precision)
    with checkpoints.locked():
        trainer = Trainer(settings, objective, evaluator, checkpoints)
        trainer.resume()
        trainer.train(read_plan(plan, trainer.progress.step, settings.steps))
        _write_outputs(trainer, Path(output))
        checkpoints.remove()


def _write_outputs(trainer: Trainer, folder: Path) -> None:
    with scratch(folder / "model") as beside:
        trainer.model.save(beside)
        for file in sorted(beside.iterdir()):
            with whole(folder / file.name) as part:
                shutil.copyfile(file, part)
    write_json(
        folder / "card.json", {**card(trainer.settings).plain(), "model": trainer.settings.model}
    )
    lines = [json.loads(line) for line in trainer.checkpoints.log_lines()]
    with whole(folder / "log.parquet") as part:
        pl.DataFrame(lines, infer_schema_length=None).write_parquet(part)
    progress = trainer.progress
    times = {
        "seconds": round(progress.seconds, 3),
        "steps": progress.step,
        "chosen_step": progress.best_step or progress.step,
        "peak_memory_megabytes": round(max(progress.peak_memory, peak_memory()) / 1e6),
        "sessions": progress.sessions,
    }
    write_json(folder / "times.json", times)


def open_teacher(
    settings: Training, recipe: Mapping[str, Any], files: Any, device: torch.device
) -> InBatchTeacher | None:
    """Return the in-batch teacher of a run, stored or live, or None if it has none.

    Args:
        settings: the run.
        recipe: with ``live`` (see `tasb.teachers.scoring.open_scorer`) for a live teacher.
        files: with attribute in_batch_scores, or with live_model, live_tokenizer,
            live_queries and live_passages.
        device: where a live teacher computes.
    """
    if settings.in_batch_loss == "none":
        return None
    if not settings.live:
        return StoredTeacher(files.in_batch_scores)
    own = {key.removeprefix("live_"): value for key, value in files.items() if key[:5] == "live_"}
    return LiveTeacher(open_scorer(recipe["live"], SimpleNamespace(**own), device))
