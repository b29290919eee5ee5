"""The artifacts of the lexical stage: BM25 negatives where a collection has no pairs."""

from typing import TYPE_CHECKING

from tasb.artifact import Artifact
from tasb.collection.config import TRAINING
from tasb.encoders.start import encoder_of

if TYPE_CHECKING:
    from tasb.graph import Graph
    from tasb.rankings.kinds.lexical import DeepCt


def term_weights(graph: "Graph", system: str) -> Artifact:
    """Weights of the words of all passages: by a run of model deep-ct, or from a file."""
    declared: DeepCt = graph.system(system)  # type: ignore[assignment]
    name, key = graph.name("lexical", system), f"systems.{system}"
    files = {"weights": [graph.path("lexical", f"{system}.parquet")]}
    if declared.file is not None:
        return Artifact(
            "tasb.lexical.term_weights:make_from_file", name, files,
            sources={"passages": graph.passages()["passages"]},
            brought={"predictions": [declared.file]},
        )  # fmt: skip
    run = graph.run(declared.run or "", f"{key}.run")
    if run.model.kind != "deep-ct":
        raise ValueError(
            f"{key}.run: '{declared.run}' is of model '{run.model.kind}'; name a run of deep-ct"
        )
    base, vectors = encoder_of(graph, run.init, key), graph.section("vectors")
    return Artifact(
        "tasb.lexical.term_weights:make",
        name,
        files,
        {
            "encoder": {
                "model": run.model,
                "card": run.card,
                "batch_tokens": vectors.batch_tokens,
                "precision": vectors.precision,
            }
        },
        {
            "model": graph.training(declared.run or "")["model"],
            "tokenizer": graph.encoder(base)["tokenizer"],
            "tokens": graph.tokens(base, "passages")["tokens"],
        },
        heavy=True,
    )


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
