"""The part of a config that one metric rests on: enough to compute it again."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tasb.artifact import Part
from tasb.collection.config import VALIDATION

if TYPE_CHECKING:
    from tasb.graph import Graph

SECTIONS = ("negatives", "tokens", "plans", "early_stopping_set", "vectors", "rankings")
SECTIONS_BY_NAME = ("runs", "clusters", "mining", "encoders")
OF_TRAINING = ("train", "train_queries", "pairs", "validation")
"""Keys of a collection that matter to what is trained alone."""

Plain = dict[str, Any]


def config_of(graph: "Graph", system: str, query_set: str, sources: Sequence[Part]) -> Plain:
    """Return the settings that a system's metrics on a query set depend on.

    They are a whole config: ``--configfile FILE --replace-workflow-config`` makes the same
    files again. Its one table, ``rebuilt``, has the system as its row.

    Args:
        graph: the graph.
        system: name of a system or run.
        query_set: a reported query set.
        sources: what the metrics are computed from, judgments aside.

    Returns:
        Plain values; every key is there with its value in force.
    """
    config = graph.config
    artifacts = [below for part in sources for below in part.artifact.closure()]
    asked: set[str] = set().union(*(below.asked for below in artifacts))
    asked |= {f"systems.{system}"} if system in config.systems else set()
    named = {section: _named(graph, section, asked) for section in SECTIONS_BY_NAME}
    named["systems"] = {
        name: graph.config.systems[name].needed_for({query_set, VALIDATION})
        for name in _names("systems", asked)
    }
    names = config.metrics.names
    row = {"system": system, "labels": [system]}
    table = {"title": system, "columns": ["System"], "metrics": names, "rows": [row]}
    return {
        "collection": config.collection,
        "seed": config.seed,
        **{name: getattr(config, name).plain() for name in SECTIONS if name in asked},
        "metrics": {"names": list(names)},
        "collections": {config.collection: _collection(graph, query_set, asked)},
        **{section: found for section, found in named.items() if found or section == "encoders"},
        "tables": {"rebuilt": table},
    }


def _names(section: str, asked: set[str]) -> list[str]:
    return sorted(name.partition(".")[2] for name in asked if name.startswith(f"{section}."))


def _named(graph: "Graph", section: str, asked: set[str]) -> Plain:
    declared = getattr(graph.config, section)
    return {name: declared[name].plain() for name in _names(section, asked)}


def _collection(graph: "Graph", query_set: str, asked: set[str]) -> Plain:
    """Return the collection with one query set, and what it trains on where that matters."""
    whole = graph.config.data.plain()
    trained = "train" in asked
    kept = {key: value for key, value in whole.items() if trained or key not in OF_TRAINING}
    reported = {**whole["query_sets"][query_set], "paper": None}
    return {**kept, "query_sets": {query_set: reported}}
