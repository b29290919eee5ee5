"""The artifacts of the plans: batches in shards, and a teacher's scores of exactly those."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasb.artifact import Artifact, Part
from tasb.students.run import TrainingRun
from tasb.teachers.artifacts import scorer

if TYPE_CHECKING:
    from tasb.graph import Graph

MOST_FILES = 10_000
"""Files of a plan; Snakemake plans a job for each."""


@dataclass(frozen=True)
class Plan:
    """A plan that one run or several read."""

    run: str
    """The first run that uses it."""
    steps: int
    """As many as its longest run trains."""


def plans(runs: Mapping[str, TrainingRun]) -> dict[str, Plan]:
    """Return the plans of all runs by name."""
    found: dict[str, Plan] = {}
    for name, run in runs.items():
        known = found.get(run.plan, Plan(name, 0))
        found[run.plan] = Plan(known.run, max(known.steps, run.steps))
    return found


def plan(graph: "Graph", name: str, shard: int) -> Artifact:
    """The batches of some consecutive steps."""
    key = f"runs.{graph.plans[name].run}"
    run = graph.config.runs[graph.plans[name].run]
    settings: dict[str, Any] = {
        "sampler": run.sampler,
        "one_pair_queries": run.pairs.one_pair_queries,
        "batch_size": run.batch_size,
        "seed": graph.seed("plans", run.seed, *([run.generation] if run.generation else [])),
    }
    if run.negatives > 1:
        settings["negatives"] = run.negatives
    if run.pairs.scored_by is not None:
        settings["scored_by"] = run.pairs.scored_by
    return Artifact(
        run.sampler.make,
        graph.name("plans", name, str(shard)),
        {"plan": [graph.path("plans", name, f"{shard}.parquet")]},
        settings,
        {
            "pairs": run.pairs.pairs(graph, f"{key}.pairs"),
            **run.sampler.sources(graph, f"{key}.sampler", run.pairs.query_set(graph)),
        },
        part={"steps": _steps(graph, name, shard)},
    )


def plan_scores(graph: "Graph", plan: str, teacher: str, shard: int) -> Artifact:
    """A teacher's scores of the batches of a shard of a plan."""
    run = graph.config.runs[graph.plans[plan].run]
    settings, sources = scorer(graph, teacher, run.pairs.query_set(graph))
    return Artifact(
        "tasb.teachers.in_batch:make",
        graph.name("plans", plan, teacher, str(shard)),
        {"scores": [graph.path("plans", plan, teacher, f"{shard}.arrow")]},
        settings,
        {"plan": graph.plan(plan, shard)["plan"], **sources},
        part={"steps": _steps(graph, plan, shard)},
    )


def _steps(graph: "Graph", plan: str, shard: int) -> list[int]:
    """Return the first step of a shard, and the one after its last."""
    size = graph.section("plans").shard_steps
    return [shard * size, min((shard + 1) * size, graph.plans[plan].steps)]


def shards(graph: "Graph", run: TrainingRun) -> range:
    """Return the numbers of the plan's shards that a run reads.

    Raises:
        ValueError: there would be too many of them.
    """
    size = graph.section("plans").shard_steps
    count = -(-run.steps // size)
    if count > MOST_FILES:
        raise ValueError(
            f"plans.shard_steps: {size:,} cuts {run.steps:,} steps into {count:,} files; at most "
            f"{MOST_FILES:,} are made, so set it to {-(-run.steps // MOST_FILES):,} or more"
        )
    return range(count)


def plan_of(graph: "Graph", run: TrainingRun) -> list[Part]:
    """Return the plan that a run reads."""
    return [graph.plan(run.plan, shard)["plan"] for shard in shards(graph, run)]


def stored_scores(graph: "Graph", run: TrainingRun) -> list[Part]:
    """Return the stored in-batch scores of a run, if it reads any."""
    teacher = run.losses.taught_by
    if teacher is None or scores_live(graph, run):
        return []
    return [graph.plan_scores(run.plan, teacher, shard)["scores"]
            for shard in shards(graph, run)]  # fmt: skip


def scores_live(graph: "Graph", run: TrainingRun) -> bool:
    """Return whether the in-batch teacher of a run scores inside the training.

    Stored scores are B x 2B fp16 values a step.
    """
    scores = getattr(run.losses.in_batch, "scores", None)
    size = run.steps * run.batch_size * 2 * run.batch_size * 2 / 1e9
    limit = graph.section("plans").stored_gigabytes
    return scores == "live" or (scores == "auto" and size > limit)
