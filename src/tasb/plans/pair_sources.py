"""Where the training pairs of a run come from, and whose margins they carry."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from tasb.artifact import Part
from tasb.collection.config import TRAINING
from tasb.mining.names import mined_pairs, query_set_of
from tasb.settings import Distinct, Settings, as_kind

if TYPE_CHECKING:
    from tasb.graph import Graph


class PairSource(Settings):
    """Pairs of a query's relevant passage and one that is not relevant."""

    one_pair_queries: Literal["keep", "drop"] = "keep"
    """Whether queries with a single pair take part; as released, they do not."""

    @property
    def scored_by(self) -> str | None:
        """Whose scores the pairs carry, if they carry any."""
        raise NotImplementedError

    def label(self) -> list[str]:
        """Return what the name of a plan says of its pairs."""
        return [*(["drop"] if self.one_pair_queries == "drop" else []), self.margins]

    @property
    def margins(self) -> str:
        """Where the margins come from, as the name of a plan says it."""
        return "labels" if self.scored_by is None else f"by={self.scored_by}"

    def pairs(self, graph: "Graph", key: str) -> Part:
        """Return the table of pairs."""
        raise NotImplementedError

    def query_set(self, graph: "Graph") -> str:
        """Return the query set whose positions the pairs hold."""
        return TRAINING


class CollectionPairs(PairSource):
    """The pairs of the collection: published ones, or BM25 negatives."""

    kind: Literal["collection"] = "collection"
    teacher: str | None = None
    """The run whose scores give the margins; null for labels alone."""

    @property
    def scored_by(self) -> str | None:
        """The teacher."""
        return self.teacher

    def pairs(self, graph: "Graph", key: str) -> Part:
        """Return the pairs, scored by the teacher if there is one."""
        if self.teacher is None:
            return graph.pairs()["pairs"]
        graph.scoring(self.teacher, f"{key}.teacher")
        return graph.pair_scores(self.teacher)["pairs"]


class PublishedPairs(PairSource):
    """The pairs of the collection with the scores that were published with them."""

    kind: Literal["published"]

    @property
    def scored_by(self) -> str | None:
        """A name for the published scores."""
        return self.margins

    @property
    def margins(self) -> str:
        """What no run can be called in the name of a plan."""
        return "published"

    def pairs(self, graph: "Graph", key: str) -> Part:
        """Return the pairs; the plan refuses them if they carry no scores."""
        return graph.pairs()["pairs"]


class MinedPairs(PairSource):
    """Pairs mined from rankings."""

    kind: Literal["mined"]
    mining: Distinct[str] = Field(min_length=1)
    """One of `mining`, or several whose pairs are put together."""
    teacher: str | None = None
    """The run or dense system whose scores give the margins; null for labels alone."""

    @field_validator("mining", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        """Read a plain name as a list of one."""
        return [value] if isinstance(value, str) else value

    @property
    def scored_by(self) -> str | None:
        """The teacher."""
        return self.teacher

    def label(self) -> list[str]:
        """Return where the pairs are mined, in addition."""
        return ["mined=" + "=".join(self.mining), *super().label()]

    def pairs(self, graph: "Graph", key: str) -> Part:
        """Return the pairs, scored by the teacher if there is one."""
        for name in self.mining:
            graph.mined(name, f"{key}.mining")
        if self.teacher is None:
            return mined_pairs(graph, tuple(self.mining))
        graph.scoring(self.teacher, f"{key}.teacher")
        return graph.pair_scores(self.teacher, "=".join(self.mining))["pairs"]

    def query_set(self, graph: "Graph") -> str:
        """Return the queries that are mined, in one set."""
        return query_set_of(graph, tuple(self.mining))


AnyPairSource = Annotated[
    Annotated[CollectionPairs | PublishedPairs | MinedPairs, Field(discriminator="kind")],
    BeforeValidator(as_kind),
]
