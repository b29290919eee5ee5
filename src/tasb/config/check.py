"""Checks of the whole config: every declaration is built, and the targets can be made."""

from collections.abc import Iterable

from tasb.artifact import Artifact
from tasb.collection.config import VALIDATION
from tasb.graph import Graph
from tasb.settings import require
from tasb.teachers.artifacts import COLLECTION

RULES = (
    "all", "bare_queries", "bm25_negatives", "candidate_scores", "candidates", "clusters",
    "download", "early_stopping_set", "encoder", "expansions", "figure", "generation", "index",
    "joined", "latency", "metrics", "mined", "model_card", "pair_scores", "passages", "plan",
    "plan_scores", "preflight", "published_pairs", "query_set", "query_training", "ranking",
    "search", "shared_queries", "table", "tables", "term_weights", "token_index",
    "token_vectors", "tokens", "training", "vectors",
)  # fmt: skip
"""What `snakemake NAME` makes already, so that no table can be called so."""
ELSE = "; or leave what needs it out of 'targets'"


def check(graph: Graph) -> None:
    """Build what is declared, used or not, and check that the collection has what targets need.

    Raises:
        ValueError: a name is unknown (the nearest known one is suggested), references form a
            cycle (the cycle is shown), or the collection lacks something.
    """
    config = graph.config
    require(config.collection, config.collections, "collection", "collection")
    for position, name in enumerate(config.across):
        require(name, config.collections, f"across[{position}]", "collection")
        graph.on(name)
    _distinct("systems", config.systems, "runs", config.runs)
    _distinct("encoders", config.encoders, "runs", config.runs)
    _distinct("mining", config.mining, "the pairs of the collection", (COLLECTION,))
    _distinct("figures", config.figures, "tables", config.tables)
    _distinct("tables", config.tables, "the rules of the workflow", RULES)
    _distinct("figures", config.figures, "the rules of the workflow", RULES)
    for position, name in enumerate(config.targets or []):
        require(
            name, {**config.tables, **config.figures}, f"targets[{position}]", "table or figure"
        )
    for name in config.downloads:
        graph.download(name)
    for name in config.runs:
        graph.training(name)
    for name in config.mining:
        graph.mined(name)
    for name in config.clusters:
        graph.clusters(name)
    for name, system in config.systems.items():
        for query_set in config.data.query_sets if system.ranks else ():
            graph.ranking(name, query_set)
        if not system.ranks:
            graph.scoring(name, f"systems.{name}")
    for name in config.tables:
        graph.table(name)
    for name in config.figures:
        graph.figure(name)
    _check_collection(graph)


def _distinct(section: str, names: Iterable[str], others: str, known: Iterable[str]) -> None:
    """Refuse a name that is used in two sections of one namespace."""
    for name in names:
        if name in known:
            raise ValueError(f"{section}.{name}: a name in '{others}' too; rename one of them")


def _check_collection(graph: Graph) -> None:
    """Check that the collection in use has what the targets need of it."""
    config = graph.config
    where, data = f"collections.{config.collection}", config.data
    needed = list(dict.fromkeys(made for name in config.chosen for made in graph.target(name)))
    held_out = graph.name("collection", VALIDATION)
    if data.validation is None and held_out in {artifact.name for artifact in needed}:
        raise ValueError(
            f"{where}.validation: missing; early stopping needs it "
            f"(give a split or a fraction, or set early_stopping: null){ELSE}"
        )
    for part, given in (("train", data.train), ("passages", data.passages)):
        by = _first_that_needs(part, needed)
        if given is None and by is not None:
            raise ValueError(f"{where}.{part}: null, but the targets need {by}{ELSE}")


def _first_that_needs(part: str, artifacts: list[Artifact]) -> str | None:
    """Return the first declaration, by name, that is made from a part of the collection."""
    for artifact in sorted(artifacts, key=lambda made: made.declared):
        if artifact.declared and any(part in below.asked for below in artifact.closure()):
            return artifact.declared
    return None
