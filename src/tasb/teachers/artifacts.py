"""The artifacts of the teachers: scores of a trained model for pairs."""

from typing import TYPE_CHECKING, Any

from tasb.artifact import Artifact, Source
from tasb.collection.config import TRAINING

if TYPE_CHECKING:
    from tasb.graph import Graph


def pair_scores(graph: "Graph", run: str) -> Artifact:
    """All training pairs with the scores of a trained model."""
    settings, sources = scorer(graph, run, TRAINING)
    return Artifact(
        "tasb.teachers.pair_scores:make",
        graph.name("teachers", run, "pair_scores"),
        {"pairs": [graph.path("teachers", run, "pair_scores.parquet")]},
        settings,
        {"pairs": graph.pairs()["pairs"], **sources},
    )


def scorer(
    graph: "Graph", model: str, query_set: str, key: str = "runs"
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Return the settings and sources with which a job scores pairs; any model can.

    Args:
        graph: the graph.
        model: a run, or a system with vectors.
        query_set: whose queries it reads.
        key: the key of the config that names the model.
    """
    scoring = graph.scoring(model, key)
    vectors = graph.section("vectors")
    settings = {
        "scorer": {
            "model": scoring.model,
            "card": scoring.card,
            "batch_tokens": vectors.batch_tokens,
            "precision": vectors.precision,
        }
    }
    return settings, {
        **scoring.sources(graph),
        "passage_tokens": graph.tokens(scoring.encoder, "passages")["tokens"],
        "query_tokens": graph.tokens(scoring.encoder, query_set)["tokens"],
    }
