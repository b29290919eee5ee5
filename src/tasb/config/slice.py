"""The part of a config that one metric rests on: enough to make it again."""

from functools import cached_property
from typing import Any

from tasb.collection.config import VALIDATION
from tasb.config.model import Config
from tasb.config.references import Graph, reached, reference_graph
from tasb.tables.config import Row, Table

DENSE = ("tokens", "vectors")
TRAINED = ("negatives", "plans")
OF_TRAINING = ("train", "train_queries", "pairs", "validation")
BY_NAME = ("teachers", "clusters", "runs", "systems")

Plain = dict[str, Any]


class Slices:
    """The slices of one config."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @cached_property
    def _plain(self) -> Plain:
        return self.config.plain()

    @cached_property
    def _graph(self) -> Graph:
        return reference_graph(self.config)

    def of(self, system: str, query_set: str) -> Plain:
        """Return the settings that a system's metrics on a query set depend on.

        They are a config of their own: ``--configfile FILE --replace-workflow-config`` makes
        the same files again. Its one table, ``rebuilt``, has the system as its row.

        Args:
            system: name of a system or run.
            query_set: a reported query set.

        Returns:
            Plain values; every key stands with its value in force.
        """
        start = f"systems.{system}" if system in self.config.systems else f"runs.{system}"
        needed = reached(self._graph, {start})
        kept = {kind: self._needed(kind, needed) for kind in BY_NAME}
        kept["systems"] = _with_files_of(query_set, kept["systems"])
        trained = bool(kept["runs"] or kept["teachers"])
        encoders = self._encoders(kept)
        sections = ["collection", "seed", "rankings", *(DENSE if encoders else ())]
        sections += TRAINED if trained else ()
        sections += ["early_stopping_set"] if "early_stopping_set" in needed else []
        names = self.config.metrics.names
        row = Row(system=system, labels=[system])
        table = Table(title=system, columns=["System"], metrics=names, rows=[row])
        return {
            **{section: self._plain[section] for section in sections},
            "metrics": {"names": list(names)},
            "collections": {self.config.collection: self._collection(query_set, trained)},
            "encoders": encoders,
            **{kind: found for kind, found in kept.items() if found},
            "tables": {"rebuilt": table.plain()},
        }

    def _needed(self, kind: str, needed: set[str]) -> Plain:
        declared = self._plain[kind]
        return {name: declared[name] for name in sorted(declared) if f"{kind}.{name}" in needed}

    def _encoders(self, kept: dict[str, Plain]) -> Plain:
        """Return the encoders of the systems and trainings that are kept."""
        used = {system.get("encoder") for system in kept["systems"].values()}
        for kind in ("runs", "teachers"):
            used |= {training.get("init") for training in kept[kind].values()}
        declared = self._plain["encoders"]
        return {name: declared[name] for name in sorted(declared) if name in used}

    def _collection(self, query_set: str, trained: bool) -> Plain:
        """Return the collection with one query set, and what it trains on where that matters."""
        whole = self._plain["collections"][self.config.collection]
        left = {key: value for key, value in whole.items() if trained or key not in OF_TRAINING}
        return {
            **left,
            "query_sets": {query_set: {**whole["query_sets"][query_set], "paper": None}},
        }


def _with_files_of(query_set: str, systems: Plain) -> Plain:
    """Leave of the run files from elsewhere those that are read."""
    read = {query_set, VALIDATION}
    return {
        name: {
            **system,
            "files": {key: file for key, file in system["files"].items() if key in read},
        }
        if system["kind"] == "trec"
        else system
        for name, system in systems.items()
    }
