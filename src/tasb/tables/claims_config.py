"""The kinds of claims: what each is about, and which files bear on it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PositiveInt

from tasb.artifact import Part
from tasb.latency.artifacts import measured
from tasb.settings import Distinct, Settings, require
from tasb.tables.costs_artifact import own_jobs

if TYPE_CHECKING:
    from tasb.graph import Graph

Files = Mapping[str, list[Part]]


class Claim(Settings):
    """Something that a paper says."""

    text: str
    """In its words, or nearly."""
    source: str
    """Where it says so."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the files that bear on it, by what they are."""
        raise NotImplementedError


class Gain(Claim):
    """A system exceeds another one by some percent."""

    kind: Literal["gain"]
    system: str
    """Of which it is said."""
    against: str
    """The other one."""
    metric: str
    """One of `metrics.names`."""
    percent: float
    """By how much, at least."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the means of both."""
        require(self.metric, graph.config.metrics.names, f"{key}.metric", "metric")
        both = {"system": self.system, "against": self.against}
        return {name: [graph.metrics(system, f"{key}.{name}")["means"]]
                for name, system in both.items()}  # fmt: skip


class Recall(Claim):
    """A system's recall exceeds that of all others at every cutoff."""

    kind: Literal["recall"]
    system: str
    """Of which it is said."""
    against: Distinct[str] = Field(min_length=1)
    """The others."""
    cutoffs: Distinct[PositiveInt] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    """Where recall is measured."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the rankings of all, system by system, and the judgments."""
        sets = graph.config.data.query_sets
        return {
            "rankings": [graph.ranking(system, query_set, f"{key}.against")
                         for system in (self.system, *self.against) for query_set in sets],
            "qrels": [graph.query_set(query_set)["qrels"] for query_set in sets],
        }  # fmt: skip


class Latency(Claim):
    """A system answers one query in some time."""

    kind: Literal["latency"]
    system: str
    """Of which it is said."""
    milliseconds: float = Field(gt=0)
    """At most, on average."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the measured times."""
        return {"times": measured(graph, self.system, 1, f"{key}.system")}


class Hours(Claim):
    """A training takes some hours."""

    kind: Literal["hours"]
    run: str
    """Of which it is said."""
    hours: float = Field(gt=0)
    """At most."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the record of the training."""
        _, parts = own_jobs(graph, self.run, f"{key}.run")
        return {"made": parts}


class Clustering(Claim):
    """Clustering the training queries takes some minutes, their encoding included."""

    kind: Literal["clustering"]
    clusters: str = "default"
    """One of `clusters`."""
    minutes: float = Field(gt=0)
    """At most."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the records of both jobs."""
        found = graph.clusters(self.clusters, key=f"{key}.clusters")
        declared = graph.config.clusters[self.clusters]
        vectors = graph.query_vectors(declared.system, declared.queries, key=key)
        return {"made": [Part(job, (job.sidecar,)) for job in (vectors, found)]}


class Spread(Claim):
    """Trainings from several seeds differ little."""

    kind: Literal["spread"]
    systems: Distinct[str] = Field(min_length=2)
    """The runs."""
    metric: str
    """One of `metrics.names`."""
    below: float = Field(gt=0)
    """Standard deviation, at most."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the means of all."""
        require(self.metric, graph.config.metrics.names, f"{key}.metric", "metric")
        return {"means": [graph.metrics(system, f"{key}.systems")["means"]
                          for system in self.systems]}  # fmt: skip


class SpeedUp(Claim):
    """A training is some times as fast as another one."""

    kind: Literal["speed-up"]
    run: str
    """Of which it is said."""
    against: str
    """The other one."""
    times: float = Field(gt=0)
    """How many times, at least."""

    def read(self, graph: "Graph", key: str) -> Files:
        """Return the records of both."""
        return {name: own_jobs(graph, run, f"{key}.{name}")[1]
                for name, run in (("run", self.run), ("against", self.against))}  # fmt: skip


AnyClaim = Annotated[
    Gain | Recall | Latency | Hours | Clustering | Spread | SpeedUp, Field(discriminator="kind")
]


class ClaimsOf(Settings):
    """What papers claim, and the figures of this collection that bear on it."""

    title: str
    """Printed above the table."""
    claims: list[AnyClaim] = Field(min_length=1)
    """The claims, in order."""
    passages: int = Field(8_000_000, ge=1)
    """Times are claimed for a collection of so many passages at least; on a smaller one they are
    shown and not judged."""


def files_of(found: Files) -> dict[str, Any]:
    """Return the paths of some files, by what they are."""
    return {name: [path for part in parts for path in part.paths] for name, parts in found.items()}
