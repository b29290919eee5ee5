"""Figure 1: which queries it shows, and that like queries lie together."""

import numpy as np
import polars as pl
import pytest

from tasb.errors import TasbError
from tasb.jobs import Job
from tasb.tables.config import TopicMap
from tasb.tables.topics import WIDEST, make, topic_map
from tasb.vectors.shards import write_vectors

SIZES = [12, 2, 9, 15, 10]


@pytest.fixture
def world(tmp_path):
    """Queries of five topics whose vectors point in as many directions, with some noise."""
    random = np.random.default_rng(1)
    cluster = random.permutation(np.repeat(np.arange(len(SIZES)), SIZES))
    vectors = 5 * np.eye(8)[cluster] + random.normal(0, 0.2, (len(cluster), 8))
    path = tmp_path / "vectors"
    write_vectors([vectors.astype(np.float32)], 8, path)
    positions = np.arange(len(cluster))
    queries = pl.DataFrame(
        {"id": [f"q{i}" for i in positions], "text": [f"$text_{i}" for i in positions]}
    )
    return queries, pl.DataFrame({"query": positions, "cluster": cluster}), path


def settings(**changed):
    return TopicMap(**{"title": "t", "topics": 3, **changed})


def test_it_shows_all_queries_of_topics_with_enough_examples(world):
    points = topic_map(*world, settings(topics=4), 7)
    sizes = dict(points["topic"].value_counts().iter_rows())
    assert sizes == {topic: size for topic, size in enumerate(SIZES) if size >= 3}
    assert points.filter(pl.col("example"))["topic"].value_counts()["count"].to_list() == [3] * 4
    expected = world[1].with_columns(query_id=pl.format("q{}", "query"))
    of_id = dict(expected.select("query_id", "cluster").iter_rows())
    assert all(of_id[query] == topic for query, topic in points.select("query_id", "topic").rows())
    assert (points["text"] == points["query_id"].str.replace("q", "$$text_")).all()


def test_no_more_queries_of_a_topic_are_shown_than_asked_for(world):
    points = topic_map(*world, settings(topics=4, queries=5), 7)
    assert points["topic"].value_counts()["count"].to_list() == [5] * 4
    sizes = dict(points.select("topic", "size").unique().iter_rows())
    assert sizes == {topic: size for topic, size in enumerate(SIZES) if size >= 3}


def test_queries_of_a_topic_lie_nearer_to_each_other_than_to_others(world):
    points = topic_map(*world, settings(topics=4), 7)
    plane, topic = points.select("x", "y").to_numpy(), points["topic"].to_numpy()
    apart = np.linalg.norm(plane[:, None] - plane[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert (topic[apart.argmin(1)] == topic).mean() > 0.95


def test_the_seed_decides_the_topics_and_the_map(world):
    first, again = (topic_map(*world, settings(), 7) for _ in range(2))
    assert first.equals(again)
    drawn = {tuple(topic_map(*world, settings(), seed)["topic"].unique()) for seed in range(8)}
    assert len(drawn) > 1


def test_all_topics_are_shown_where_there_are_too_few(world, caplog):
    points = topic_map(*world, settings(topics=8), 7)
    assert points["topic"].n_unique() == 4
    assert "only 4 topics have 3 queries or more" in caplog.text


def test_topics_too_small_for_the_examples_are_an_error(world):
    queries, clusters, vectors = world
    alone = clusters.unique("cluster")
    with pytest.raises(TasbError, match="clusters 'default': none has 3 queries or more; set a"):
        topic_map(queries, alone, vectors, settings(), 7)


def test_the_drawing_prints_the_examples_cut_and_as_they_are(world, tmp_path):
    queries, clusters, vectors = world
    queries = queries.with_columns(text=pl.col("text") + " $x_1$ & <b> " + "long " * 20)
    queries.write_parquet(tmp_path / "queries")
    clusters.write_parquet(tmp_path / "clusters")
    recipe = {"figure": settings().plain(), "seed": 7}
    files = {name: [str(tmp_path / name)] for name in ("vectors", "queries", "clusters")}
    outputs = [(tmp_path / f"{name}.parquet", tmp_path / f"{name}.svg") for name in "ab"]
    for data, figure in outputs:
        make(Job(recipe, files, {"data": [str(data)], "figure": [str(figure)]}))
    assert outputs[0][1].read_bytes() == outputs[1][1].read_bytes()
    points = pl.read_parquet(outputs[0][0])
    text = points.filter(pl.col("example"))["text"][0]
    drawing = outputs[0][1].read_text(encoding="utf-8")
    printed = f">{text[: WIDEST - 1]}…</text>".replace("&", "&amp;").replace("<b", "&lt;b")
    assert printed in drawing.replace("b&gt;", "b>")
