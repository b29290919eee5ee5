"""The whole config as one typed model."""

from typing import Any

from pydantic import Field, model_validator

from tasb.clusters.config import Clusters
from tasb.collection.config import Collection
from tasb.encoders.config import Encoder
from tasb.lexical.config import Negatives
from tasb.metrics.config import Metrics
from tasb.plans.config import Plans
from tasb.rankings.config import Rankings, Run, System
from tasb.settings import Settings, nearest
from tasb.students.config import EarlyStoppingSet, Training
from tasb.tables.config import BatchesFigure, Figure, Row, Table
from tasb.teachers.config import Published, Teacher
from tasb.tokens.config import Tokens
from tasb.vectors.config import Vectors

NAMED = (
    "collections", "encoders", "teachers", "clusters", "runs", "systems", "tables", "figures",
)  # fmt: skip
"""Parts of the config that hold declarations by name; null takes one away."""


class Config(Settings):
    """Everything that a user can set; see config/config.yaml."""

    collection: str
    """The collection in use, one of `collections`."""
    seed: int = 0
    """Seed of every draw; the seeds of runs and clusters tell streams of it apart."""
    collections: dict[str, Collection]
    encoders: dict[str, Encoder]
    tokens: Tokens = Tokens()
    negatives: Negatives = Negatives()
    teachers: dict[str, Teacher] = {}
    clusters: dict[str, Clusters] = {}
    plans: Plans = Plans()
    early_stopping_set: EarlyStoppingSet = EarlyStoppingSet()
    students: Training = Training()
    """Defaults of every run."""
    runs: dict[str, Training] = {}
    systems: dict[str, System] = {}
    vectors: Vectors = Vectors()
    rankings: Rankings = Rankings()
    metrics: Metrics = Metrics()
    tables: dict[str, Table] = Field(min_length=1)
    figures: dict[str, Figure] = {}
    targets: list[str] | None = Field(None, min_length=1)
    """The tables and figures that `results/tables` makes; null for all of them."""

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        """Drop declarations that a later config sets to null, and fill in what others share.

        Runs extend `students` and the run that they are `like`; tables show all of
        `metrics.names`.
        """
        if not isinstance(data, dict):
            return data
        data = {key: _declared(value) if key in NAMED else value for key, value in data.items()}
        shared = data.get("students") or {}
        if isinstance(data.get("runs"), dict):
            runs = _alike(data["runs"])
            data["runs"] = {name: merged(shared, run) for name, run in runs.items()}
        metrics = data.get("metrics")
        if isinstance(data.get("tables"), dict) and isinstance(metrics, dict):
            shown = {"metrics": metrics["names"]} if "names" in metrics else {}
            tables = {name: _declared(table) for name, table in data["tables"].items()}
            data["tables"] = {name: merged(shown, table) for name, table in tables.items()}
        return data

    @property
    def data(self) -> Collection:
        """The collection in use."""
        return self.collections[self.collection]

    def system(self, name: str) -> System:
        """Return the declared system, or the run of that name as one."""
        if name in self.systems:
            return self.systems[name]
        return Run(kind="run", run=name)

    def runs_of(self, table: str) -> dict[str, str]:
        """Return the run of each system in a table that is one."""
        systems = {row.system: self.system(row.system) for row in self.tables[table].rows}
        return {name: found.run for name, found in systems.items() if isinstance(found, Run)}

    def labels(self, row: Row) -> list[str]:
        """Return the labels of a row; a key of its run in braces stands for the value.

        Raises:
            ValueError: the row's system has no such key.
        """
        system = self.system(row.system)
        values = self.runs[system.run].plain() if isinstance(system, Run) else {}
        try:
            return [label.format_map(values) for label in row.labels]
        except (KeyError, IndexError) as error:
            raise ValueError(f"'{row.system}' has no setting {error} to print") from None

    def sampled(self, figure: BatchesFigure) -> list[Training]:
        """Return the runs whose batches a figure shows."""
        return [self.runs[row.run] for row in figure.rows]

    def trained(self, name: str) -> Training:
        """Return the training of a run or of a teacher."""
        if name in self.runs:
            return self.runs[name]
        teacher = self.teachers[name]
        if isinstance(teacher, Published):
            raise ValueError(f"teachers.{name} is published, so it has no model here")
        return teacher


def _declared(named: Any) -> Any:
    """Return named declarations without those that are null, a string on the command line."""
    if not isinstance(named, dict):
        return named
    return {name: value for name, value in named.items() if value not in (None, "null")}


def _alike(runs: dict[str, Any]) -> dict[str, Any]:
    """Return runs with the settings of the run that they are `like` filled in."""
    filled = {}
    for name, run in runs.items():
        if not isinstance(run, dict) or "like" not in run:
            filled[name] = run
            continue
        own = {key: value for key, value in run.items() if key != "like"}
        require(run["like"], runs, f"runs.{name}.like", "run")
        base = runs[run["like"]]
        if isinstance(base, dict) and "like" in base:
            raise ValueError(f"runs.{name}.like: '{run['like']}' is like another run itself")
        filled[name] = merged(base, own)
    return filled


def merged(base: Any, over: Any) -> Any:
    """Return nested settings with some of them replaced."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {
        **base,
        **{key: merged(base[key], value) if key in base else value for key, value in over.items()},
    }


def require(name: Any, known: dict[str, Any], key: str, what: str) -> None:
    """Raise a ValueError that names the config key unless the name is known."""
    if not isinstance(name, str) or name not in known:
        hint = nearest(str(name), known) or f"; known: {', '.join(sorted(known)) or 'none'}"
        raise ValueError(f"{key}: unknown {what} '{name}'{hint}")
