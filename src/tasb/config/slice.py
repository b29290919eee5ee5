"""The part of a config that one metric rests on: enough to make it again, and no more."""

from typing import Any

from tasb.config.model import Config
from tasb.config.references import needed_by
from tasb.rankings.config import Checkpoint
from tasb.tables.config import Row, Table

ALWAYS = ("collection", "seed", "rankings", "metrics")
DENSE = ("tokens", "vectors")
TRAINED = ("negatives", "plans")
OF_TRAINING = ("train", "train_queries", "pairs", "validation")
BY_NAME = ("teachers", "clusters", "runs", "systems")


def config_slice(config: Config, system: str, query_set: str) -> dict[str, Any]:
    """Return the settings that a system's metrics on a query set depend on.

    It is a config of its own: ``--configfile FILE --replace-workflow-config`` makes the same
    files again. Its one table, ``rebuilt``, has the system as its row.

    Args:
        config: the whole config.
        system: name of a system or run.
        query_set: a reported query set.

    Returns:
        Plain values; every key stands with its value in force.
    """
    plain = config.plain()
    needed = needed_by(config, system)
    kept: dict[str, Any] = {}
    for kind in BY_NAME:
        names = sorted(name for name in plain[kind] if f"{kind}.{name}" in needed)
        kept[kind] = {name: plain[kind][name] for name in names}
    kept["encoders"] = {name: plain["encoders"][name] for name in _encoders(config, kept)}
    trained = bool(kept["runs"] or kept["teachers"])
    collection = plain["collections"][config.collection]
    collection["query_sets"] = {query_set: collection["query_sets"][query_set]}
    for key in () if trained else OF_TRAINING:
        del collection[key]
    sections = list(ALWAYS)
    sections += DENSE if kept["encoders"] else ()
    sections += TRAINED if trained else ()
    sections += ("early_stopping_set",) if "early_stopping_set" in needed else ()
    _only_files_of(query_set, kept["systems"])
    return {
        **{section: plain[section] for section in sections},
        "collections": {config.collection: collection},
        **{kind: found for kind, found in kept.items() if found or kind == "encoders"},
        "tables": {"rebuilt": _table(config, system)},
    }


def _table(config: Config, system: str) -> dict[str, Any]:
    row = Row(system=system, labels=[system])
    names = config.metrics.names
    return Table(title=system, columns=["System"], metrics=names, rows=[row]).plain()


def _encoders(config: Config, kept: dict[str, Any]) -> list[str]:
    """Return the encoders of the systems and trainings that are kept."""
    checkpoints = (config.systems[name] for name in kept["systems"])
    used = {found.encoder for found in checkpoints if isinstance(found, Checkpoint)}
    for kind in ("runs", "teachers"):
        used |= {found["init"] for found in kept[kind].values() if "init" in found}
    return sorted(used)


def _only_files_of(query_set: str, systems: dict[str, Any]) -> None:
    """Leave of the run files from elsewhere the one of the query set."""
    for declared in systems.values():
        if declared["kind"] == "trec":
            declared["files"] = {query_set: declared["files"][query_set]}
