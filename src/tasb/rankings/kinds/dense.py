"""Systems that search the vectors of a model: a run that is trained here, released weights."""

from typing import TYPE_CHECKING, ClassVar, Literal

from tasb.artifact import Artifact, Part
from tasb.models.card import OwnCard
from tasb.models.kinds import BertDot
from tasb.rankings.kinds.base import System, rankings
from tasb.vectors.artifacts import ModelFiles, all_passages, encoding

if TYPE_CHECKING:
    from tasb.graph import Graph


class Dense(System):
    """A system whose passages are vectors."""

    reported_together: ClassVar[bool] = True
    index: str = "Flat"
    """A Faiss factory string; 'Flat' searches the vectors themselves, exactly."""

    def ranking(self, graph: "Graph", name: str, query_set: str) -> Part:
        """Return the ranking of a query set."""
        reported = list(graph.config.data.query_sets)
        if query_set not in reported:
            return graph.single_ranking(name, query_set)["ranking"]
        found = graph.search(name)
        return Part(found, (found.files["ranking"][reported.index(query_set)],))

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the rankings of some query sets, encoded and searched in one job."""
        settings, sources = encoding(graph, name, f"systems.{name}")
        encoder = graph.vector_model(name, f"systems.{name}").encoder
        flat = self.index == "Flat"
        searched = all_passages(graph, name) if flat else [graph.index(name)["index"]]
        return rankings(
            graph,
            name,
            query_sets,
            "tasb.rankings.search:make",
            {**settings, "depth": graph.section("rankings").depth, "flat": flat},
            {
                **sources,
                "index": searched,
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
        weights = graph.training(self.run, at)["model"]
        return ModelFiles(run.model, run.card, run.init, weights)


class Checkpoint(OwnCard, Dense):
    """Released weights as they are."""

    kind: Literal["checkpoint"]
    encoder: str
    """One of `encoders`."""

    def dense(self, graph: "Graph", name: str, key: str) -> ModelFiles:
        """Return the encoder with its pooling, similarity and lengths."""
        encoder = graph.encoder(self.encoder, key=f"systems.{name}.encoder")
        card = OwnCard(**self.model_dump(include=set(OwnCard.model_fields)))
        own = encoder["card"] if None in card.plain().values() else None
        return ModelFiles(BertDot(), card, self.encoder, encoder["model"], own)
