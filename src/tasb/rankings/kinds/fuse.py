"""Systems that join the rankings of others."""

from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from tasb.artifact import Artifact, Part, Source
from tasb.collection.config import VALIDATION
from tasb.metrics.config import METRIC
from tasb.rankings.kinds.base import System, Timed, rankings, timed
from tasb.settings import Distinct

if TYPE_CHECKING:
    from tasb.graph import Graph


TIMED = ("alpha", "k", "depth")
"""Settings that the time of a fusion may depend on."""


class Fuse(System):
    """The union of several rankings, by a weighted sum of scores or by reciprocal ranks."""

    kind: Literal["fuse"]
    systems: Distinct[str] = Field(min_length=2)
    """The systems that are joined: two for a weighted sum."""
    method: Literal["weighted-sum", "reciprocal-rank"] = "weighted-sum"
    """Weighted sum of scores, or sum of reciprocal ranks."""
    alpha: float | None = Field(None, ge=0)
    """Weight of the second system's scores, the first's being 1; null: the best on validation
    queries, which no table reports."""
    metric: str = Field("ndcg@10", pattern=METRIC)
    """What is best on validation queries."""
    tuning_queries: int = Field(1000, ge=1)
    """Validation queries that are drawn to choose the weight."""
    k: int = Field(60, ge=1)
    """A passage at rank r of a list gains 1 / (k + r) by reciprocal ranks."""

    @model_validator(mode="after")
    def _two_for_a_sum(self) -> Self:
        if self.method == "weighted-sum" and len(self.systems) != 2:
            raise ValueError(
                f"systems: a weighted sum has two, found {len(self.systems)}; "
                "'method: reciprocal-rank' joins any number"
            )
        return self

    @property
    def rests_on(self) -> list[str]:
        """The systems that are joined."""
        return self.systems

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed:
        """Return the fusion; with a weight of 1 where it would be tuned, which takes as long."""
        found = timed(self.ranked(graph, name, [query_set]), "tasb.latency.stages:fusion")
        sources = {key: part for key, part in found.sources.items() if "validation" not in key}
        settings = {key: value for key, value in found.settings.items() if key in TIMED}
        return Timed(found.stages, settings, sources)

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the joined ranking of a query set."""
        depth = graph.section("rankings").depth
        first = self._rankings(graph, name, query_sets[0])
        settings: dict[str, Any]
        if self.method == "reciprocal-rank":
            make, settings = "tasb.rankings.fusion:make_reciprocal_rank", {"k": self.k}
            settings["depth"] = depth
            return rankings(graph, name, query_sets, make, settings, {"rankings": first})
        make, settings = "tasb.rankings.fusion:make_weighted_sum", {"alpha": self.alpha}
        tuned: dict[str, Source] = {}
        if self.alpha is None:
            settings |= {"metric": self.metric, "tuning_queries": self.tuning_queries}
            settings["seed"] = graph.seed("rankings", "fuse")
            tuned["validation_rankings"] = self._rankings(graph, name, VALIDATION)
            tuned["validation_qrels"] = graph.query_set(VALIDATION)["qrels"]
        sources = {"rankings": first, **tuned}
        return rankings(graph, name, query_sets, make, {**settings, "depth": depth}, sources)

    def _rankings(self, graph: "Graph", name: str, query_set: str) -> list[Part]:
        return [
            graph.ranking(system, query_set, key=f"systems.{name}.systems[{place}]")
            for place, system in enumerate(self.systems)
        ]
