"""What all systems have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from tasb.artifact import Artifact, Part, Source
from tasb.settings import Settings
from tasb.vectors.artifacts import ModelFiles

if TYPE_CHECKING:
    from tasb.graph import Graph


@dataclass(frozen=True)
class Evaluated:
    """What the metrics of a system on all reported query sets are computed from."""

    settings: Mapping[str, Any]
    sources: Mapping[str, Source]
    brought: Mapping[str, Sequence[str]] = field(default_factory=dict)
    uses: Sequence[str] = ()


@dataclass(frozen=True)
class Timed:
    """What the latency of a system is measured with."""

    stages: str
    """The function that opens its own stages, see `tasb.latency.measure`."""
    settings: Mapping[str, Any]
    sources: Mapping[str, Source]
    uses: Sequence[str] = ()


class System(Settings):
    """Whatever makes a ranking. A kind defines `ranked`, and a function that makes the files."""

    reported_together: ClassVar[bool] = False
    """Whether one job ranks all reported query sets."""

    @property
    def ranks(self) -> bool:
        """Whether it ranks passages by itself; what does not can re-rank, mine and teach."""
        return True

    def ranking(self, graph: "Graph", name: str, query_set: str) -> Part:
        """Return the ranking of a query set."""
        return graph.single_ranking(name, query_set)["ranking"]

    def ranked(self, graph: "Graph", name: str, query_sets: list[str]) -> Artifact:
        """Return the artifact that holds the rankings of some query sets.

        Args:
            graph: the graph.
            name: the name of the system.
            query_sets: one, or all reported ones if they are ranked together.
        """
        raise NotImplementedError

    def evaluated(self, graph: "Graph", name: str, key: str) -> Evaluated:
        """Return the rankings of all reported query sets."""
        sets = graph.config.data.query_sets
        return Evaluated(
            {}, {"rankings": [graph.ranking(name, query_set, key) for query_set in sets]}
        )

    @property
    def rests_on(self) -> Sequence[str]:
        """The systems whose rankings it reads."""
        return ()

    def timed(self, graph: "Graph", name: str, query_set: str) -> Timed | None:
        """Return what its latency is measured with; None for a system that is not computed here."""
        return None

    def dense(self, graph: "Graph", name: str, key: str) -> ModelFiles:
        """Return the model that makes the system's vectors, if it has any."""
        raise ValueError(f"{key}: '{name}' is of kind '{self.plain()['kind']}': no vectors")

    def scoring(self, graph: "Graph", name: str, key: str) -> ModelFiles:
        """Return the model that scores pairs for others: the one of the vectors."""
        return self.dense(graph, name, key)

    @property
    def searched_index(self) -> dict[str, Any] | None:
        """How the system's index is searched; None where there is none."""
        return None

    def index_source(self, graph: "Graph", name: str) -> dict[str, Source]:
        """Return the system's index, if one must be trained."""
        return {}

    def needed_for(self, query_sets: set[str]) -> dict[str, Any]:
        """Return the settings that rankings of these query sets rest on."""
        return self.plain()


def timed(artifact: Artifact, stages: str) -> Timed:
    """Return a measurement that reads what an artifact of rankings is made from."""
    own = ("system", "drop_own_passage")
    settings = {key: value for key, value in artifact.settings.items() if key not in own}
    sources = {name: part for name, part in artifact.sources.items() if name != "queries"}
    return Timed(stages, settings, sources, artifact.uses)


def rankings(
    graph: "Graph",
    name: str,
    query_sets: list[str],
    make: str,
    settings: Mapping[str, Any],
    sources: Mapping[str, Source],
    job: str | None = None,
    heavy: bool = False,
    brought: Mapping[str, Sequence[str]] | None = None,
    uses: Sequence[str] = (),
) -> Artifact:
    """Return the artifact of a system's rankings, with what those of all kinds read.

    Args:
        graph: the graph.
        name: the name of the system.
        query_sets: whose queries are ranked.
        make: the function that makes the files.
        settings: of the kind.
        sources: of the kind.
        job: what the job is called; the query set by default.
        heavy: whether a model computes them.
        brought: files that no job makes, by the name of the input.
        uses: further functions that `make` finds by their names.
    """
    graph.ask(*(f"query_sets.{query_set}" for query_set in query_sets))
    passages = {"passages": graph.passages()["passages"]} if graph.config.data.passages else {}
    return Artifact(
        make,
        graph.name("rankings", name, job or query_sets[0]),
        {
            "ranking": [graph.path("rankings", name, f"{each}.parquet") for each in query_sets],
            "trec": [graph.path("rankings", name, f"{each}.trec") for each in query_sets],
        },
        {"system": name, "drop_own_passage": graph.config.data.drop_own_passage, **settings},
        {
            **sources,
            **passages,
            "queries": [graph.query_set(query_set)["queries"] for query_set in query_sets],
        },
        heavy=heavy,
        brought=brought or {},
        uses=uses,
    )
