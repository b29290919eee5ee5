"""The artifacts of mining: candidates, a teacher's scores of them, and pairs chosen from them."""

from typing import TYPE_CHECKING

from tasb.artifact import Artifact, Part, Source
from tasb.collection.config import AUGMENTED, TRAINING
from tasb.mining.config import Choice, Mining
from tasb.mining.names import query_set_of
from tasb.teachers.artifacts import scorer
from tasb.vectors.artifacts import all_passages, encoding

if TYPE_CHECKING:
    from tasb.graph import Graph

CHOICE = set(Choice.model_fields) - {"teacher", "queries"}


def candidates(graph: "Graph", name: str) -> Artifact:
    """The passages that a dense system finds for the queries that are mined."""
    declared, key = graph.config.mining[name], f"mining.{name}.system"
    system = graph.system(declared.system, key)
    encoder = graph.vector_model(declared.system, key).encoder
    settings, sources = encoding(graph, declared.system, key, "queries")
    return Artifact(
        "tasb.mining.candidates:make",
        graph.name("mining", name, "candidates"),
        {"candidates": [graph.path("mining", name, "candidates.parquet")]},
        {
            **settings,
            "depth": declared.searched + 1,
            "index": system.searched_index,
            "parts": declared.parts,
            "part": declared.part % declared.parts,
        },
        {
            **sources,
            "vectors": all_passages(graph, declared.system),
            **system.index_source(graph, declared.system),
            "query_tokens": graph.tokens(encoder, declared.queries)["tokens"],
        },
    )


def candidate_scores(graph: "Graph", name: str) -> Artifact:
    """A teacher's scores of what is mined."""
    declared, key = graph.config.mining[name], f"mining.{name}.teacher"
    settings, sources = scorer(graph, str(declared.teacher), declared.queries, key)
    return Artifact(
        "tasb.mining.scores:make",
        graph.name("mining", name, "scores"),
        {"scores": [graph.path("mining", name, "scores.parquet")]},
        {**settings, "depth": declared.depth, "positives": declared.positives},
        {"candidates": _candidates(graph, name), **_judgments(graph, declared), **sources},
    )


def mined(graph: "Graph", name: str) -> Artifact:
    """Mined training pairs."""
    declared = graph.config.mining[name]
    scores: dict[str, Source] = {}
    if declared.teacher is not None:
        scores["scores"] = graph.candidate_scores(name)["scores"]
    return Artifact(
        "tasb.mining.pairs:make",
        graph.name("mining", name),
        {"pairs": [graph.path("mining", f"{name}.parquet")]},
        {
            "name": name,
            "choice": declared.model_dump(mode="json", include=CHOICE),
            "seed": graph.seed("mining", name),
            "drop_own_passage": graph.config.data.drop_own_passage,
        },
        {
            "candidates": _candidates(graph, name),
            **scores,
            **_judgments(graph, declared),
            "passages": graph.passages()["passages"],
            "queries": graph.query_set(declared.queries)["queries"],
        },
    )


def joined(graph: "Graph", names: tuple[str, ...]) -> Artifact:
    """The pairs of several declarations, with positions in the query set of all."""
    every = query_set_of(graph, names)
    shifted = [every == AUGMENTED and graph.config.mining[name].queries != TRAINING
               for name in names]  # fmt: skip
    training: dict[str, Source] = {}
    if any(shifted):
        training["training"] = graph.query_set(TRAINING)["queries"]
    return Artifact(
        "tasb.mining.pairs:make_joined",
        graph.name("mining", "=".join(names)),
        {"pairs": [graph.path("mining", f"{'='.join(names)}.parquet")]},
        {"shifted": shifted},
        {"mined": [graph.mined(name)["pairs"] for name in names], **training},
    )


def _candidates(graph: "Graph", name: str) -> Part:
    """Return what is mined: an own search of a dense system, or the ranking of another."""
    declared, key = graph.config.mining[name], f"mining.{name}.system"
    if graph.system(declared.system, key).reported_together:
        return graph.candidates(name)["candidates"]
    if declared.parts > 1:
        raise ValueError(
            f"mining.{name}.share: '{declared.system}' ranks all queries at once; shares are of a "
            "system with vectors, so set it to 1"
        )
    depth = graph.section("rankings").depth
    if declared.searched > depth:
        raise ValueError(
            f"mining.{name}: reads {declared.searched} passages a query, and '{declared.system}' "
            f"ranks {depth}; set depth and fill to at most that, or rankings.depth to more"
        )
    return graph.ranking(declared.system, declared.queries, key)


def _judgments(graph: "Graph", declared: Mining) -> dict[str, Source]:
    if declared.queries != TRAINING:
        return {}
    return {"qrels": graph.query_set(TRAINING)["qrels"]}
