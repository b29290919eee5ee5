"""Rankings are joined by hand-made sums and ranks; the weight that is best is found."""

import math

import numpy as np
import polars as pl
import pytest
import ranx
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.collection.faults import Faults
from tasb.collection.tables import write_texts
from tasb.errors import TasbError
from tasb.jobs import Job
from tasb.rankings.fusion import (
    both,
    make_reciprocal_rank,
    make_weighted_sum,
    reciprocal_rank,
    tune,
    weighted_sum,
)
from tasb.rankings.ranking import ranking_of

QUERIES, PASSAGES = ["q0", "q1", "q2"], [f"p{number}" for number in range(6)]


def ranking(*lists):
    """Return a ranking of the first queries from lists of (passage, score)."""
    found = [
        (
            np.array([passage for passage, _ in pairs], dtype=np.int64),
            np.array([score for _, score in pairs], dtype=np.float32),
        )
        for pairs in lists
    ]
    return ranking_of(QUERIES[: len(lists)], PASSAGES, found)


FIRST = ranking([(0, 5.0), (1, 3.0), (2, 1.0)], [(3, 2.0)], [])
SECOND = ranking([(2, 40.0), (4, 30.0)], [], [(5, 7.0)])


def scores(table):
    return {(query, passage): score for query, passage, score in table.iter_rows()}


def test_a_passage_that_a_list_lacks_has_its_lowest_score_and_an_empty_list_counts_zero():
    assert both(FIRST, SECOND).rows() == [
        (0, 0, 5.0, 30.0),
        (0, 1, 3.0, 30.0),
        (0, 2, 1.0, 40.0),
        (0, 4, 1.0, 30.0),
        (1, 3, 2.0, 0.0),
        (2, 5, 0.0, 7.0),
    ]


def test_a_weighted_sum_by_hand():
    assert scores(weighted_sum(both(FIRST, SECOND), 0.5)) == {
        (0, 0): 20.0, (0, 1): 18.0, (0, 2): 21.0, (0, 4): 16.0, (1, 3): 2.0, (2, 5): 3.5,
    }  # fmt: skip


def test_reciprocal_ranks_by_hand():
    found = scores(reciprocal_rank([FIRST, SECOND], 60))
    assert found == {
        (0, 0): pytest.approx(1 / 61),
        (0, 1): pytest.approx(1 / 62),
        (0, 2): pytest.approx(1 / 63 + 1 / 61),
        (0, 4): pytest.approx(1 / 62),
        (1, 3): pytest.approx(1 / 61),
        (2, 5): pytest.approx(1 / 61),
    }


lists = st.lists(
    st.lists(st.integers(0, 5), unique=True, max_size=6), min_size=3, max_size=3
)  # passages of each query, best first


def ordered(found):
    return ranking(*([(passage, float(-place)) for place, passage in enumerate(row)]
                     for row in found))  # fmt: skip


@settings(max_examples=30)
@given(st.lists(lists, min_size=2, max_size=4), st.sampled_from([1, 60]))
def test_reciprocal_ranks_are_the_sum_over_all_lists(found, k):
    expected = {}
    for one in found:
        for query, row in enumerate(one):
            for place, passage in enumerate(row, start=1):
                key = (query, passage)
                expected[key] = expected.get(key, 0.0) + 1 / (k + place)
    if not expected:
        return
    joined = scores(reciprocal_rank([ordered(one) for one in found], k))
    assert joined.keys() == expected.keys()
    assert all(math.isclose(joined[key], expected[key], rel_tol=1e-9) for key in expected)


def by_query(table):
    """Return a ranking as ranx reads it; ranks are its order of scores."""
    found = {}
    for query, passage, rank in table.select("query_id", "passage_id", "rank").iter_rows():
        found.setdefault(query, {})[passage] = -float(rank)
    return ranx.Run(found)


@settings(max_examples=20)
@given(
    st.lists(st.lists(st.permutations(range(6)), min_size=3, max_size=3), min_size=2, max_size=3)
)
def test_reciprocal_ranks_are_those_of_ranx_where_every_list_has_every_query(found):
    rankings = [ordered([row[: 2 + len(row) // 2] for row in one]) for one in found]
    theirs = ranx.fuse([by_query(one) for one in rankings], norm=None, method="rrf",
                       params={"k": 60}).to_dict()  # fmt: skip
    for (query, passage), score in scores(reciprocal_rank(rankings, 60)).items():
        assert score == pytest.approx(theirs[QUERIES[query]][PASSAGES[passage]])


def judged(*relevant):
    rows = [(QUERIES[query], PASSAGES[passage], query, passage, 1) for query, passage in relevant]
    schema = {"query_id": pl.String, "passage_id": pl.String, "query": pl.Int32,
              "passage": pl.Int32, "grade": pl.Int32}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def tuned(first, second, qrels, queries=10):
    return tune(first, second, qrels, "mrr@10", queries, np.random.default_rng(1))


ONE = ranking([(0, 4.0), (1, 3.0), (2, 0.0)])
"""Spread 4; the relevant passage 1 is second here, and second below by a spread of 2."""
OTHER = ranking([(2, 2.0), (1, 1.5), (0, 0.0)])


def test_the_best_weight_is_found_on_the_scale_of_the_scores():
    # 3 + 1.5a exceeds 4 and 2a from a = 2/3 on; weights are multiples of 4 / 2
    assert tuned(ONE, OTHER, judged((0, 1))) == pytest.approx(0.4 * 2)
    assert tuned(ONE, OTHER, judged((0, 0))) == 0.0


def test_a_list_of_equal_scores_does_not_divide_by_zero():
    flat = ranking([(0, 2.0), (1, 2.0)])
    assert tuned(ONE, flat, judged((0, 0))) == 0.0


def test_as_many_queries_as_are_asked_for_choose_the_weight():
    first = ranking([(0, 4.0), (1, 3.0)], [(0, 4.0), (1, 3.0)], [(0, 4.0), (1, 3.0)])
    second = ranking([(1, 4.0), (0, 0.0)], [(1, 4.0), (0, 0.0)], [(1, 4.0), (0, 0.0)])
    qrels = judged((0, 1), (1, 0), (2, 0))
    found = {
        seed: tune(first, second, qrels, "mrr@10", 1, np.random.default_rng(seed))
        for seed in range(12)
    }
    assert {alpha > 0 for alpha in found.values()} == {True, False}
    assert tuned(first, second, qrels) == 0.0


SHARED = {"system": "joined", "depth": 3, "drop_own_passage": False}


@pytest.fixture
def job(tmp_path):
    """Return a job that joins rankings, and a function that reads what it made."""
    for name, ids in (("queries", QUERIES), ("passages", PASSAGES)):
        write_texts([(one, "x") for one in ids], Faults(name), tmp_path / name)

    def make(function, rankings, **recipe):
        files = []
        for place, table in enumerate(rankings):
            files.append(str(tmp_path / f"{place}.parquet"))
            table.write_parquet(files[-1])
        inputs = {"rankings": files[:2] if "metric" in recipe else files}
        if "metric" in recipe:
            inputs["validation_rankings"] = files[2:]
            judged((0, 1)).write_parquet(tmp_path / "qrels")
            inputs["validation_qrels"] = [str(tmp_path / "qrels")]
        inputs |= {name: [str(tmp_path / name)] for name in ("queries", "passages")}
        outputs = {"ranking": [str(tmp_path / "out")], "trec": [str(tmp_path / "run")]}
        given = Job({**SHARED, **recipe}, inputs, outputs)
        function(given)
        return given, pl.read_parquet(tmp_path / "out")

    return make


def test_a_joined_ranking_is_cut_at_the_depth_with_ties_in_order_of_position(job):
    given, found = job(make_weighted_sum, [FIRST, SECOND], alpha=0.0)
    assert found.select("query_id", "passage_id", "rank", "score").rows() == [
        ("q0", "p0", 1, 5.0),
        ("q0", "p1", 2, 3.0),
        ("q0", "p2", 3, 1.0),  # and p4, which only the second list has, is cut
        ("q1", "p3", 1, 2.0),
        ("q2", "p5", 1, 0.0),
    ]
    assert given.about == {"alpha": 0.0}
    _, found = job(make_reciprocal_rank, [FIRST, SECOND, SECOND], k=1)
    assert found["passage_id"].to_list() == ["p2", "p4", "p0", "p3", "p5"]


def test_the_weight_that_was_tuned_is_used_and_noted(job):
    tuning = {"alpha": None, "metric": "mrr@10", "tuning_queries": 5, "seed": 1}
    given, found = job(make_weighted_sum, [FIRST, SECOND, ONE, OTHER], **tuning)
    assert given.about == {"alpha": pytest.approx(0.8)}
    first = found.filter(pl.col("query_id") == "q0")
    assert first["score"].to_list() == pytest.approx([33.0, 29.0, 27.0])
    assert first["passage_id"].to_list() == ["p2", "p0", "p1"]


def test_a_ranking_of_other_texts_cannot_be_joined(job):
    other = FIRST.with_columns(passage=pl.lit(None, pl.Int32))
    with pytest.raises(
        TasbError, match=r"systems\.joined\.systems: its ranking names passage 'p0'"
    ):
        job(make_weighted_sum, [other, SECOND], alpha=1.0)
