"""The samplers: which queries come together in a batch, and which of their pairs.

All four are one procedure with other settings, see `tasb.plans.sampler`.
"""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from tasb.artifact import Source
from tasb.settings import Settings, as_kind

if TYPE_CHECKING:
    from tasb.graph import Graph


class Sampler(Settings):
    """How batches are drawn."""

    make: ClassVar[str] = "tasb.plans.plan:make"
    reads_margins: ClassVar[bool] = False

    def label(self) -> list[str]:
        """Return what the name of a plan says of its sampler; plans of equal names are equal."""
        raise NotImplementedError

    def sources(self, graph: "Graph", key: str, query_set: str) -> dict[str, Source]:
        """Return what is read in addition to the pairs."""
        return {}


class Random(Sampler):
    """Queries drawn at random (Eq. 9)."""

    kind: Literal["random"] = "random"

    def label(self) -> list[str]:
        """Return the kind."""
        return ["random"]


class RandomPairs(Sampler):
    """Pairs drawn at random (Eq. 9 as released): queries in proportion to their pairs."""

    kind: Literal["random-pairs"]

    def label(self) -> list[str]:
        """Return the kind."""
        return ["random-pairs"]


class Tas(Sampler):
    """Queries of one topic, or of a few (Eq. 11)."""

    kind: Literal["tas"]
    clusters: str = "default"
    """One of `clusters`."""
    clusters_per_batch: int = Field(1, ge=1)
    """Clusters in a batch (n of Eq. 11)."""

    def label(self) -> list[str]:
        """Return the kind, the clusters and their number."""
        return [str(self.plain()["kind"]), self.clusters, f"n{self.clusters_per_batch}"]

    def sources(self, graph: "Graph", key: str, query_set: str) -> dict[str, Source]:
        """Return the clusters.

        Raises:
            ValueError: they are of other queries.
        """
        found = graph.clusters(self.clusters, key=f"{key}.clusters")
        clustered = graph.config.clusters[self.clusters].queries
        if clustered != query_set:
            raise ValueError(
                f"{key}.clusters: '{self.clusters}' are topics of the {clustered} queries, and the "
                f"pairs are of the {query_set} ones; name clusters with queries: {query_set}"
            )
        return {"clusters": found["clusters"]}


class TasBalanced(Tas):
    """The same, with pairs from margin bins of equal width (Eq. 13)."""

    kind: Literal["tas-balanced"]  # type: ignore[assignment]
    bins: int = Field(10, ge=1)
    """Margin bins of a query."""
    reads_margins: ClassVar[bool] = True

    def label(self) -> list[str]:
        """Return the same, and the bins."""
        return [*super().label(), f"h{self.bins}"]


AnySampler = Annotated[
    Annotated[Random | RandomPairs | Tas | TasBalanced, Field(discriminator="kind")],
    BeforeValidator(as_kind),
]
