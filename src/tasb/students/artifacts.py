"""The artifacts of the students: trained models, and the candidates for early stopping."""

from typing import TYPE_CHECKING, Any

from tasb.artifact import Artifact, Source
from tasb.collection.config import TRAINING, VALIDATION
from tasb.plans.artifacts import plan_of, scores_live, stored_scores
from tasb.students.loss_kinds import InBatchLoss
from tasb.students.run import TrainingRun
from tasb.teachers.artifacts import scorer
from tasb.tokens.artifacts import MODEL

if TYPE_CHECKING:
    from tasb.graph import Graph

FOLDER = (
    "tokenizer.json", "tokenizer_config.json", "modules.json", "sentence_bert_config.json",
    "config_sentence_transformers.json", "1_Pooling/config.json",
)  # fmt: skip
"""What other libraries read, see `tasb.models.folder`."""
RECORDS = {"card": "card.json", "log": "log.parquet", "times": "times.json"}


def training(graph: "Graph", name: str) -> Artifact:
    """A trained model, with its card, its log and its times."""
    run, key = graph.config.runs[name], f"runs.{name}"
    taught_by, teacher_files = _in_batch(graph, run, f"{key}.losses.in_batch.teacher")
    encoder = graph.encoder(run.init, key=f"{key}.init")
    losses = [loss.function for loss in (run.losses.pairwise, run.losses.in_batch) if loss]
    return Artifact(
        "tasb.students.make:make",
        graph.name("students", name),
        {
            "model": [graph.path("students", name, file) for file in MODEL],
            "folder": [graph.path("students", name, file) for file in FOLDER],
            **{kind: [graph.path("students", name, file)] for kind, file in RECORDS.items()},
        },
        {
            "training": {**run.loop.plain(), "seed": graph.seed("students", run.seed)},
            "model": run.model,
            "losses": losses_of(run),
            **taught_by,
        },
        {
            "encoder": encoder.of("model", "tokenizer"),
            "passages": graph.tokens(run.init, "passages")["tokens"],
            "queries": graph.tokens(run.init, TRAINING)["tokens"],
            "plan": plan_of(graph, run),
            **teacher_files,
            **_early_stopping(graph, run),
        },
        uses=losses,
    )


def losses_of(run: TrainingRun) -> dict[str, Any]:
    """Return the losses as the job reads them: where each function is, and its settings."""
    pairwise, in_batch = run.losses.pairwise, run.losses.in_batch
    return {
        "pairwise": pairwise and {"function": pairwise.function, **pairwise.plain()},
        "in_batch": in_batch and {"function": in_batch.function, **_decisive(in_batch)},
        "alpha": run.losses.alpha,
    }


def _decisive(loss: InBatchLoss) -> dict[str, Any]:
    """Return the settings of a loss, less where its scores come from: see `_in_batch`."""
    return loss.model_dump(mode="json", exclude={"teacher", "scores"})


def _in_batch(
    graph: "Graph", run: TrainingRun, key: str
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Return what the in-batch teacher adds: its stored scores, or the teacher itself."""
    loss = run.losses.in_batch
    if loss is None:
        return {}, {}
    teacher = graph.run(loss.teacher, key)
    if not teacher.model.scores_batches:
        raise ValueError(
            f"{key}: teacher '{loss.teacher}' is of model '{teacher.model.kind}', which scores no "
            "whole batch; in-batch losses need a colbert or a bert-dot"
        )
    if not scores_live(graph, run):
        return {}, {"in_batch_scores": stored_scores(graph, run)}
    settings, sources = scorer(graph, loss.teacher, TRAINING, key)
    return {"live": settings}, {f"live_{name}": source for name, source in sources.items()}


def _early_stopping(graph: "Graph", run: TrainingRun) -> dict[str, Source]:
    if run.early_stopping is None:
        return {}
    return {
        "early_stopping_set": graph.early_stopping_set()["candidates"],
        "early_stopping_queries": graph.tokens(run.init, VALIDATION)["tokens"],
    }


def early_stopping_set(graph: "Graph") -> Artifact:
    """The top of a system's ranking of the validation queries, and every relevant passage."""
    declared = graph.section("early_stopping_set")
    ranking = graph.ranking(declared.system, VALIDATION, key="early_stopping_set.system")
    return Artifact(
        "tasb.students.early_stopping_set:make",
        graph.name("students", "early_stopping_set"),
        {"candidates": [graph.path("students", "early_stopping_set.parquet")]},
        {
            "early_stopping_set": declared,
            "seed": graph.seed("students", "early-stopping"),
        },
        {"ranking": ranking, "qrels": graph.query_set(VALIDATION)["qrels"]},
    )
