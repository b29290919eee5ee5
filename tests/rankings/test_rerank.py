import numpy as np
import polars as pl
import pytest
import torch

from tasb.errors import TasbError
from tasb.models.colbert import ColBert
from tasb.models.encoder import Encoder
from tasb.rankings.ranking import COLUMNS, ranking_of, refuse_repeated_passages
from tasb.rankings.rerank import rerank
from tasb.teachers.scoring import PairScorer

QUERIES = ["q0", "q1", "q2"]
PASSAGES = [f"p{number}" for number in range(10)]
FIRST = {"q1": [3, 1, 4, 0, 5, 9, 2], "q0": [8, 7], "q2": [6, 2, 0, 9]}
"""The first ranking, in another order of queries than their positions."""
FIRST_SCORES = np.array([900.5, 900.25, 7.0, 6.5, 6.0, 0.5, -80.0], dtype=np.float32)


@pytest.fixture
def scorer(tiny_encoder, small_stores):
    torch.manual_seed(1)
    model = ColBert(Encoder.load(tiny_encoder, tiny_encoder / "tokenizer.json"))
    return PairScorer(model, *small_stores, (10, 20), 512, "fp32")


@pytest.fixture
def reranked(scorer):
    """A function of the depth that returns the new ranking."""
    found = [(np.array(FIRST[query]), FIRST_SCORES[: len(FIRST[query])]) for query in QUERIES]
    first = ranking_of(QUERIES, PASSAGES, found)
    return lambda depth: rerank(first, scorer, depth)


def by_score(scorer, query, passages):
    """The passages of one query in the order of the teacher, and their scores."""
    at = np.full(len(passages), QUERIES.index(query))
    scores = scorer.scores(at, np.array(passages))
    order = np.argsort(-scores)
    return [passages[place] for place in order], scores[order]


@pytest.mark.parametrize("depth", [1, 3, 4, 7, 100])
def test_the_top_is_in_the_teachers_order_and_the_rest_keeps_its_own(reranked, scorer, depth):
    ranking = reranked(depth)
    for query, passages in FIRST.items():
        rows = ranking.filter(pl.col("query_id") == query)
        best, scores = by_score(scorer, query, passages[:depth])
        expected = best + passages[depth:]
        assert rows["passage_id"].to_list() == [PASSAGES[passage] for passage in expected]
        assert rows["rank"].to_list() == list(range(1, len(passages) + 1))
        np.testing.assert_allclose(rows["score"][: len(best)], scores, rtol=1e-4)


def test_the_teachers_order_is_not_the_first_one(reranked):
    """Otherwise the other tests would show nothing."""
    order = reranked(7).filter(pl.col("query_id") == "q1")["passage_id"].to_list()
    assert order != [PASSAGES[passage] for passage in FIRST["q1"]]


def test_scores_below_the_depth_are_moved_together_to_below_the_top(reranked):
    scores = reranked(2).filter(pl.col("query_id") == "q1")["score"].to_numpy()
    assert (np.diff(scores) < 0).all()
    np.testing.assert_allclose(np.diff(scores[2:]), np.diff(FIRST_SCORES[2:]), rtol=1e-4)


def test_the_columns_are_those_of_every_ranking(reranked):
    integer, string = pl.Int32, pl.String
    types = [integer, integer, string, string, integer, pl.Float32]
    assert dict(reranked(3).schema) == dict(zip(COLUMNS, types))


def test_a_passage_twice_is_refused_with_the_way_out():
    found = [(np.array([3, 1, 3]), FIRST_SCORES[:3])]
    first = ranking_of(["q0"], PASSAGES, found)
    with pytest.raises(TasbError, match=r"systems.s.system: .* 'p3' twice .* 'q0'; .*duplicates"):
        refuse_repeated_passages(first, "systems.s.system")
    refuse_repeated_passages(first.head(2), "systems.s.system")


def test_a_query_without_a_first_ranking_has_none_after_it(scorer):
    found = [(np.array(FIRST[query]), FIRST_SCORES[: len(FIRST[query])]) for query in QUERIES]
    first = ranking_of(QUERIES, PASSAGES, found).filter(pl.col("query_id") != "q0")
    assert set(rerank(first, scorer, 3)["query_id"]) == {"q1", "q2"}
    assert rerank(first.head(0), scorer, 3).is_empty()
