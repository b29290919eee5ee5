"""The artifacts of the clusters stage."""

from typing import TYPE_CHECKING

from tasb.artifact import Artifact

if TYPE_CHECKING:
    from tasb.graph import Graph


def clusters(graph: "Graph", name: str) -> Artifact:
    """Topics of the training queries."""
    declared = graph.config.clusters[name]
    seed = graph.seed("clusters", declared.seed) % 2**31  # as Faiss takes it
    key = f"clusters.{name}.system"
    vectors = graph.query_vectors(declared.system, declared.queries, key=key)
    return Artifact(
        "tasb.clusters.kmeans:make",
        graph.name("clusters", name),
        {"clusters": [graph.path("clusters", f"{name}.parquet")]},
        {"clusters": {**declared.plain(), "seed": seed}},
        {"vectors": vectors["vectors"]},
    )
