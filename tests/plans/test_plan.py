from collections import Counter

import numpy as np
import polars as pl
import pytest
from scipy.stats import chisquare

from tasb.errors import TasbError
from tasb.plans.plan import read_plan, write_plan

SIZES = [1, 2, 3, 6, 8]
"""Pairs of queries 0, 2, 4, 6 and 8; the odd queries have none."""
CLUSTERS = {0: 3, 2: 3, 4: 1, 6: 1, 8: 1, 10: 0}


@pytest.fixture
def pairs(tmp_path):
    """A table of pairs; pair p has positive p, negative 100 + p and margin p squared."""
    query = np.repeat(np.arange(0, 10, 2), SIZES)
    pair = np.arange(len(query))
    frame = pl.DataFrame(
        {
            "query": pl.Series(query, dtype=pl.Int32),
            "positive": pl.Series(pair, dtype=pl.Int32),
            "negative": pl.Series(pair + 100, dtype=pl.Int32),
            "positive_score": pl.Series(pair**2 + 5, dtype=pl.Float32),
            "negative_score": pl.Series(np.full(len(pair), 5), dtype=pl.Float32),
        }
    )
    frame.write_parquet(tmp_path / "pairs.parquet")
    return tmp_path / "pairs.parquet"


@pytest.fixture
def unscored(pairs):
    path = pairs.with_name("unscored.parquet")
    pl.read_parquet(pairs).drop("positive_score", "negative_score").write_parquet(path)
    return path


@pytest.fixture
def clusters(tmp_path):
    columns = {"query": list(CLUSTERS), "cluster": list(CLUSTERS.values())}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int32))
    frame.write_parquet(tmp_path / "clusters.parquet")
    return tmp_path / "clusters.parquet"


def settings(sampler, batch_size=2, one_pair_queries="keep", **keys):
    return {
        "sampler": {"kind": sampler, **keys},
        "batch_size": batch_size,
        "one_pair_queries": one_pair_queries,
        "seed": 7,
    }


BALANCED = settings("tas-balanced", clusters_per_batch=1, bins=3)


def content(path, start=0, stop=10**9):
    """Return a plan's batches as plain values."""
    return [
        (
            batch.step,
            batch.query.tolist(),
            batch.positive.tolist(),
            batch.negative.tolist(),
            None if batch.margin is None else batch.margin.tolist(),
        )
        for batch in read_plan(path if isinstance(path, list) else [path], start, stop)
    ]


def test_a_plan_is_read_as_the_batches_that_were_drawn(pairs, clusters, tmp_path):
    write_plan(pairs, clusters, BALANCED, (0, 50), tmp_path / "plan")
    batches = content(tmp_path / "plan")
    assert [batch[0] for batch in batches] == list(range(50))
    query_of = np.repeat(np.arange(0, 10, 2), SIZES).tolist()
    for _, query, positive, negative, margin in batches:
        assert query == [query_of[pair] for pair in positive]
        assert negative == [pair + 100 for pair in positive]
        assert margin == [pair**2 for pair in positive]
        assert len(query) == 2 and len({CLUSTERS[q] for q in query}) == 1


def test_the_table_has_lists_of_negatives_and_margins(pairs, tmp_path):
    write_plan(pairs, None, settings("random"), (3, 5), tmp_path / "plan")
    table = pl.read_parquet(tmp_path / "plan")
    assert table.schema == {
        "step": pl.Int32,
        "query": pl.Int32,
        "positive": pl.Int32,
        "negatives": pl.List(pl.Int32),
        "margins": pl.List(pl.Float32),
    }
    assert table["step"].to_list() == [3, 3, 4, 4]
    assert table["negatives"].list.len().to_list() == [1] * 4


def test_pairs_without_scores_give_batches_without_margins(unscored, tmp_path):
    write_plan(unscored, None, settings("random"), (0, 3), tmp_path / "plan")
    assert [batch[4] for batch in content(tmp_path / "plan")] == [None] * 3
    assert pl.read_parquet(tmp_path / "plan")["margins"].null_count() == 6


def test_margins_change_no_draw_where_there_are_no_bins(pairs, unscored, tmp_path):
    for name, path in (("with", pairs), ("without", unscored)):
        write_plan(path, None, settings("random"), (0, 30), tmp_path / name)
    assert [batch[:4] for batch in content(tmp_path / "with")] == [
        batch[:4] for batch in content(tmp_path / "without")
    ]


@pytest.mark.parametrize("start_stop", [(0, 20), (5, 6), (7, 20), (19, 40), (20, 30)])
def test_any_steps_of_a_plan_can_be_read(pairs, tmp_path, start_stop):
    write_plan(pairs, None, settings("random"), (0, 20), tmp_path / "plan")
    start, stop = start_stop
    assert content(tmp_path / "plan", start, stop) == content(tmp_path / "plan")[start:stop]


def test_shards_are_the_whole_plan_and_a_longer_one_keeps_its_prefix(pairs, clusters, tmp_path):
    bounds = [0, 1, 4090, 4100, 5000]
    shards = [tmp_path / f"{start}" for start in bounds[:-1]]
    for start, stop, path in zip(bounds, bounds[1:], shards):
        write_plan(pairs, clusters, BALANCED, (start, stop), path)
    write_plan(pairs, clusters, BALANCED, (0, 4500), tmp_path / "shorter")
    write_plan(pairs, clusters, BALANCED, (0, 5000), tmp_path / "longer")
    longer = content(tmp_path / "longer")
    assert content(shards) == longer
    assert content(tmp_path / "shorter") == longer[:4500]
    assert content(shards, 4080, 4110) == longer[4080:4110]


def test_large_batches_are_read_whole(pairs, tmp_path):
    """4,096 steps of 260 are more rows than a Parquet writer puts in one row group."""
    many = pl.concat(
        pl.read_parquet(pairs).with_columns(pl.col("query") + 10 * copy) for copy in range(60)
    )
    many.write_parquet(tmp_path / "many")
    write_plan(tmp_path / "many", None, settings("random", 260), (0, 4096), tmp_path / "plan")
    batches = list(read_plan([tmp_path / "plan"], 4000, 4096))
    assert [batch.step for batch in batches] == list(range(4000, 4096))
    assert {len(np.unique(batch.query)) for batch in batches} == {260}


def test_equal_settings_give_equal_plans_and_another_seed_another_one(pairs, clusters, tmp_path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        changed = {**BALANCED, "seed": seed}
        write_plan(pairs, clusters, changed, (0, 20), tmp_path / name)
    assert content(tmp_path / "a") == content(tmp_path / "b") != content(tmp_path / "c")


def drawn_queries(pairs, sampler, tmp_path, steps=3000, **other):
    write_plan(pairs, None, settings(sampler, 1, **other), (0, steps), tmp_path / sampler)
    return Counter(pl.read_parquet(tmp_path / sampler)["query"].to_list())


def test_random_draws_every_query_alike(pairs, tmp_path):
    drawn = drawn_queries(pairs, "random", tmp_path)
    assert set(drawn) == {0, 2, 4, 6, 8}
    assert chisquare(list(drawn.values())).pvalue > 0.001


def test_random_pairs_draws_queries_in_proportion_to_their_pairs(pairs, tmp_path):
    drawn = drawn_queries(pairs, "random-pairs", tmp_path)
    observed = [drawn[query] for query in (0, 2, 4, 6, 8)]
    assert chisquare(observed, np.array(SIZES) / 20 * 3000).pvalue > 0.001


def test_random_pairs_draws_no_pair_twice_in_a_batch(pairs, tmp_path):
    write_plan(pairs, None, settings("random-pairs", 20), (0, 5), tmp_path / "plan")
    for _, _, positive, _, _ in content(tmp_path / "plan"):
        assert sorted(positive) == list(range(20))


def test_dropped_one_pair_queries_are_never_drawn(pairs, tmp_path):
    drawn = drawn_queries(pairs, "random", tmp_path, steps=300, one_pair_queries="drop")
    assert set(drawn) == {2, 4, 6, 8}


@pytest.mark.parametrize(
    ("sampler", "size", "queries"), [("random", 6, 5), ("random-pairs", 21, 20)]
)
def test_a_batch_larger_than_the_training_set_is_an_error(pairs, tmp_path, sampler, size, queries):
    with pytest.raises(TasbError, match=f"batch_size: {size} is larger than the {queries} "):
        write_plan(pairs, None, settings(sampler, size), (0, 2), tmp_path / "plan")
    assert not (tmp_path / "plan").exists()


def test_no_query_with_two_pairs_is_an_error(pairs, tmp_path):
    pl.read_parquet(pairs).filter(pl.col("query") == 0).write_parquet(tmp_path / "one")
    dropping = settings("random", one_pair_queries="drop")
    with pytest.raises(TasbError, match="batch_size: 2 is larger than the 0 "):
        write_plan(tmp_path / "one", None, dropping, (0, 2), tmp_path / "plan")


def test_a_training_query_without_a_cluster_is_an_error(pairs, clusters, tmp_path):
    pl.read_parquet(clusters).filter(pl.col("query") != 4).write_parquet(clusters)
    with pytest.raises(TasbError, match=r"clusters\.parquet: no cluster for 1 of the 5 "):
        write_plan(pairs, clusters, BALANCED, (0, 2), tmp_path / "plan")


def test_pairs_that_must_carry_scores_and_have_none_are_an_error(unscored, tmp_path):
    published = {**settings("random"), "scored_by": "published"}
    with pytest.raises(TasbError, match="kind 'published' needs a pairs file with teacher scores"):
        write_plan(unscored, None, published, (0, 2), tmp_path / "plan")
    assert not (tmp_path / "plan").exists()
