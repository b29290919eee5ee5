"""Systems that match words."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

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


class DeepCt(Bm25, System):
    """BM25 with term frequencies from the weights of a DeepCT."""

    kind: Literal["deepct"]
    k1: float = Field(10.0, ge=0)
    """Saturation of term frequencies; DeepCT's are up to 100, so that it is part of the method."""
    b: float = Field(0.9, ge=0, le=1)
    """Share of the document length that counts."""
    run: str | None = None
    """A run of model deep-ct."""
    file: str | None = None
    """In place of a run, its published predictions: a line a passage."""
    scale: Literal["linear", "sqrt"] = "linear"
    """A word of weight y counts 100 y times, or 100 √y times."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.run is None) == (self.file is None):
            raise ValueError("give one of 'run' and 'file'")
        return self

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return the retrieval."""
        return timed(self.ranked(graph, name, [query_set]), "tasb.latency.stages:deepct")

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set."""
        bm25 = self.model_dump(include=set(Bm25.model_fields))
        settings = {"bm25": bm25, "scale": self.scale, "depth": graph.section("rankings").depth}
        sources: dict[str, Source] = {
            "passages": graph.passages()["passages"],
            "weights": graph.term_weights(name)["weights"],
        }
        return rankings(
            graph, name, query_sets, "tasb.rankings.lexical:make_deepct", settings, sources
        )
