"""The artifact of a table of latencies."""

import os
from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part
from tasb.latency.artifacts import measured
from tasb.tables.artifacts import PAPER, printed, templates
from tasb.tables.config import LatenciesOf

if TYPE_CHECKING:
    from tasb.graph import Graph


def latency_table(graph: "Graph", declared: LatenciesOf, name: str) -> Artifact:
    """A table of the stages of a system.

    Raises:
        ValueError: the system, or one that it rests on, is not computed here.
    """
    key, paper = f"tables.{name}", PAPER / f"{name}.tsv"
    rows, sources = [], []
    for batch in declared.batches:
        parts = measured(graph, declared.system, batch, f"{key}.system")
        if not parts:
            raise ValueError(f"{key}.system: '{declared.system}' rests on a run file: no latency")
        rows.append({"batch": batch, "files": [path for part in parts for path in part.paths]})
        sources += parts
    shown = any(each.paper for each in graph.config.data.query_sets.values()) and paper.is_file()
    return Artifact(
        "tasb.tables.latency:make",
        graph.name("tables", name),
        printed(graph, name),
        {
            "name": name,
            "title": declared.title,
            "system": declared.system,
            "collection": graph.config.collection,
            "rows": rows,
        },
        {"latency": sources, "made": [Part(part.artifact, (part.artifact.sidecar,))
                                      for part in sources]},
        brought={
            "paper": [os.path.relpath(paper)] if shown else [],
            "templates": templates(),
        },
    )  # fmt: skip
