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


class Doc2Query(Bm25, System):
    """BM25 over passages with predicted queries appended: docT5query."""

    kind: Literal["doc2query"]
    run: str | None = None
    """A run of model doc2query, which writes them."""
    encoder: str | None = None
    """In place of a run, a T5 among `encoders`."""
    files: list[str] | None = Field(None, min_length=1)
    """In place of a model, published predictions."""
    format: Literal["jsonl", "lines"] = "jsonl"
    """Of the files: JSON objects with ``id`` and ``predicted_queries``, or a file (in chunks) for
    each sample, with a query for each passage in their order."""
    queries: int = Field(5, ge=1)
    """Queries of a passage; docT5query has 40."""
    top_k: int = Field(10, ge=1)
    """Likeliest tokens among which each next one is drawn."""
    query_length: int = Field(64, ge=3)
    """Tokens of a query, at most."""
    passage_length: int = Field(200, ge=3)
    """Tokens of a passage that the model reads; T5's was 512."""
    shards: int = Field(1, ge=1)
    """Parts of the passages, each written for by a separate job."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.run, self.encoder, self.files)) != 1:
            raise ValueError("give one of 'run', 'encoder' and 'files'")
        if self.files is not None and self.shards != 1:
            raise ValueError("shards: published files are read in one job; leave it at 1")
        return self

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return the retrieval."""
        return timed(self.ranked(graph, name, [query_set]), "tasb.latency.stages:lexical")

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set."""
        bm25 = self.model_dump(include=set(Bm25.model_fields))
        settings = {"bm25": bm25, "depth": graph.section("rankings").depth}
        sources: dict[str, Source] = {
            "passages": graph.passages()["passages"],
            "expansions": [
                graph.expansions(name, shard)["expansions"] for shard in range(self.shards)
            ],
        }
        return rankings(graph, name, query_sets, "tasb.rankings.lexical:make", settings, sources)
