"""The artifacts of the metrics: values of a system on all reported sets, and their records."""

from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part
from tasb.metrics.provenance import config_of

if TYPE_CHECKING:
    from tasb.graph import Graph


def metrics(graph: "Graph", system: str, key: str) -> Artifact:
    """Per query and as means, with a record of what each number rests on."""
    sets = graph.config.data.query_sets
    rankings = [graph.ranking(system, query_set, key) for query_set in sets]
    qrels = [graph.query_set(query_set) for query_set in sets]
    below = _below([*rankings, *(found["qrels"] for found in qrels)])
    trainings = [artifact for artifact in below if "times" in artifact.files]
    files = {"per_query": "parquet", "means": "means.parquet", "record": "record.json"}
    return Artifact(
        "tasb.metrics.record:make",
        graph.name("metrics", system),
        {
            name: [graph.path("metrics", system, f"{query_set}.{end}") for query_set in sets]
            for name, end in files.items()
        },  # fmt: skip
        {
            "system": system,
            "names": graph.config.metrics.names,
            "query_sets": list(sets),
            "levels": [query_set.level for query_set in sets.values()],
        },
        {
            "rankings": rankings,
            "qrels": [found["qrels"] for found in qrels],
            "times": [artifact["times"] for artifact in trainings],
            "made": [Part(artifact, (artifact.sidecar,)) for artifact in below],
        },
        part={
            "configs": [
                config_of(graph, system, query_set, ranking)
                for query_set, ranking in zip(sets, rankings)
            ]
        },  # fmt: skip
    )


def _below(parts: list[Part]) -> list[Artifact]:
    """Return everything that some files are made from, by name."""
    found = {artifact.name: artifact for part in parts for artifact in part.artifact.closure()}
    return [found[name] for name in sorted(found)]
