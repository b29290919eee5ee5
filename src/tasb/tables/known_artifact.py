"""Config and artifact of a table of known values: what is published of released systems."""

from typing import TYPE_CHECKING

from pydantic import Field

from tasb.artifact import Artifact
from tasb.settings import Settings, require
from tasb.tables.artifacts import printed, templates

if TYPE_CHECKING:
    from tasb.graph import Graph


class KnownRow(Settings):
    """A system with published values."""

    system: str
    """A system, as a rule one of released weights."""
    label: str
    """What it is called."""
    source: str
    """Where the values are published."""
    values: dict[str, dict[str, float]] = Field(min_length=1)
    """The values, by query set and metric."""
    band: float = Field(0.002, gt=0)
    """The largest difference that is expected."""


class KnownOf(Settings):
    """Values of systems next to published ones."""

    title: str
    """Printed above the table."""
    systems: list[KnownRow] = Field(min_length=1)
    """The systems, in order."""


def known_table(graph: "Graph", declared: KnownOf, name: str) -> Artifact:
    """A table of known values.

    Raises:
        ValueError: a system, query set or metric is unknown.
    """
    key, sets = f"tables.{name}.systems", list(graph.config.data.query_sets)
    found = []
    for place, row in enumerate(declared.systems):
        for query_set, values in row.values.items():
            at = f"{key}[{place}].values"
            require(query_set, sets, at, "query set")
            for metric in values:
                known = graph.config.metrics.names
                require(metric, known, f"{at}.{query_set}", "metric (of metrics.names)")
        found.append(graph.metrics(row.system, f"{key}[{place}].system")["means"])
    return Artifact(
        "tasb.tables.known:make",
        graph.name("tables", name),
        printed(graph, name),
        {
            "name": name,
            "title": declared.title,
            "systems": declared.systems,
            "query_sets": sets,
            "collection": graph.config.collection,
        },
        {"metrics": found},
        brought={"templates": templates()},
    )
