"""BM25 negatives: enough of them, none relevant, from the top of the ranking."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Bm25, Negatives
from tasb.lexical.negatives import write_pairs

TERMS = ["owl", "elk", "bee", "ant", "cod", "emu"]
PASSAGES = [f"{TERMS[i % 6]} {TERMS[i // 6]} word{i}" for i in range(36)]
SCHEMA = {"query": pl.Int32, "passage": pl.Int32, "grade": pl.Int32}


@pytest.fixture
def pairs_of(texts_table, tmp_path):
    """Draw the pairs of queries with judgments (query, passage, grade) by position."""

    def draw(queries, judgments, seed=1, passages=PASSAGES, **settings):
        pl.DataFrame(judgments, schema=SCHEMA, orient="row").write_parquet(tmp_path / "qrels")
        write_pairs(
            texts_table("p", passages), texts_table("q", queries), tmp_path / "qrels",
            Negatives(**settings), np.random.default_rng(seed), tmp_path / "pairs",
        )  # fmt: skip
        return pl.read_parquet(tmp_path / "pairs")

    return draw


def test_each_positive_stands_with_each_negative_of_its_query(pairs_of):
    pairs = pairs_of(["owl", "elk"], [(0, 0, 1), (0, 6, 2), (1, 1, 1)], per_query=4)
    assert pairs.schema == dict.fromkeys(("query", "positive", "negative"), pl.Int32)
    assert pairs["query"].to_list() == [0] * 8 + [1] * 4
    first = pairs.filter(pl.col("query") == 0)
    negatives = [first.filter(pl.col("positive") == p)["negative"].to_list() for p in (0, 6)]
    assert negatives[0] == negatives[1]
    assert len(set(negatives[0])) == 4


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    relevant=st.lists(st.integers(0, 35), min_size=1, max_size=34, unique=True),
    per_query=st.integers(1, 40),
    depth=st.integers(1, 40),
    query=st.sampled_from(["owl", "owl elk", "unseen"]),
)
def test_negatives_are_as_many_as_asked_where_the_collection_allows_and_never_relevant(
    pairs_of, relevant, per_query, depth, query
):
    judgments = [(0, passage, 1) for passage in relevant]
    pairs = pairs_of([query], judgments, per_query=per_query, depth=depth)
    assert set(pairs["positive"]) == set(relevant)
    assert not set(pairs["negative"]) & set(relevant)
    for _, part in pairs.group_by("positive"):
        assert part["negative"].n_unique() == part.height == min(per_query, 36 - len(relevant))


def test_negatives_come_from_the_top_of_the_ranking_without_the_relevant_passages(
    pairs_of, texts_table
):
    relevant = [0, 34, 35]  # the last two are not in the ranking of the query
    judgments = [(0, passage, 1) for passage in relevant]
    index = Bm25Index(texts_table("p", PASSAGES), Bm25())
    ranked = next(iter(index.search(["owl"], 36)))[0].tolist()
    top = [passage for passage in ranked if passage not in relevant][:5]
    assert len(top) == 5
    drawn = {p for seed in range(8) for p in pairs_of(
        ["owl"], judgments, seed=seed, per_query=3, depth=5)["negative"]}  # fmt: skip
    assert drawn == set(top)


def test_where_the_ranking_is_too_short_all_of_it_is_taken_and_the_rest_drawn_at_large(pairs_of):
    judgments = [(0, 35, 1)]
    draws = [set(pairs_of(["word4"], judgments, seed=seed, per_query=3)["negative"])
             for seed in range(6)]  # fmt: skip
    assert all(4 in draw and len(draw) == 3 for draw in draws)
    assert len(set().union(*draws)) > 5


def test_passages_of_grade_zero_may_be_negatives(pairs_of):
    pairs = pairs_of(["owl"], [(0, 0, 1), (0, 6, 0)], passages=PASSAGES[:7], per_query=6)
    assert sorted(pairs["negative"]) == [1, 2, 3, 4, 5, 6]


def test_queries_without_a_relevant_passage_have_no_pairs(pairs_of):
    pairs = pairs_of(["owl", "elk", "bee"], [(2, 2, 1), (0, 0, 1), (1, 1, 0)], per_query=2)
    assert pairs["query"].unique().to_list() == [0, 2]


def test_the_seed_decides_the_pairs(pairs_of):
    case = (["owl", "elk"], [(0, 0, 1), (1, 1, 1)])
    first, again, other = (pairs_of(*case, seed=seed, per_query=5) for seed in (3, 3, 4))
    assert first.equals(again)
    assert not first.equals(other)
