"""Systems that put the top of another ranking in a new order."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from tasb.artifact import Artifact, Part
from tasb.rankings.kinds.base import System, Timed, rankings, timed
from tasb.teachers.artifacts import scorer

if TYPE_CHECKING:
    from tasb.graph import Graph


SCORER = "tasb.teachers.scorers:open_scorer"
T5 = "tasb.teachers.t5:open_t5"


class Reranker(System):
    """The top passages of a system in another order; below `depth` its order is kept."""

    system: str
    """The system whose ranking is re-ordered."""
    depth: int = Field(100, ge=1)
    """Passages of a query that are scored."""

    @property
    def rests_on(self) -> list[str]:
        """The first system."""
        return [self.system]

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return the re-ranking."""
        return timed(self.ranked(graph, name, [query_set]), "tasb.latency.stages:reranking")

    def first(self, graph: "Graph", name: str, query_set: str) -> Part:
        """Return the ranking that is re-ordered."""
        return graph.ranking(self.system, query_set, key=f"systems.{name}.system")


class Rerank(Reranker):
    """The top passages of a system, in the order of a model's scores."""

    kind: Literal["rerank"]
    model: str
    """A run of any model, or a system with vectors."""

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set."""
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
            {**settings, "opened_by": SCORER, "rerank_depth": self.depth},
            {**sources, "first": self.first(graph, name, query_sets[0])},
            heavy=True,
            uses=[SCORER],
        )


class RerankT5(Reranker):
    """The top passages of a system, in the order that a T5 gives them: monoT5 or duoT5."""

    kind: Literal["rerank-t5"]
    encoder: str
    """A T5 among `encoders`."""
    compares: bool = False
    """Whether it compares passages in pairs (duoT5), or scores each alone (monoT5)."""
    length: int = Field(512, ge=16)
    """Tokens of a prompt; passages are cut to it."""
    query_length: int = Field(64, ge=1)
    """Tokens of a query."""
    targets: tuple[str, str] = ("▁true", "▁false")
    """The tokens of the answer, as the model card names them."""

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if self.compares and self.depth < 2:
            raise ValueError("depth: 1; with 'compares' passages are scored in pairs: 2 at least")
        return self

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set."""
        encoder = graph.encoder(self.encoder, f"systems.{name}.encoder")
        vectors = graph.section("vectors")
        keys = {"compares", "length", "query_length", "targets"}
        settings = self.model_dump(include=keys)
        settings |= {"batch_tokens": vectors.batch_tokens, "precision": vectors.precision}
        return rankings(
            graph,
            name,
            query_sets,
            "tasb.rankings.rerank:make",
            {"scorer": settings, "opened_by": T5, "rerank_depth": self.depth},
            {
                "first": self.first(graph, name, query_sets[0]),
                "model": encoder["model"],
                "tokenizer": encoder["tokenizer"],
                "passage_tokens": graph.tokens(self.encoder, "passages")["tokens"],
                "query_tokens": graph.tokens(self.encoder, query_sets[0])["tokens"],
            },
            heavy=True,
            uses=[T5],
        )
