"""The artifacts of the tables stage."""

import csv
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part, Source
from tasb.collection.config import TRAINING, VALIDATION
from tasb.encoders.start import encoder_of
from tasb.latency.artifacts import of_systems
from tasb.rankings.config import Run, System
from tasb.settings import require
from tasb.tables.config import CostsOf, Row, Table

if TYPE_CHECKING:
    from tasb.graph import Graph

FORMATS = {"data": "parquet", "markdown": "md", "latex": "tex", "html": "html"}
PAPER = Path(__file__).parents[3] / "resources" / "paper"
"""The published values, next to the library in a checkout."""
TEMPLATES = Path(__file__).parent / "templates"
IN_BRACES = re.compile(r"\{([^{}]*)\}")
PRINTED = ("html.html.j2", "latex.tex.j2", "markdown.md.j2")


def printed(graph: "Graph", name: str) -> dict[str, list[str]]:
    """Return the files of a table, by what they are."""
    return {kind: [graph.path("tables", f"{name}.{end}")] for kind, end in FORMATS.items()}


def templates() -> list[str]:
    """Return the templates that a table is printed by."""
    return [os.path.relpath(TEMPLATES / name) for name in PRINTED]


def figure(graph: "Graph", name: str) -> Artifact:
    """A figure."""
    return graph.config.figures[name].figure(graph, name)


def table(graph: "Graph", name: str) -> Artifact:
    """A table."""
    return graph.config.tables[name].table(graph, name)


def systems_table(graph: "Graph", declared: Table, name: str) -> Artifact:
    """A table of systems.

    Raises:
        ValueError: a row or metric is unknown, or its labels do not fit the columns.
    """
    key = f"tables.{name}"
    sets, paper = graph.config.data.query_sets, PAPER / f"{name}.tsv"
    check_published(key, declared, [each.paper for each in sets.values()], paper)
    metrics = declared.metrics or graph.config.metrics.names
    for metric in metrics:
        require(metric, graph.config.metrics.names, f"{key}.metrics", "metric (of metrics.names)")
    systems, evaluated, rows = _rows(graph, declared, key)
    runs = {row: system.run for row, system in systems.items() if isinstance(system, Run)}
    _check_instances(graph, key, declared, runs)
    shared = _shared(graph, evaluated.values())
    files, latency = of_systems(graph, _timed(declared, key))
    passages: dict[str, Source] = {}
    if graph.config.data.passages:
        passages["passages"] = graph.passages()["passages"]
    return Artifact(
        "tasb.tables.make:make",
        graph.name("tables", name),
        printed(graph, name),
        {
            "name": name,
            "table": declared.model_copy(update={"rows": rows, "metrics": metrics}).model_dump(
                exclude={"kind"}
            ),
            "query_sets": [[set_name, query_set.paper] for set_name, query_set in sets.items()],
            "test": graph.config.metrics.model_dump(include={"p", "correction"}),
            "runs": list(runs),
            "collection": graph.config.collection,
            "latency": files,
        },
        {
            "latency": latency,
            "metrics": [found.of("per_query", "means") for found in evaluated.values()],
            "times": [graph.training(run)["times"] for run in runs.values()],
            "sets": [Part(found, (found.sidecar,)) for found in map(graph.query_set, sets)],
            **passages,
            **shared,
        },
        brought={
            "paper": [os.path.relpath(paper)] if paper.is_file() else [],
            "templates": templates(),
        },
    )


def _timed(declared: Table, key: str) -> dict[str, str]:
    """Return the systems whose latency a table shows, with the keys that name them."""
    return {
        row.system: f"{key}.rows[{place}].system"
        for place, row in enumerate(declared.rows)
        if row.system and declared.latency
    }


def _rows(
    graph: "Graph", declared: Table, key: str
) -> tuple[dict[str, System], dict[str, Artifact], list[Row]]:
    """Return the systems of a table and their metrics, by name, and its rows with labels filled."""
    systems: dict[str, System] = {}
    evaluated: dict[str, Artifact] = {}
    rows: list[Row] = []
    for position, row in enumerate(declared.rows):
        at = f"{key}.rows[{position}]"
        if row.system is None:
            rows.append(row)
            continue
        system = systems[row.system] = graph.system(row.system, f"{at}.system")
        evaluated[row.system] = graph.metrics(row.system, f"{at}.system")
        labels = labels_of(graph, f"{at}.labels", row, len(declared.columns), system)
        rows.append(row.model_copy(update={"labels": labels}))
    return systems, evaluated, rows


def _shared(graph: "Graph", evaluated: Iterable[Artifact]) -> dict[str, Source]:
    """Return which reported queries train or choose something, if anything in a table does."""
    used = {graph.name("collection", name) for name in (TRAINING, VALIDATION)}
    names = {below.name for artifact in evaluated for below in artifact.closure()}
    return {"shared": graph.shared_queries()["shared"]} if used & names else {}


def check_published(
    key: str, table: Table | CostsOf, query_sets: Sequence[str | None], paper: Path
) -> None:
    """Refuse names that the published table of this name does not have."""
    if not paper.is_file():
        return
    with paper.open(encoding="utf-8") as file:
        published = list(csv.DictReader(file, delimiter="\t"))
    for asked, column in (([row.paper for row in table.rows], "row"), (query_sets, "query_set")):
        known = {line[column] for line in published}
        for name in asked:
            if name is not None:
                require(name, known, key, f"{column} of the paper")


def model_card(graph: "Graph", run: str) -> Artifact:
    """The README of a trained retriever: what it was trained on, and what it scores."""
    key, declared = f"runs.{run}", graph.config.runs[run]
    data = graph.config.data
    encoder = graph.config.encoders[encoder_of(graph, declared.init, f"{key}.init")]
    metrics = graph.metrics(run, key)
    return Artifact(
        "tasb.tables.model_card:make",
        graph.name("students", run, "README"),
        {"readme": [graph.path("students", run, "README.md")]},
        {
            "run": run,
            "training": declared,
            "collection": graph.config.collection,
            "encoder": encoder,
            "licences": {"encoder": encoder.licence, "texts": data.licence},
            "query_sets": list(data.query_sets),
        },
        {"means": metrics["means"], "times": graph.training(run)["times"]},
        brought={"templates": [os.path.relpath(TEMPLATES / "model_card.md.j2")]},
    )


def labels_of(graph: "Graph", key: str, row: Row, columns: int, system: System) -> list[str]:
    """Return the labels of a row; a key of its system or run in braces stands for the value."""
    values = system.plain()
    if isinstance(system, Run):
        values |= graph.config.runs[system.run].plain()
    if len(row.labels) != columns:
        raise ValueError(f"{key}: {len(row.labels)} for {columns} columns")

    def value(found: re.Match[str]) -> str:
        """Return the value of the key in braces."""
        if not isinstance(values.get(found[1]), str | int | float):
            raise ValueError(
                f"{key}: '{row.system}' has no setting '{found[1]}' to print; braces hold the "
                "name of a key of the run that is a number or a text"
            )
        return str(values[found[1]])

    return [IN_BRACES.sub(value, label) for label in row.labels]


def _check_instances(graph: "Graph", key: str, table: Table, runs: dict[str, str]) -> None:
    """Refuse a table that sums up rows of which two are one run, the seed included."""
    settings = {row: graph.config.runs[run] for row, run in runs.items()}
    for row, run in settings.items() if table.statistics else ():
        twin = next(other for other in settings if settings[other] == run)
        if twin != row:
            raise ValueError(f"{key}.statistics: runs '{twin}' and '{row}' are the same")
