"""The artifacts of the latency measurements: one for each system and batch size."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part
from tasb.settings import require

if TYPE_CHECKING:
    from tasb.graph import Graph


def latency(graph: "Graph", system: str, batch: int) -> Artifact:
    """Seconds of each stage that is the system's own, for batches of so many queries.

    Raises:
        ValueError: the system is not computed here, or the query set is unknown.
    """
    declared, settings = graph.system(system), graph.section("latency")
    sets = graph.config.data.query_sets
    query_set = settings.query_set or next(iter(sets))
    require(query_set, sets, "latency.query_set", "query set")
    found = declared.timed(graph, system, query_set)
    if found is None:
        kind = declared.plain()["kind"]
        raise ValueError(f"systems.{system}: a system of kind '{kind}' has no latency here")
    repetitions = settings.repetitions if batch == 1 else settings.batch_repetitions
    return Artifact(
        "tasb.latency.measure:make",
        graph.name("latency", system, str(batch)),
        {"times": [graph.path("latency", system, f"{batch}.parquet")]},
        {
            "system": system,
            "stages": found.stages,
            "batch": batch,
            "repetitions": repetitions,
            "warm_up": settings.warm_up,
            "seed": graph.seed("latency"),
            **found.settings,
        },
        {**found.sources, "queries": graph.query_set(query_set)["queries"]},
        heavy=True,
        uses=[found.stages, *found.uses],
    )


def latencies(graph: "Graph", system: str, batch: int, key: str) -> list[Artifact]:
    """Return the measurements of a system and of all that it rests on; none if one has none."""
    declared, query_sets = graph.system(system, key), graph.config.data.query_sets
    if declared.timed(graph, system, next(iter(query_sets))) is None:
        return []
    below = [latencies(graph, name, batch, key) for name in declared.rests_on]
    if not all(below):
        return []
    return [*(found for part in below for found in part), graph.latency(system, batch)]


def measured(graph: "Graph", system: str, batch: int, key: str) -> list[Part]:
    """Return the measured times of a system and of all that it rests on; none if one has none."""
    return [found["times"] for found in latencies(graph, system, batch, key)]


def of_systems(
    graph: "Graph", systems: Mapping[str, str]
) -> tuple[dict[str, list[str]], list[Part]]:
    """Return the files of several systems' latencies for one query, and what makes them.

    Args:
        graph: the graph.
        systems: the keys of the config that name them, by name.
    """
    found = {name: measured(graph, name, 1, key) for name, key in systems.items()}
    parts = list({part.paths: part for own in found.values() for part in own}.values())
    files = {name: [path for part in own for path in part.paths] for name, own in found.items()}
    return files, parts
