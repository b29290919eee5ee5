"""Config and artifact of a table across collections: a row each, a column for each system."""

from typing import TYPE_CHECKING

from pydantic import Field

from tasb.artifact import Artifact, Part
from tasb.settings import Distinct, Settings, require
from tasb.tables.artifacts import printed, templates

if TYPE_CHECKING:
    from tasb.graph import Graph


class AcrossRow(Settings):
    """A collection, or several of which the mean is one row."""

    collections: Distinct[str] = Field(min_length=1)
    """The collection in use or some of `across`."""
    label: str
    """What it is called."""
    published: dict[str, float] = {}
    """Published values, by system."""


class AcrossOf(Settings):
    """One metric of some systems on many collections, and the average."""

    title: str
    """Printed above the table."""
    metric: str
    """One of `metrics.names`."""
    systems: Distinct[str] = Field(min_length=1)
    """The systems, one column each."""
    labels: list[str] = Field(min_length=1)
    """What they are called."""
    collections: list[AcrossRow] = Field(min_length=1)
    """The rows, in order."""


def across_table(graph: "Graph", declared: AcrossOf, name: str) -> Artifact:
    """A table across collections; it reads the first query set of each.

    Raises:
        ValueError: a collection, system or metric is unknown.
    """
    key = f"tables.{name}"
    require(declared.metric, graph.config.metrics.names, f"{key}.metric", "metric")
    if len(declared.labels) != len(declared.systems):
        raise ValueError(
            f"{key}.labels: {len(declared.labels)} for {len(declared.systems)} systems"
        )
    known = dict.fromkeys((graph.config.collection, *graph.config.across))
    rows, read = [], []
    for place, row in enumerate(declared.collections):
        at, files = f"{key}.collections[{place}]", {}
        for collection in row.collections:
            require(collection, known, f"{at}.collections", "collection in use or in 'across'")
        for system in declared.systems:
            parts = [_means(graph.on(each), system, f"{key}.systems") for each in row.collections]
            files[system] = [part.paths[0] for part in parts]
            read += parts
        for system in row.published:
            require(system, dict.fromkeys(declared.systems), f"{at}.published", "system")
        rows.append({"label": row.label, "published": row.published, "files": files})
    return Artifact(
        "tasb.tables.across:make",
        graph.name("tables", name),
        printed(graph, name),
        {
            "name": name,
            "title": declared.title,
            "metric": declared.metric,
            "systems": declared.systems,
            "labels": declared.labels,
            "rows": rows,
        },
        {"read": read},
        brought={"templates": templates()},
    )


def _means(graph: "Graph", system: str, key: str) -> Part:
    """Return the means of a system on the first query set of a collection."""
    metrics = graph.metrics(system, key)
    return Part(metrics, (metrics.files["means"][0],))
