"""The artifacts of the rankings; what each kind of system reads is in `tasb.rankings.kinds`."""

from typing import TYPE_CHECKING

from tasb.artifact import Artifact

if TYPE_CHECKING:
    from tasb.graph import Graph


def search(graph: "Graph", system: str) -> Artifact:
    """The rankings of a dense system for all reported query sets."""
    return graph.system(system).ranked(graph, system, list(graph.config.data.query_sets))


def ranking(graph: "Graph", system: str, query_set: str) -> Artifact:
    """The ranking of one query set."""
    return graph.system(system).ranked(graph, system, [query_set])
