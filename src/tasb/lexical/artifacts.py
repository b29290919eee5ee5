"""The artifacts of the lexical stage: BM25 negatives where a collection has no pairs."""

from typing import TYPE_CHECKING

from tasb.artifact import Artifact
from tasb.collection.config import TRAINING

if TYPE_CHECKING:
    from tasb.graph import Graph


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
