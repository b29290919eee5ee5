"""Systems that put the top of another ranking in a new order."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tasb.artifact import Artifact
from tasb.rankings.kinds.base import System, Timed, rankings, timed
from tasb.teachers.artifacts import scorer

if TYPE_CHECKING:
    from tasb.graph import Graph


class Rerank(System):
    """The top passages of a system, in the order of a model's scores.

    Below `depth` the order of the first system is kept.
    """

    kind: Literal["rerank"]
    system: str
    """The system whose ranking is re-ordered."""
    model: str
    """A run of any model, or a system with vectors."""
    depth: int = Field(100, ge=1)
    """Passages of a query that are scored."""

    @property
    def rests_on(self) -> list[str]:
        """The first system."""
        return [self.system]

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return the re-ranking."""
        return timed(self.ranked(graph, name, [query_set]), "tasb.latency.stages:reranking")

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set."""
        first = graph.ranking(self.system, query_sets[0], key=f"systems.{name}.system")
        run = graph.config.runs.get(self.model)
        if run is not None and run.model.compares and self.depth < 2:
            raise ValueError(
                f"systems.{name}.depth: 1; model '{self.model}' compares passages: 2 at least"
            )
        settings, sources = scorer(graph, self.model, query_sets[0], key=f"systems.{name}.model")
        return rankings(
            graph,
            name,
            query_sets,
            "tasb.rankings.rerank:make",
            {**settings, "rerank_depth": self.depth},
            {**sources, "first": first},
            heavy=True,
        )
