"""The kinds of figures: each says what it is made from, and by what."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tasb.artifact import Artifact, Source
from tasb.plans.artifacts import plan_of, stored_scores
from tasb.settings import require
from tasb.students.run import TrainingRun
from tasb.tables.config import BatchMeasures, RecallCurves, TopicMap

if TYPE_CHECKING:
    from tasb.graph import Graph


class TopicsFigure(TopicMap):
    """Figure 1."""

    kind: Literal["topics"]

    def figure(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact."""
        clusters = graph.clusters(self.clusters, key=f"figures.{name}.clusters")
        declared = graph.config.clusters[self.clusters]
        system, asked = declared.system, declared.queries
        vectors = graph.query_vectors(system, asked, key=f"clusters.{self.clusters}.system")
        return _figure(
            graph,
            name,
            "tasb.tables.topics:make",
            {"figure": self.model_dump(exclude={"kind"}), "seed": graph.seed("tables", name)},
            {
                "vectors": vectors["vectors"],
                "queries": graph.query_set(asked)["queries"],
                "clusters": clusters["clusters"],
            },
        )


class BatchesFigure(BatchMeasures):
    """Figure 2."""

    kind: Literal["batches"]

    def figure(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact.

        Raises:
            ValueError: a run is unknown, has no margins, or has other teachers than the first.
        """
        runs = self._runs(graph, f"figures.{name}")
        clusters = graph.clusters(self.clusters, key=f"figures.{name}.clusters")
        scores = [stored_scores(graph, run)[:1] for run in runs]
        bins = [getattr(run.sampler, "bins", 0) for run in runs]
        return _figure(
            graph,
            name,
            "tasb.tables.batches_figure:make",
            {
                "figure": self.model_dump(exclude={"kind"}),
                "steps": min(
                    self.steps, graph.section("plans").shard_steps, *(run.steps for run in runs)
                ),
                "bins": next((count for count in bins if count), 10),
                "stored": [bool(found) for found in scores],
                "teachers": {"pairwise": runs[0].pairs.scored_by, "in-batch": _teacher(runs[0])},
            },
            {
                "plans": [plan_of(graph, run)[0] for run in runs],
                "scores": [found for first in scores for found in first],
                "pairs": runs[0].pairs.pairs(graph, f"runs.{self.rows[0].run}.pairs"),
                "clusters": clusters["clusters"],
            },
        )

    def _runs(self, graph: "Graph", key: str) -> list[TrainingRun]:
        found: list[TrainingRun] = []
        for position, row in enumerate(self.rows):
            at = f"{key}.rows[{position}].run"
            run = graph.run(row.run, at)
            found.append(run)
            if run.pairs.scored_by is None:
                raise ValueError(f"{at}: run '{row.run}' has no margins to show")
            if (run.pairs.scored_by, _teacher(run)) != (
                found[0].pairs.scored_by,
                _teacher(found[0]),
            ):
                raise ValueError(f"{at}: run '{row.run}' has other teachers than the first row")
        return found


class RecallFigure(RecallCurves):
    """Figure 3."""

    kind: Literal["recall"]

    def figure(self, graph: "Graph", name: str) -> Artifact:
        """Return the artifact.

        Raises:
            ValueError: a system or the query set is unknown.
        """
        key, sets = f"figures.{name}", graph.config.data.query_sets
        query_set = self.query_set or next(iter(sets))
        require(query_set, sets, f"{key}.query_set", "query set")
        return _figure(
            graph,
            name,
            "tasb.tables.recall:make",
            {
                "figure": self.model_dump(exclude={"kind"}) | {"query_set": query_set},
                "level": sets[query_set].level,
            },
            {
                "rankings": [
                    graph.ranking(row.system, query_set, f"{key}.rows[{place}].system")
                    for place, row in enumerate(self.rows)
                ],
                "qrels": graph.query_set(query_set)["qrels"],
            },
        )


def _teacher(run: TrainingRun) -> str | None:
    """Return the in-batch teacher of a run."""
    return run.losses.taught_by


def _figure(
    graph: "Graph",
    name: str,
    make: str,
    settings: Mapping[str, Any],
    sources: Mapping[str, Source],
) -> Artifact:
    files = {kind: [graph.path("tables", f"{name}.{end}")]
             for kind, end in (("data", "parquet"), ("figure", "svg"))}  # fmt: skip
    return Artifact(make, graph.name("tables", name), files, settings, sources)


Figure = Annotated[TopicsFigure | BatchesFigure | RecallFigure, Field(discriminator="kind")]
