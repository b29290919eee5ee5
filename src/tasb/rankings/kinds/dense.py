"""Systems that search the vectors of a model: a run that is trained here, released weights."""

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from tasb.artifact import Artifact, Part, Source
from tasb.encoders.start import encoder_of
from tasb.models.card import Reading
from tasb.models.kinds import AnyModel, BertDot
from tasb.rankings.kinds.base import System, Timed, rankings, timed
from tasb.vectors.artifacts import ModelFiles, all_passages, encoding

if TYPE_CHECKING:
    from tasb.graph import Graph


FACTORY = re.compile(
    r"((PCA(W|R|WR)?|RR|Pad)\d+,|OPQ\d+(_\d+)?,|L2norm,)*"
    r"(IVF[1-9]\d*(_HNSW\d*|\(HNSW\d*(,Flat)?\))?,)?"
    r"(Flat|PQ\d+(x\d+)?(fsr?)?(np)?|SQ(4|6|8|fp16|bf16)|P?(RQ|LSQ)\d+(x\d+){1,2}|RaBitQ"
    r"|HNSW\d*([,_](Flat|SQ(4|6|8|fp16|bf16)))?|NSG\d*([,_]Flat)?)"
    r"(,RFlat|,Refine\(.+\))?"
)
"""The strings of Faiss's factory whose indexes rank by inner product."""


class Dense(System):
    """A system whose passages are vectors."""

    reported_together: ClassVar[bool] = True
    index: str = "Flat"
    """A Faiss factory string; 'Flat' searches the vectors themselves, exactly."""
    nprobe: int | None = Field(None, ge=1)
    """Lists of an IVF index that are searched for a query; null: Faiss's own, 1."""
    ef_search: int | None = Field(None, ge=1)
    """Width of the search in an HNSW index; null: Faiss's own, 16."""

    @field_validator("index")
    @classmethod
    def _ranks_by_inner_product(cls, index: str) -> str:
        if not FACTORY.fullmatch(index):
            raise ValueError(
                "no index of Faiss that ranks by inner product; parts, separated by commas: "
                "perhaps PCA64 or OPQ16_64, perhaps IVF1024, then Flat, PQ16, SQ8 or HNSW32, "
                "perhaps RFlat"
            )
        return index

    @model_validator(mode="after")
    def _of_the_index(self) -> Self:
        for key, given, kind in (
            ("nprobe", self.nprobe, "IVF"),
            ("ef_search", self.ef_search, "HNSW"),
        ):
            if given is not None and kind not in self.index:
                raise ValueError(f"{key}: for an {kind} index; index is '{self.index}'")
        return self

    def ranking(self, graph: "Graph", name: str, query_set: str) -> Part:
        """Return the ranking of a query set."""
        reported = list(graph.config.data.query_sets)
        if query_set not in reported:
            return graph.single_ranking(name, query_set)["ranking"]
        found = graph.search(name)
        return Part(found, (found.files["ranking"][reported.index(query_set)],))

    @property
    def searched_index(self) -> dict[str, Any] | None:
        """How the index is searched; None for exact search."""
        return None if self.index == "Flat" else self.model_dump(include={"nprobe", "ef_search"})

    def index_source(self, graph: "Graph", name: str) -> dict[str, Source]:
        """Return the index, if one must be trained."""
        return {} if self.index == "Flat" else {"index": graph.index(name)["index"]}

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return tokenization, encoding and retrieval."""
        return timed(self.ranked(graph, name, [query_set]), "tasb.latency.dense:stages")

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the rankings of some query sets, encoded and searched in one job."""
        settings, sources = encoding(graph, name, f"systems.{name}", "queries")
        encoder = graph.vector_model(name, f"systems.{name}").encoder
        exact: dict[str, Source] = {"vectors": all_passages(graph, name)}
        settings |= {"depth": graph.section("rankings").depth, "index": self.searched_index}
        return rankings(
            graph,
            name,
            query_sets,
            "tasb.rankings.search:make",
            settings,
            {
                **sources,
                **exact,
                **self.index_source(graph, name),
                "query_tokens": [graph.tokens(encoder, each)["tokens"] for each in query_sets],
            },
            heavy=True,
            job="reported" if query_sets[0] in graph.config.data.query_sets else None,
        )


class Run(Dense):
    """A run that is trained here, searched with a given index."""

    kind: Literal["run"]
    run: str
    """The run whose model is searched."""

    def dense(self, graph: "Graph", name: str, key: str) -> ModelFiles:
        """Return the trained model."""
        at = f"systems.{name}.run" if name in graph.config.systems else key
        run = graph.run(self.run, at)
        if not run.model.makes_vectors:
            raise ValueError(
                f"{at}: run '{self.run}' is of model '{run.model.kind}': no vectors; "
                "use it to re-rank, in a system of kind 'rerank'"
            )
        trained, encoder = graph.training(self.run, at), encoder_of(graph, run.init, at)
        if run.search is None:
            vectors_of = self.run if self.run != name else None
            return ModelFiles(run.model, run.card, encoder, trained["model"], vectors_of=vectors_of)
        first = graph.run(run.init, at)
        card = run.card.model_copy(update={"passage_length": first.passage_length})
        return ModelFiles(
            run.model, card, encoder, trained["passage_model"],
            query_weights=trained["model"], vectors_of=run.init,
        )  # fmt: skip

    def index_source(self, graph: "Graph", name: str) -> dict[str, Source]:
        """Return the index; a run that trains on one is searched through the same."""
        run = graph.run(self.run, f"systems.{name}.run")
        if run.search is not None and run.search.system is not None and name == self.run:
            return graph.system(run.search.system).index_source(graph, run.search.system)
        return super().index_source(graph, name)


WITHOUT_VECTORS = {"query_length", "passage_length", "precision"}
"""Keys of a checkpoint that matter where texts have no vectors, too."""


class Checkpoint(Reading, Dense):
    """Released weights as they are; what is not given here, the card of their folder says."""

    kind: Literal["checkpoint"]
    encoder: str
    """One of `encoders`."""
    model: AnyModel = BertDot()
    """Their architecture; what has no vectors can re-rank, mine and teach."""

    @model_validator(mode="after")
    def _read_by_its_model(self) -> Self:
        kind = self.model.plain()["kind"]
        if self.model.objective is not None:
            raise ValueError(
                f"model: '{kind}' scores no pairs; name a run of it, or published files, in a "
                "system of its kind"
            )
        unread = set(Reading.model_fields) & self.model_fields_set - WITHOUT_VECTORS
        if unread and not self.model.makes_vectors:
            raise ValueError(
                f"{min(unread)}: model '{kind}' makes no vectors and does not read it; leave it out"
            )
        return self

    @property
    def ranks(self) -> bool:
        """Whether it has vectors."""
        return self.model.makes_vectors

    def dense(self, graph: "Graph", name: str, key: str) -> ModelFiles:
        """Return the encoder with its pooling, similarity and lengths."""
        if not self.model.makes_vectors:
            raise ValueError(
                f"{key}: system '{name}' is of model '{self.model.kind}': no vectors; use it to "
                "re-rank, in a system of kind 'rerank'"
            )
        return self.scoring(graph, name, key)

    def scoring(self, graph: "Graph", name: str, key: str) -> ModelFiles:
        """Return the weights, and how they are read."""
        encoder = graph.encoder(self.encoder, key=f"systems.{name}.encoder")
        given = self.model_dump(include=set(Reading.model_fields) & self.model_fields_set)
        return ModelFiles(self.model, given, self.encoder, encoder["model"], encoder["card"])
