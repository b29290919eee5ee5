"""The artifact of a table of costs: which files tell what each training takes."""

import os
from typing import TYPE_CHECKING, Any

from tasb.artifact import Artifact, Part
from tasb.rankings.config import Run
from tasb.settings import require
from tasb.students.run import TrainingRun
from tasb.tables.artifacts import PAPER, check_published, labels_of, printed, templates
from tasb.tables.config import CostsOf, Row
from tasb.vectors.artifacts import all_passages

if TYPE_CHECKING:
    from tasb.graph import Graph


SHOWN = {"title", "columns", "measures", "metrics"}


def costs_table(graph: "Graph", declared: CostsOf, name: str) -> Artifact:
    """A table of costs.

    Raises:
        ValueError: a row is no run, or a metric is unknown.
    """
    key, paper = f"tables.{name}", PAPER / f"{name}.tsv"
    sets = list(graph.config.data.query_sets)
    check_published(key, declared, [], paper)
    for metric in declared.metrics:
        require(metric, graph.config.metrics.names, f"{key}.metrics", "metric (of metrics.names)")
    if "share" in declared.measures and declared.compared_with is None:
        raise ValueError(f"{key}.compared_with: missing; 'share' is of the time of that run")
    rows, read, metrics = [], [], []
    for position, row in enumerate(declared.rows):
        at = f"{key}.rows[{position}]"
        facts, files = _facts(graph, row, declared, at)
        rows.append(facts)
        read += files
        if row.system is not None and declared.metrics:
            metrics.append(graph.metrics(row.system, f"{at}.system")["means"])
    base: list[str] = []
    if declared.compared_with is not None:
        base, files = own_jobs(graph, declared.compared_with, f"{key}.compared_with")
        read += files
    return Artifact(
        "tasb.tables.costs:make",
        graph.name("tables", name),
        printed(graph, name),
        {
            "name": name,
            "table": declared.model_dump(mode="json", include=SHOWN),
            "rows": rows,
            "compared_with": base,
            "query_set": sets[0],
            "sets": len(sets),
            "collection": graph.config.collection,
        },
        {"read": list(dict.fromkeys(read)), "metrics": metrics},
        brought={
            "paper": [os.path.relpath(paper)] if paper.is_file() else [],
            "templates": templates(),
        },
    )  # fmt: skip


def _facts(
    graph: "Graph", row: Row, declared: CostsOf, key: str
) -> tuple[dict[str, Any], list[Part]]:
    """Return what the config says of a row and where the rest is read; and those files."""
    if row.system is None:
        return {"labels": row.labels, "paper": row.paper}, []
    system = graph.system(row.system, f"{key}.system")
    if not isinstance(system, Run):
        raise ValueError(f"{key}.system: '{row.system}' is no run; costs are those of a training")
    name = system.run
    run, training = graph.run(name, f"{key}.system"), graph.training(name, f"{key}.system")
    own, files = own_jobs(graph, name, f"{key}.system")
    below = training.closure()
    first = [Part(made, (made.sidecar,)) for made in below if made.sidecar not in own]
    scored = [made[kind] for made in below for kind in ("pairs", "scores")
              if made.make in ("tasb.teachers.pair_scores:make", "tasb.mining.scores:make")
              and kind in made.files]  # fmt: skip
    clusters = [Part(made, (made.sidecar,)) for made in below
                if made.make == "tasb.clusters.kmeans:make"]  # fmt: skip
    stored = [*all_passages(graph, row.system)]
    index = system.index_source(graph, row.system).get("index")
    kept = [index] if isinstance(index, Part) else stored
    facts = {
        "labels": labels_of(graph, f"{key}.labels", row, len(declared.columns), system),
        "paper": row.paper,
        "run": name,
        "times": training.files["times"][0],
        "own": own,
        "first": [path for part in first for path in part.paths],
        "scored": [path for part in scored for path in part.paths],
        "clusters": [path for part in clusters for path in part.paths],
        "files": [path for part in kept for path in part.paths]
        if "bytes" in declared.measures
        else [],
        "batch_size": run.batch_size,
        "teacher": _teachers(graph, run),
        "in_batch": 3 if run.losses.taught_by else 0,
        "passage_passes": _passages(run),
        "refreshes": sum(made.make == "tasb.mining.candidates:make" for made in below),
        "index": system.index,
    }
    read = [*files, *first, *scored, *clusters, training["times"]]
    return facts, [*read, *(kept if "bytes" in declared.measures else [])]


def own_jobs(graph: "Graph", name: str, key: str) -> tuple[list[str], list[Part]]:
    """Return the sidecars of a training's own jobs; of generations, what lies between them, too."""
    run, training = graph.run(name, key), graph.training(name, key)
    own = [training]
    if run.generation:
        start = name
        while graph.run(start, key).generation:
            start = graph.run(start, key).init
        before = set(graph.training(start, key).closure())
        own = [made for made in training.closure() if made not in before]
    parts = [Part(made, (made.sidecar,)) for made in own]
    return [made.sidecar for made in own], parts


def _teachers(graph: "Graph", run: TrainingRun) -> str:
    """Return the teachers of a run, and those of what is mined for it."""
    mined = [graph.config.mining[name].teacher for name in getattr(run.pairs, "mining", [])]
    names = dict.fromkeys([run.pairs.scored_by, run.losses.taught_by, *mined])
    return " + ".join(name for name in names if name) or "–"


def _passages(run: TrainingRun) -> int:
    """Return how often a passage is encoded for a sample, once more with gradient cache."""
    if run.search is not None:
        return 0
    return (1 + run.negatives) * (1 if run.gradient_cache is None else 2)
