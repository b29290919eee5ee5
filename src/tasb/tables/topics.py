"""Figure 1: a t-SNE map of the queries of some topics, with examples in words."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.figure import Figure
from sklearn.manifold import TSNE

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log
from tasb.seeds import stream
from tasb.tables.config import TopicMap
from tasb.tables.svg import COLOURS, MARKERS, save
from tasb.vectors.shards import read_vectors

WIDEST = 52
"""Characters of an example that are printed."""


def make(job: Job) -> None:
    """Make Figure 1."""
    settings = TopicMap.model_validate(job.recipe["figure"])
    queries = pl.read_parquet(job.file("queries"), columns=["id", "text"])
    clusters = pl.read_parquet(job.file("clusters"))
    points = topic_map(queries, clusters, job.file("vectors"), settings, job.recipe["seed"])
    with whole(job.output("data")) as part:
        points.write_parquet(part)
    save(draw(points, settings.title), job.output("figure"))


def topic_map(
    queries: pl.DataFrame,
    clusters: pl.DataFrame,
    vectors: str | Path,
    settings: TopicMap,
    seed: int,
) -> pl.DataFrame:
    """Place the queries of topics drawn at random on a plane.

    t-SNE reads angles, as the released clusters do.

    Args:
        queries: id, text; in order of position.
        clusters: query (position), cluster.
        vectors: file of the query vectors, in order of position.
        settings: how many topics and examples, and the perplexity, at most a third of the
            queries; fewer topics where fewer have as many queries as examples.
        seed: of the draws and of t-SNE.

    Returns:
        A row per query: topic, size (of the topic), query_id, text, x, y, example (whether it
        is printed).

    Raises:
        TasbError: no topic has as many queries as examples.
    """
    random = stream(seed, "draw")
    topics = _drawn_topics(clusters, settings, random)
    members, shown = _drawn_queries(clusters, topics, settings, random)
    position = members["query"].to_numpy()
    tsne = TSNE(
        perplexity=min(settings.perplexity, (len(position) - 1) / 3),
        metric="cosine",
        init="random",
        random_state=seed % 2**32,
    )
    plane = tsne.fit_transform(read_vectors(vectors)[position])
    return pl.DataFrame(
        {
            "topic": members["cluster"],
            "size": members["size"],
            "query_id": queries["id"].gather(position),
            "text": queries["text"].gather(position),
            "x": plane[:, 0],
            "y": plane[:, 1],
            "example": np.isin(position, shown),
        }
    )


def _drawn_topics(
    clusters: pl.DataFrame, settings: TopicMap, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw topics among those with enough queries; all of them if there are too few."""
    least = max(2, settings.examples)
    sizes = clusters["cluster"].value_counts().sort("cluster")
    enough = sizes.filter(pl.col("count") >= least)["cluster"].to_numpy()
    if len(enough) == 0:
        raise TasbError(
            f"clusters '{settings.clusters}': none has {least} queries or more; set a smaller "
            f"clusters.{settings.clusters}.k, fewer 'examples' of the figure, or leave it out of "
            "'targets'"
        )
    if len(enough) < settings.topics:
        log.warning("only %d topics have %d queries or more", len(enough), least)
    count = min(settings.topics, len(enough))
    return np.sort(random.choice(enough, count, replace=False)).astype(np.int64)


def _drawn_queries(
    clusters: pl.DataFrame,
    topics: npt.NDArray[np.int64],
    settings: TopicMap,
    random: np.random.Generator,
) -> tuple[pl.DataFrame, list[int]]:
    """Return cluster, query and size of the queries to show, and the queries to print."""
    parts, examples = [], []
    for topic in topics:
        own = clusters.filter(pl.col("cluster") == topic)["query"].sort().to_numpy()
        drawn = np.sort(random.choice(own, min(settings.queries, len(own)), replace=False))
        parts.append(pl.DataFrame({"query": drawn}).with_columns(cluster=topic, size=len(own)))
        examples += random.choice(drawn, settings.examples, replace=False).tolist()
    return pl.concat(parts), examples


def draw(points: pl.DataFrame, title: str) -> Figure:
    """Draw the map, and to its right the examples of each topic."""
    figure = Figure(figsize=(11, 6))
    plane, words = figure.subplots(1, 2, width_ratios=[3, 2])
    topics = points["topic"].unique(maintain_order=True).to_list()
    for topic, colour, marker in zip(topics, COLOURS, MARKERS):
        own = points.filter(pl.col("topic") == topic)
        style = {"color": colour, "marker": marker, "linewidths": 0}
        plane.scatter(own["x"], own["y"], s=45, alpha=0.8, **style)
    plane.set(title=title, xlabel="t-SNE, first dimension", ylabel="t-SNE, second dimension")
    plane.set(xticks=[], yticks=[])
    _examples(words, points, topics)
    return figure


def _examples(words: Any, points: pl.DataFrame, topics: list[int]) -> None:
    """Print each topic's sign, size and example queries, from top to bottom."""
    words.set(xlim=(0, 1), ylim=(len(topics), 0))
    words.axis("off")
    for row, (topic, colour, marker) in enumerate(zip(topics, COLOURS, MARKERS)):
        own = points.filter(pl.col("topic") == topic)
        texts = own.filter(pl.col("example"))["text"].to_list()
        lines = [f"Topic {topic} ({own['size'][0]:,} queries)", *map(_shortened, texts)]
        words.scatter([0.02], [row + 0.12], s=40, color=colour, marker=marker, linewidths=0)
        words.text(0.07, row, "\n".join(lines), va="top", fontsize=8)


def _shortened(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
