"""The held-out slice of the training queries shares no relevant passage with the rest."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.collection.split import held_out, topics_of_shared_passages, write_part
from tasb.errors import TasbError

SCHEMA = {"query_id": pl.String, "passage_id": pl.String, "grade": pl.Int32}


def judged(pairs):
    rows = [(query, passage, 1) for query, passage in pairs]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def groups_by_walking(pairs):
    """Return the groups of queries that are linked by shared passages, by merging sets."""
    groups = []
    for query, passage in pairs:
        linked = [group for group in groups if query in group[0] or passage in group[1]]
        groups = [group for group in groups if group not in linked]
        queries = {query}.union(*(group[0] for group in linked))
        groups.append((queries, {passage}.union(*(group[1] for group in linked))))
    return sorted(sorted(queries) for queries, _ in groups)


PAIRS = st.lists(
    st.tuples(st.integers(0, 15).map("q{}".format), st.integers(0, 15).map("p{}".format)),
    min_size=1,
    max_size=40,
    unique=True,
)


@settings(max_examples=50, deadline=None)
@given(PAIRS)
def test_queries_that_share_a_passage_directly_or_by_others_are_one_component(pairs):
    table = topics_of_shared_passages(judged(pairs))
    assert table["query_id"].n_unique() == table.height
    groups = table.group_by("component").agg(pl.col("query_id").sort())["query_id"].to_list()
    assert sorted(groups) == groups_by_walking(pairs)


@settings(max_examples=50, deadline=None)
@given(PAIRS, st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
def test_no_passage_is_relevant_on_both_sides(pairs, fraction, seed):
    groups = len(groups_by_walking(pairs))
    if not 0 < round(fraction * groups) < groups:
        with pytest.raises(TasbError, match="leaves one side empty"):
            held_out(judged(pairs), fraction, np.random.default_rng(seed))
        return
    side = held_out(judged(pairs), fraction, np.random.default_rng(seed))
    out = {passage for query, passage in pairs if query in side}
    kept = {passage for query, passage in pairs if query not in side}
    assert out and kept and not out & kept
    drawn = [group for group in groups_by_walking(pairs) if set(group) <= side]
    assert len(drawn) == round(fraction * groups)


def test_the_same_seed_holds_out_the_same_queries_in_any_order_of_lines():
    pairs = [(f"q{i}", f"p{i % 30}") for i in range(60)]
    draws = [
        held_out(judged(order), 0.3, np.random.default_rng(5)) for order in (pairs, pairs[::-1])
    ]
    other = held_out(judged(pairs), 0.3, np.random.default_rng(6))
    assert draws[0] == draws[1] != other
    assert len(draws[0]) == 18


@pytest.fixture
def parts(tmp_path):
    """Write a training set of 20 queries; return a function that draws its parts."""
    rows = [(f"q{i:02}", f"p{i // 2}", 1) for i in range(18)]
    rows += [("q00", "p17", 0), ("q18", "p1", 0)]
    texts = {"position": range(20), "id": [f"q{i:02}" for i in range(19, -1, -1)]}
    texts["text"] = [f"text of {name}" for name in texts["id"]]
    pl.DataFrame(texts).with_columns(pl.col("position").cast(pl.Int32)).write_parquet(
        tmp_path / "queries"
    )
    places = {name: place for place, name in enumerate(texts["id"])}
    judged = pl.DataFrame(rows, schema=SCHEMA, orient="row").select(
        pl.col("query_id").replace_strict(places).cast(pl.Int32).alias("query"),
        pl.col("passage_id").str.slice(1).cast(pl.Int32).alias("passage"),
        *SCHEMA,
    )
    judged.write_parquet(tmp_path / "qrels")

    def write(keep, fraction=None, limit=None, seed=1):
        out = tmp_path / "part.queries", tmp_path / "part.qrels"
        random = np.random.default_rng(seed)
        files = tmp_path / "queries", tmp_path / "qrels"
        write_part(*files, keep, fraction, limit, random, *out)
        return pl.read_parquet(out[0]), pl.read_parquet(out[1])

    return write


def test_queries_without_a_relevant_passage_are_on_neither_side(parts):
    queries, _ = parts(keep=False)
    assert queries["id"].to_list() == [f"q{i:02}" for i in range(17, -1, -1)]
    both = [*parts(True, fraction=0.3)[0]["id"], *parts(False, fraction=0.3)[0]["id"]]
    assert sorted(both) == [f"q{i:02}" for i in range(18)]


def test_the_sides_keep_texts_order_and_all_judgments_of_their_queries(parts):
    queries, qrels = parts(keep=False)
    assert queries["position"].to_list() == list(range(18))
    assert queries.row(17) == (17, "q00", "text of q00")
    assert queries.schema["position"] == pl.Int32
    assert qrels.filter(pl.col("query_id") == "q00").rows() == [
        (17, 0, "q00", "p0", 1), (17, 17, "q00", "p17", 0)
    ]  # fmt: skip
    ids = qrels.select(
        pl.col("query").replace_strict(dict(queries.select("position", "id").rows()))
    )
    assert ids.to_series().to_list() == qrels["query_id"].to_list()
    assert "q18" not in qrels["query_id"]


def test_the_sides_share_no_relevant_passage(parts):
    sides = [parts(keep, fraction=0.4)[1].filter(pl.col("grade") > 0) for keep in (True, False)]
    held, kept = (set(side["passage_id"]) for side in sides)
    assert len(held) == 4
    assert len(kept) == 5
    assert not held & kept


def test_the_limit_of_training_queries_draws_from_the_training_side_alone(parts):
    held, kept = (set(parts(keep, fraction=0.4)[0]["id"]) for keep in (True, False))
    limited = parts(False, fraction=0.4, limit=3)[0]["id"].to_list()
    assert len(limited) == 3
    assert set(limited) < kept
    assert set(parts(True, fraction=0.4, limit=3)[0]["id"]) == held
    assert parts(False, fraction=0.4, limit=3)[0]["id"].to_list() == limited


def test_a_limit_above_the_number_of_queries_keeps_all(parts):
    assert parts(False, limit=500)[0].height == 18


def test_a_training_set_without_relevant_passages_is_refused(tmp_path):
    rows = [("q1", "p1", 0)]
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_columns(passage=0)
    table.write_parquet(tmp_path / "qrels")
    with pytest.raises(TasbError, match="no training query has a relevant passage"):
        random = np.random.default_rng(0)
        write_part("unread", tmp_path / "qrels", False, None, None, random, "a", "b")
