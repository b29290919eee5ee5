"""Systems that match words."""

from typing import TYPE_CHECKING, Literal

from tasb.artifact import Artifact, Source
from tasb.lexical.config import Bm25
from tasb.rankings.kinds.base import System, Timed, rankings, timed

if TYPE_CHECKING:
    from tasb.graph import Graph


class Lexical(Bm25, System):
    """BM25."""

    kind: Literal["lexical"]

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return the retrieval."""
        return timed(self.ranked(graph, name, [query_set]), "tasb.latency.stages:lexical")

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set by BM25."""
        bm25 = self.model_dump(include=set(Bm25.model_fields))
        settings = {"bm25": bm25, "depth": graph.section("rankings").depth}
        sources: dict[str, Source] = {"passages": graph.passages()["passages"]}
        return rankings(graph, name, query_sets, "tasb.rankings.lexical:make", settings, sources)
