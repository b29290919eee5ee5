"""The artifact of a table of claims."""

from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part
from tasb.tables.artifacts import printed, templates
from tasb.tables.claims_config import ClaimsOf, files_of

if TYPE_CHECKING:
    from tasb.graph import Graph


def claims_table(graph: "Graph", declared: ClaimsOf, name: str) -> Artifact:
    """A table of claims.

    Raises:
        ValueError: a claim names what is not declared.
    """
    rows, read = [], dict[Part, None]()
    for place, claim in enumerate(declared.claims):
        found = claim.read(graph, f"tables.{name}.claims[{place}]")
        rows.append({**claim.plain(), "files": files_of(found)})
        read |= dict.fromkeys(part for parts in found.values() for part in parts)
    sets = graph.config.data.query_sets
    return Artifact(
        "tasb.tables.claims:make",
        graph.name("tables", name),
        printed(graph, name),
        {
            "name": name,
            "title": declared.title,
            "passages": declared.passages,
            "rows": rows,
            "query_sets": [[each, found.level] for each, found in sets.items()],
            "collection": graph.config.collection,
        },
        {
            "read": list({part.paths: part for part in read}.values()),
            "texts": graph.passages()["passages"],
        },
        brought={"templates": templates()},
    )
