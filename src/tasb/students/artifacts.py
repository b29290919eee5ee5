"""The artifacts of the students: trained models, and the candidates for early stopping."""

from typing import TYPE_CHECKING, Any

from tasb.artifact import Artifact, Source
from tasb.collection.config import TRAINING, UNLABELLED, VALIDATION
from tasb.encoders.start import encoder_of
from tasb.plans.artifacts import plan_of, scores_live, stored_scores
from tasb.students.run import TrainingRun
from tasb.teachers.artifacts import scorer
from tasb.tokens.artifacts import MODEL
from tasb.vectors.artifacts import all_passages

if TYPE_CHECKING:
    from tasb.graph import Graph

FOLDER = (
    "tokenizer.json", "tokenizer_config.json", "modules.json", "sentence_bert_config.json",
    "config_sentence_transformers.json", "1_Pooling/config.json",
)  # fmt: skip
"""What other libraries read, see `tasb.models.folder`."""
SEARCHED = "tasb.students.search_objective:open_objective"
"""What opens the objective of a run that searches."""
RECORDS = {"card": "card.json", "log": "log.parquet", "times": "times.json"}


def training(graph: "Graph", name: str) -> Artifact:
    """A trained model, with its card, its log and its times."""
    run, key = graph.config.runs[name], f"runs.{name}"
    base, begins_with = start(graph, run, f"{key}.init")
    loss_settings, loss_files = _in_batch(graph, run, f"{key}.losses.in_batch.teacher")
    search_settings, search_files = searched(graph, name, run)
    turn = [run.generation] if run.generation else []
    objective = SEARCHED if run.search is not None else run.model.objective
    losses = [loss.function for loss in (run.losses.pairwise, run.losses.in_batch) if loss]
    return Artifact(
        "tasb.students.make:make",
        graph.name("students", name),
        _files(graph, name, run),
        {
            "training": {**run.loop.plain(), "seed": graph.seed("students", run.seed, *turn)},
            "model": run.model,
            "losses": losses_of(run),
            "objective": objective,
            **loss_settings,
            **search_settings,
        },
        {
            "encoder": begins_with,
            "passages": graph.tokens(base, "passages")["tokens"],
            "queries": graph.tokens(base, run.pairs.query_set(graph))["tokens"],
            "plan": plan_of(graph, run),
            **loss_files,
            **search_files,
            **_objective_files(graph, run),
            **_early_stopping(graph, run, base),
        },
        uses=[*losses, *([objective] if objective else [])],
    )


def _objective_files(graph: "Graph", run: TrainingRun) -> dict[str, Source]:
    """Return what the objective of a model that scores no pairs reads in addition.

    Raises:
        ValueError: its pairs are of queries without judgments.
    """
    if run.model.objective is None:
        return {}
    queries = graph.query_set(TRAINING)
    return {"qrels": queries["qrels"], "query_texts": queries["queries"]}


def _files(graph: "Graph", name: str, run: TrainingRun) -> dict[str, list[str]]:
    """Return what a training writes; two encoders are two folders."""
    sides = {"": "query/", "passage_": "passage/"} if run.search is not None else {"": ""}
    folders = {
        f"{side}{kind}": [graph.path("students", name, f"{folder}{file}") for file in files]
        for side, folder in sides.items()
        for kind, files in (("model", MODEL), ("folder", FOLDER))
    }
    records = {kind: [graph.path("students", name, file)] for kind, file in RECORDS.items()}
    if run.generation:
        records["optimizer"] = [graph.path("students", name, "optimizer.pt")]
    return {**folders, **records}


def start(graph: "Graph", run: TrainingRun, key: str) -> tuple[str, Source]:
    """Return the pre-trained encoder of a run, and the files that its training begins with.

    Raises:
        ValueError: it starts from a run that is no single BERT_DOT.
    """
    base = encoder_of(graph, run.init, key)
    encoder = graph.encoder(base, key=key)
    if run.init == base:
        return base, encoder.of("model", "tokenizer")
    first = graph.run(run.init, key)
    if first.model.kind != "bert-dot" or first.search is not None:
        raise ValueError(
            f"{key}: run '{run.init}' is no single bert-dot; a run starts from an encoder, or from "
            "a run of model bert-dot that trains both sides"
        )
    return base, [graph.training(run.init, key)["model"], encoder["tokenizer"]]


def searched(
    graph: "Graph", name: str, run: TrainingRun
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Return what a training on searches adds: vectors, judgments, perhaps an index.

    Raises:
        ValueError: it does not start from a run, or searches the vectors of another.
    """
    if run.search is None:
        return _continued(graph, run)
    key, data, system = f"runs.{name}", graph.config.data, run.search.system
    if run.init not in graph.config.runs:
        raise ValueError(f"{key}.init: '{run.init}' is an encoder; a run that searches starts from "
                         "a run, whose passage vectors stay")  # fmt: skip
    if run.pairs.query_set(graph) == UNLABELLED:
        raise ValueError(f"{key}.pairs: unlabelled queries; a run that searches needs judgments")
    settings: dict[str, Any] = {"run": name, "depth": run.search.depth, "index": None}
    settings |= {"vectors": run.search.vectors, "drop_own_passage": data.drop_own_passage}
    sources: dict[str, Source] = {"vectors": all_passages(graph, run.init)}
    sources["qrels"] = graph.query_set(TRAINING)["qrels"]
    if system is not None:
        found = graph.system(system, f"{key}.search.system")
        model = graph.vector_model(system, f"{key}.search.system")
        if run.init not in (system, model.vectors_of):
            raise ValueError(f"{key}.search.system: '{system}' has no vectors of '{run.init}', "
                             "the run of init; name a system over that run")  # fmt: skip
        settings["index"] = found.searched_index
        sources |= found.index_source(graph, system)
    elif run.search.vectors == "reconstructed":
        raise ValueError(f"{key}.search.vectors: 'reconstructed' needs an index; set search.system")
    if data.drop_own_passage:
        sources["query_texts"] = graph.query_set(TRAINING)["queries"]
        sources["passage_texts"] = graph.passages()["passages"]
    start_files = graph.training(run.init, f"{key}.init")
    sources["passage_model"] = start_files.of("model", "folder")
    return {"search": settings}, sources


def _continued(graph: "Graph", run: TrainingRun) -> tuple[dict[str, Any], dict[str, Source]]:
    """Return the state of the optimizer with which a generation goes on."""
    if run.generation <= 1:
        return {}, {}
    return {}, {"optimizer": graph.training(run.init)["optimizer"]}


def losses_of(run: TrainingRun) -> dict[str, Any]:
    """Return the losses as the job reads them: where each function is, and its settings."""
    pairwise, in_batch = run.losses.pairwise, run.losses.in_batch
    return {
        "pairwise": pairwise and {"function": pairwise.function, "options": pairwise.options},
        "in_batch": in_batch and {"function": in_batch.function, "options": in_batch.options},
        "alpha": run.losses.alpha,
    }


def _in_batch(
    graph: "Graph", run: TrainingRun, key: str
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Return what the in-batch loss adds: judgments, stored scores, or the teacher itself."""
    loss, query_set = run.losses.taught_by, run.pairs.query_set(graph)
    if loss is None:
        by_labels = run.losses.in_batch is not None and query_set != UNLABELLED
        return {}, {"qrels": graph.query_set(TRAINING)["qrels"]} if by_labels else {}
    teacher = graph.scoring(loss, key)
    if not teacher.model.scores_batches:
        kind = teacher.model.plain()["kind"]
        raise ValueError(
            f"{key}: teacher '{loss}' is of model '{kind}', which scores no whole batch; in-batch "
            "losses need a colbert or a bert-dot"
        )
    if not scores_live(graph, run):
        return {}, {"in_batch_scores": stored_scores(graph, run)}
    settings, sources = scorer(graph, loss, query_set, key)
    return {"live": settings}, {f"live_{name}": source for name, source in sources.items()}


def _early_stopping(graph: "Graph", run: TrainingRun, encoder: str) -> dict[str, Source]:
    if run.early_stopping is None:
        return {}
    return {
        "early_stopping_set": graph.early_stopping_set()["candidates"],
        "early_stopping_queries": graph.tokens(encoder, VALIDATION)["tokens"],
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
