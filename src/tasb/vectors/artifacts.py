"""The artifacts of the vectors: passage vectors in shards, query vectors, trained indexes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasb.artifact import Artifact, Part, Source
from tasb.models.card import Card
from tasb.models.kinds import Model

if TYPE_CHECKING:
    from tasb.graph import Graph
    from tasb.rankings.kinds.colbert import ColBertSearch
    from tasb.students.run import TrainingRun


@dataclass(frozen=True)
class ModelFiles:
    """A model that scores or encodes: its weights, and how they are read."""

    model: Model
    """Its architecture."""
    card: Card | dict[str, Any]
    """Of released weights: what the config says of it."""
    encoder: str
    """The encoder whose tokenizer it uses."""
    weights: Part
    own_card: Part | None = None
    """The card of released weights, which says the rest."""
    query_weights: Part | None = None
    """The weights of queries, where they are others."""
    vectors_of: str | None = None
    """The system that has the passage vectors, where it is another."""

    def sources(self, graph: "Graph", texts: str = "passages") -> dict[str, Source]:
        """Return what a job reads to open the model, for passages or for queries."""
        own = self.query_weights if texts == "queries" else None
        files: dict[str, Source] = {
            "model": own or self.weights,
            "tokenizer": graph.encoder(self.encoder)["tokenizer"],
        }
        return files if self.own_card is None else {**files, "card": self.own_card}


def passage_vectors(graph: "Graph", system: str, shard: int, key: str) -> Artifact:
    """The vectors of a shard of the passages."""
    shards = graph.section("vectors").shards
    settings, sources = encoding(graph, system, key)
    encoder = graph.vector_model(system, key).encoder
    return Artifact(
        "tasb.vectors.encode:make",
        graph.name("vectors", system, f"passages-{shard}"),
        {"vectors": [graph.path("vectors", system, f"passages-{shard}.arrow")]},
        {**settings, "texts": "passages", "shards": shards},
        {**sources, "tokens": graph.tokens(encoder, "passages")["tokens"]},
        part={"shard": shard},
        passing=True,
    )


def query_vectors(graph: "Graph", system: str, query_set: str, key: str) -> Artifact:
    """The vectors of a query set; a search encodes its queries itself."""
    settings, sources = encoding(graph, system, key, "queries")
    encoder = graph.vector_model(system, key).encoder
    return Artifact(
        "tasb.vectors.encode:make",
        graph.name("vectors", system, f"queries-{query_set}"),
        {"vectors": [graph.path("vectors", system, f"queries-{query_set}.arrow")]},
        {**settings, "texts": "queries", "shards": 1},
        {**sources, "tokens": graph.tokens(encoder, query_set)["tokens"]},
        part={"shard": 0},
        passing=True,
    )


def encoding(
    graph: "Graph", system: str, key: str, texts: str = "passages"
) -> tuple[dict[str, Any], dict[str, Source]]:
    """Return the settings and sources with which a job encodes passages or queries."""
    model = graph.vector_model(system, key)
    return {"encoder": read_by(graph, model)}, model.sources(graph, texts)


def read_by(graph: "Graph", model: "ModelFiles | TrainingRun") -> dict[str, Any]:
    """Return the settings with which a job opens a model and reads texts by it."""
    vectors = graph.section("vectors")
    return {
        "model": model.model,
        "card": model.card,
        "batch_tokens": vectors.batch_tokens,
        "precision": vectors.precision,
    }


def all_passages(graph: "Graph", system: str) -> list[Part]:
    """Return the vectors of all passages, shard by shard; systems of one run share them."""
    owner = graph.vector_model(system, "systems").vectors_of or system
    shards = range(graph.section("vectors").shards)
    return [graph.passage_vectors(owner, shard)["vectors"] for shard in shards]


def token_vectors(graph: "Graph", system: str, shard: int) -> Artifact:
    """The token vectors of a shard of the passages."""
    declared: ColBertSearch = graph.system(system)  # type: ignore[assignment]
    model, vectors = declared.token_model(graph, system), graph.section("vectors")
    return Artifact(
        "tasb.vectors.token_vectors:make",
        graph.name("vectors", system, "tokens", str(shard)),
        {
            "vectors": [graph.path("vectors", system, "tokens", f"{shard}.arrow")],
            "lengths": [graph.path("vectors", system, "tokens", f"{shard}.parquet")],
        },
        {"encoder": read_by(graph, model), "shards": vectors.shards},
        {**model.sources(graph), "tokens": graph.tokens(model.encoder, "passages")["tokens"]},
        part={"shard": shard},
        passing=True,
    )


def token_index(graph: "Graph", system: str) -> Artifact:
    """A Faiss index over the token vectors of all passages."""
    shards = range(graph.section("vectors").shards)
    return Artifact(
        "tasb.vectors.index:make",
        graph.name("vectors", system, "tokens", "index"),
        {"index": [graph.path("vectors", system, "tokens", "index.faiss")]},
        {"index": graph.system(system).plain()["index"]},
        {"vectors": [graph.token_vectors(system, shard)["vectors"] for shard in shards]},
    )


def index(graph: "Graph", system: str) -> Artifact:
    """A Faiss index that must be trained; its factory string is a key of the system."""
    return Artifact(
        "tasb.vectors.index:make",
        graph.name("vectors", system, "index"),
        {"index": [graph.path("vectors", system, "index.faiss")]},
        {"index": graph.system(system).plain()["index"]},
        {"vectors": all_passages(graph, system)},
    )
