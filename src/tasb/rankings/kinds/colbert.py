"""Systems that search the token vectors of a ColBERT."""

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from tasb.artifact import Artifact, Part, Source
from tasb.models.card import Card
from tasb.models.kinds import ColBert
from tasb.rankings.kinds.base import System, Timed, rankings, timed
from tasb.rankings.kinds.dense import FACTORY
from tasb.vectors.artifacts import ModelFiles, read_by

if TYPE_CHECKING:
    from tasb.graph import Graph


class ColBertSearch(System):
    """Candidates from the nearest passage tokens of each query token, then the exact score."""

    kind: Literal["colbert"]
    run: str | None = None
    """A run of model colbert."""
    encoder: str | None = None
    """In place of a run, released weights, read as `model` says."""
    model: ColBert = ColBert(kind="colbert")
    """Of released weights."""
    query_length: int = Field(30, ge=3)
    """Of released weights: tokens of a query, special tokens included, the marker not."""
    passage_length: int = Field(200, ge=3)
    """Of released weights: the same of a passage."""
    index: str = Field("Flat", pattern=f"^({FACTORY.pattern})$")
    """A Faiss factory string over all tokens; 'Flat' searches them exactly."""
    nprobe: int | None = Field(None, ge=1)
    """Lists of an IVF index that are searched for a token; null: Faiss's own, 1."""
    hits: int = Field(1024, ge=1)
    """Passage tokens that are found for each query token."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.run is None) == (self.encoder is None):
            raise ValueError("give one of 'run' and 'encoder'")
        return self

    def token_model(self, graph: "Graph", name: str) -> ModelFiles:
        """Return the model of the token vectors.

        Raises:
            ValueError: the run is of another model.
        """
        key = f"systems.{name}"
        if self.encoder is not None:
            card = Card(query_length=self.query_length, passage_length=self.passage_length)
            weights = graph.encoder(self.encoder, f"{key}.encoder")["model"]
            return ModelFiles(self.model, card, self.encoder, weights)
        found = graph.scoring(self.run or "", f"{key}.run")
        kind = graph.run(self.run or "", f"{key}.run").model
        if not kind.has_token_vectors:
            raise ValueError(
                f"{key}.run: '{self.run}' is of model '{kind.kind}'; name a run of model colbert"
            )
        return found

    @property
    def searched_index(self) -> dict[str, Any] | None:
        """How the index is searched; None for exact search."""
        return None if self.index == "Flat" else {"nprobe": self.nprobe, "ef_search": None}

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return encoding, candidates and scores."""
        return timed(self.ranked(graph, name, [query_set]), "tasb.latency.max_sim:stages")

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the ranking of a query set."""
        model = self.token_model(graph, name)
        count = graph.section("vectors").shards
        shards = [graph.token_vectors(name, shard) for shard in range(count)]
        index: dict[str, Part] = {}
        if self.index != "Flat":
            index["index"] = graph.token_index(name)["index"]
        sources: dict[str, Source] = {
            **model.sources(graph),
            **index,
            "vectors": [shard["vectors"] for shard in shards],
            "lengths": [shard["lengths"] for shard in shards],
            "query_tokens": graph.tokens(model.encoder, query_sets[0])["tokens"],
        }
        settings = {
            "encoder": read_by(graph, model),
            "index": self.searched_index,
            "hits": self.hits,
            "depth": graph.section("rankings").depth,
        }
        return rankings(
            graph, name, query_sets, "tasb.rankings.max_sim:make", settings, sources, heavy=True
        )
