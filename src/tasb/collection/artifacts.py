"""The artifacts of the collection: passages, query sets, and published training pairs."""

from pathlib import Path
from typing import TYPE_CHECKING

from tasb.artifact import Artifact
from tasb.collection.config import AUGMENTED, TRAINING, UNLABELLED, VALIDATION, Collection

if TYPE_CHECKING:
    from tasb.graph import Graph


def passages(graph: "Graph") -> Artifact:
    """The passages of the collection."""
    data = graph.config.data
    graph.ask("passages")
    return Artifact(
        "tasb.collection.tables:make_passages",
        graph.name("collection", "passages"),
        {"passages": [graph.path("collection", "passages.parquet")]},
        {
            "collection": data.model_dump(
                include={"folder", "ir_datasets", "passages", "text", "characters"}
            ),
            "ways": _ways(data, "empty_texts", "blank_lines"),
        },
        brought={"source": _present(data.folder, data.passages)},
    )


def query_set(graph: "Graph", name: str) -> Artifact:
    """Queries and judgments: of a split, or a part of the training split."""
    if name in (TRAINING, VALIDATION):
        graph.ask("train" if name == TRAINING else "validation")
    fraction = graph.config.data.validation and graph.config.data.validation.fraction
    if name == TRAINING or (name == VALIDATION and fraction):
        return _training_part(graph, name)
    return _split(graph, name)


def bare_queries(graph: "Graph", name: str) -> Artifact:
    """Queries without judgments: the unlabelled ones, alone or after those that train."""
    data, files = (
        graph.config.data,
        {"queries": [graph.path("collection", name, "queries.parquet")]},
    )
    graph.ask("unlabelled")
    if name == AUGMENTED:
        return Artifact(
            "tasb.collection.unlabelled:make_augmented",
            graph.name("collection", name),
            files,
            sources={
                "training": graph.query_set(TRAINING)["queries"],
                "unlabelled": graph.query_set(UNLABELLED)["queries"],
            },
        )
    split = data.split_of(UNLABELLED)
    return Artifact(
        "tasb.collection.unlabelled:make",
        graph.name("collection", name),
        files,
        {
            "collection": data.model_dump(include={"folder", "ir_datasets"}),
            "ways": _ways(data, "empty_texts", "blank_lines"),
            "split": split,
        },
        brought={"source": _present(data.folder, f"queries.{split}.tsv")},
    )


def _split(graph: "Graph", name: str) -> Artifact:
    data = graph.config.data
    split, validation = data.split_of(name), data.validation
    exclude = validation.exclude if name == VALIDATION and validation else None
    files = [f"queries.{split}.tsv", f"qrels.{split}.txt"]
    files += [f"queries.{exclude}.tsv"] if exclude else []
    return Artifact(
        "tasb.collection.tables:make_query_set",
        graph.name("collection", name),
        _files(graph, name),
        {
            "collection": data.model_dump(include={"folder", "ir_datasets"}),
            "ways": data.ways,
            "split": split,
            "exclude": exclude,
        },
        {"passages": graph.passages()["passages"]} if data.passages else {},
        brought={"source": _present(data.folder, *files)},
    )


def _training_part(graph: "Graph", name: str) -> Artifact:
    """The queries that train, or those that are held out of them for validation."""
    data = graph.config.data
    graph.ask("train", "validation")
    return Artifact(
        "tasb.collection.split:make",
        graph.name("collection", name),
        _files(graph, name),
        {
            "held_out": name == VALIDATION,
            "fraction": data.validation.fraction if data.validation else None,
            "train_queries": data.train_queries if name == TRAINING else None,
            "seed": graph.seed("collection", "split"),
        },
        {"train": graph.query_set("train").of("queries", "qrels")},
    )


def _files(graph: "Graph", name: str) -> dict[str, list[str]]:
    return {kind: [graph.path("collection", name, f"{kind}.parquet")]
            for kind in ("queries", "qrels")}  # fmt: skip


def download(graph: "Graph", name: str) -> Artifact:
    """A file from the network, verified."""
    declared = graph.config.downloads[name]
    return Artifact(
        "tasb.collection.download:make",
        f"downloads/{name}/{declared.file}",
        {"file": [f"results/downloads/{name}/{declared.file}"]},
        {"name": name, "download": declared.model_dump(exclude={"licence", "gigabytes"})},
        brought={"source": _present("", str(declared.copy_here or "") or None)},
    )


def published_pairs(graph: "Graph") -> Artifact:
    """Training pairs that came with the collection, with or without scores of a teacher."""
    data = graph.config.data
    graph.ask("pairs")
    fetched = graph.file(data.pairs or "", f"collections.{graph.config.collection}.pairs")
    return Artifact(
        "tasb.collection.pairs:make",
        graph.name("collection", "pairs"),
        {"pairs": [graph.path("collection", "pairs.parquet")]},
        {
            "folder": None if fetched else data.folder,
            "pairs": fetched.paths[0] if fetched else data.pairs,
            "ways": _ways(data, "blank_lines"),
        },
        {
            "queries": graph.query_set(TRAINING)["queries"],
            "qrels": graph.query_set(TRAINING)["qrels"],
            "passages": graph.passages()["passages"],
            **({"fetched": fetched} if fetched else {}),
        },
        brought={} if fetched else {"source": _present(data.folder or "", data.pairs)},
    )


def shared_queries(graph: "Graph") -> Artifact:
    """Which reported queries train or choose something, too."""
    data = graph.config.data
    uses = [TRAINING] if data.train else []
    uses += [VALIDATION] if data.validation else []
    return Artifact(
        "tasb.collection.shared:make",
        graph.name("collection", "shared_queries"),
        {"shared": [graph.path("collection", "shared_queries.parquet")]},
        {
            "query_sets": list(data.query_sets),
            "uses": uses,
            "allow_shared_queries": data.allow_shared_queries,
        },
        {
            "reported": [graph.query_set(name)["queries"] for name in data.query_sets],
            "used": [graph.query_set(name)["queries"] for name in uses],
        },
    )


def _ways(data: Collection, *keys: str) -> dict[str, str]:
    """Return what is done with some kinds of faults."""
    return {key: data.ways[key] for key in keys}


def _present(folder: str | None, *files: str | None) -> list[str]:
    """Return the files that exist; what is missing, the job itself says."""
    if folder is None:
        return []
    paths = [Path(folder, file).expanduser() for file in files if file]
    return [str(path) for path in paths if path.is_file()]
