"""The artifacts of the teachers: scores of a trained model for pairs."""

from typing import TYPE_CHECKING, Any

from tasb.artifact import Artifact, Source
from tasb.collection.config import TRAINING
from tasb.mining.names import mined_pairs, query_set_of
from tasb.vectors.artifacts import read_by

if TYPE_CHECKING:
    from tasb.graph import Graph


COLLECTION = "pair_scores"
"""What the scores of the collection's own pairs are called; others after where they are mined."""


def pair_scores(graph: "Graph", run: str, pairs: str) -> Artifact:
    """All training pairs with the scores of a trained model."""
    query_set, source = TRAINING, None
    if pairs == COLLECTION:
        source = graph.pairs()["pairs"]
    else:
        names = tuple(pairs.split("="))
        query_set, source = query_set_of(graph, names), mined_pairs(graph, names)
    settings, sources = scorer(graph, run, query_set)
    return Artifact(
        "tasb.teachers.pair_scores:make",
        graph.name("teachers", run, pairs),
        {"pairs": [graph.path("teachers", run, f"{pairs}.parquet")]},
        settings,
        {"pairs": source, **sources},
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
    return {"scorer": read_by(graph, scoring)}, {
        **scoring.sources(graph),
        "passage_tokens": graph.tokens(scoring.encoder, "passages")["tokens"],
        "query_tokens": graph.tokens(scoring.encoder, query_set)["tokens"],
    }
