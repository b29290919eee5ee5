"""The kinds of tables: each says what it is made from, and by what."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tasb.artifact import Artifact
from tasb.tables.across_artifact import AcrossOf, across_table
from tasb.tables.artifacts import systems_table
from tasb.tables.claims_artifact import claims_table
from tasb.tables.claims_config import ClaimsOf
from tasb.tables.config import CostsOf, LatenciesOf, Row, Table
from tasb.tables.costs_artifact import costs_table
from tasb.tables.known_artifact import KnownOf, known_table
from tasb.tables.latency_artifact import latency_table

if TYPE_CHECKING:
    from tasb.graph import Graph


class Systems(Table):
    """A table of systems and their metrics."""

    kind: Literal["systems"] = "systems"

    def table(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact."""
        return systems_table(graph, self, name)


class Costs(CostsOf):
    """A table of trainings and what they take."""

    kind: Literal["costs"]

    def table(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact."""
        return costs_table(graph, self, name)


class Latencies(LatenciesOf):
    """A table of the stages of a system."""

    kind: Literal["latency"]

    @property
    def rows(self) -> list[Row]:
        """The system, in the form of a row."""
        return [Row(system=self.system, labels=[self.system])]

    def table(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact."""
        return latency_table(graph, self, name)


class Claims(ClaimsOf):
    """A table of claims."""

    kind: Literal["claims"]

    @property
    def rows(self) -> list[Row]:
        """No system of it has a model card of its own."""
        return []

    def table(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact."""
        return claims_table(graph, self, name)


class Known(KnownOf):
    """A table of known values."""

    kind: Literal["known"]

    @property
    def rows(self) -> list[Row]:
        """Its systems, in the form of rows."""
        return [Row(system=row.system, labels=[row.label]) for row in self.systems]

    def table(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact."""
        return known_table(graph, self, name)


class Across(AcrossOf):
    """A table across collections."""

    kind: Literal["across"]

    @property
    def rows(self) -> list[Row]:
        """No system of it has a model card of its own."""
        return []

    def table(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact."""
        return across_table(graph, self, name)


AnyTable = Annotated[
    Systems | Costs | Latencies | Claims | Known | Across, Field(discriminator="kind")
]
