"""The artifacts of the lexical stage: BM25 negatives, weights of words, predicted queries."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part
from tasb.collection.config import TRAINING
from tasb.encoders.start import encoder_of
from tasb.vectors.artifacts import read_by

if TYPE_CHECKING:
    from tasb.graph import Graph
    from tasb.rankings.kinds.lexical import DeepCt, Doc2Query


def term_weights(graph: "Graph", system: str) -> Artifact:
    """Weights of the words of all passages: by a run of model deep-ct, or from a file."""
    declared: DeepCt = graph.system(system)  # type: ignore[assignment]
    name, key = graph.name("lexical", system), f"systems.{system}"
    files = {"weights": [graph.path("lexical", f"{system}.parquet")]}
    if declared.file is not None:
        fetched = graph.file(declared.file, f"{key}.file")
        path = fetched.paths[0] if fetched else declared.file
        return Artifact(
            "tasb.lexical.term_weights:make_from_file", name, files,
            {"system": system, "file": path},
            {"passages": graph.passages()["passages"], **({"fetched": fetched} if fetched else {})},
            brought={} if fetched else {"predictions": present([path])},
        )  # fmt: skip
    run = graph.run(declared.run or "", f"{key}.run")
    if run.model.kind != "deep-ct":
        raise ValueError(
            f"{key}.run: '{declared.run}' is of model '{run.model.kind}'; name a run of deep-ct"
        )
    base = encoder_of(graph, run.init, key)
    return Artifact(
        "tasb.lexical.term_weights:make",
        name,
        files,
        {"encoder": read_by(graph, run)},
        {
            "model": graph.training(declared.run or "")["model"],
            "tokenizer": graph.encoder(base)["tokenizer"],
            "tokens": graph.tokens(base, "passages")["tokens"],
        },
        heavy=True,
    )


def expansions(graph: "Graph", system: str, shard: int) -> Artifact:
    """Predicted queries of a shard of the passages."""
    declared: Doc2Query = graph.system(system)  # type: ignore[assignment]
    key = f"systems.{system}"
    name = graph.name("lexical", system, str(shard))
    files = {"expansions": [graph.path("lexical", system, f"{shard}.parquet")]}
    if declared.files is not None:
        found = {file: graph.file(file, f"{key}.files") for file in declared.files}
        fetched = [part for part in found.values() if part]
        paths = [part.paths[0] if part else file for file, part in found.items()]
        return Artifact(
            "tasb.lexical.published:make", name, files,
            {"system": system, "files": paths, "format": declared.format,
             "queries": declared.queries},
            {"passages": graph.passages()["passages"], "fetched": fetched},
            brought={"published": present(set(paths) - {part.paths[0] for part in fetched})},
        )  # fmt: skip
    model, base = _generator(graph, declared, key)
    keys = {"queries", "top_k", "query_length", "passage_length", "shards"}
    return Artifact(
        "tasb.lexical.generated:make",
        name,
        files,
        {
            **declared.model_dump(include=keys),
            "precision": graph.section("vectors").precision,
            "seed": graph.seed("lexical", system),
        },
        {
            "model": model,
            "tokenizer": graph.encoder(base)["tokenizer"],
            "tokens": graph.tokens(base, "passages")["tokens"],
        },
        part={"shard": shard},
        heavy=True,
    )


def present(files: Iterable[str]) -> list[str]:
    """Return the files that are there, sorted; the job says which are not."""
    return sorted(file for file in files if Path(file).is_file())


def _generator(graph: "Graph", declared: "Doc2Query", key: str) -> tuple[Part, str]:
    """Return the weights that write queries, and the encoder whose tokens they read."""
    if declared.encoder is not None:
        return graph.encoder(declared.encoder, f"{key}.encoder")["model"], declared.encoder
    name = declared.run or ""
    run = graph.run(name, f"{key}.run")
    if run.model.kind != "doc2query":
        raise ValueError(
            f"{key}.run: '{name}' is of model '{run.model.kind}'; name a run of doc2query"
        )
    return graph.training(name)["model"], encoder_of(graph, run.init, key)


def bm25_negatives(graph: "Graph") -> Artifact:
    """Training pairs of each relevant passage with negatives from the top of BM25."""
    queries = graph.query_set(TRAINING)
    return Artifact(
        "tasb.lexical.negatives:make",
        graph.name("lexical", "pairs"),
        {"pairs": [graph.path("lexical", "pairs.parquet")]},
        {
            "negatives": graph.section("negatives"),
            "seed": graph.seed("lexical", "negatives"),
            "drop_own_passage": graph.config.data.drop_own_passage,
        },
        {
            "queries": queries["queries"],
            "qrels": queries["qrels"],
            "passages": graph.passages()["passages"],
        },
    )
