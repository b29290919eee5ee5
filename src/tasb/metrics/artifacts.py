"""The artifacts of the metrics: values of a system on all reported sets, and their records."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part, Source, parts
from tasb.metrics.provenance import config_of

if TYPE_CHECKING:
    from tasb.graph import Graph


def metrics(graph: "Graph", system: str, key: str) -> Artifact:
    """Per query and as means, with a record of what each number rests on."""
    sets = graph.config.data.query_sets
    evaluated = graph.system(system, key).evaluated(graph, system, key)
    qrels = [graph.query_set(query_set)["qrels"] for query_set in sets]
    below = _below(
        [*qrels, *(part for found in evaluated.sources.values() for part in parts(found))]
    )
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
            **evaluated.settings,
        },
        {
            **evaluated.sources,
            "qrels": qrels,
            "times": [artifact["times"] for artifact in trainings],
            "made": [Part(artifact, (artifact.sidecar,)) for artifact in below],
        },
        part={
            "configs": [
                config_of(graph, system, query_set, _of_set(evaluated.sources, place))
                for place, query_set in enumerate(sets)
            ]
        },  # fmt: skip
        brought=evaluated.brought,
        uses=evaluated.uses,
    )


def _of_set(sources: Mapping[str, Source], place: int) -> list[Part]:
    """Return the sources of one query set, by its place among the reported ones."""
    return [list(parts(source))[place] for source in sources.values()]


def _below(parts: list[Part]) -> list[Artifact]:
    """Return everything that some files are made from, by name."""
    found = {artifact.name: artifact for part in parts for artifact in part.artifact.closure()}
    return [found[name] for name in sorted(found)]
