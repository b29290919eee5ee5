import math

import numpy as np
import polars as pl
import pytest

from tasb.errors import TasbError
from tasb.students.config import EarlyStoppingSet
from tasb.students.early_stopping_set import draw_queries, early_stopping_set


def random():
    return np.random.default_rng(4)


def values_of(*counted):
    """Queries with the values given as (value, how many queries)."""
    values = [value for value, count in counted for _ in range(count)]
    ids = [f"q{at:05d}" for at in range(len(values))]
    return pl.DataFrame({"query_id": ids, "value": np.array(values, dtype=np.float64)})


def drawn_per_value(values, settings):
    chosen = draw_queries(values, settings, random())
    assert len(set(chosen)) == len(chosen)
    found = values.filter(pl.col("query_id").is_in(chosen))
    assert found.height == len(chosen)
    return dict(sorted(found["value"].value_counts().rows()))


def test_a_nominal_4000_queries_are_the_papers_3200_by_mrr():
    """MRR@10 is 0 or 1/rank, so that the fifth from .6 to .8 is empty."""
    values = values_of((0, 5000), *((1 / rank, 900) for rank in range(1, 11)))
    settings = EarlyStoppingSet(queries=4000)
    counts = drawn_per_value(values, settings)
    assert sum(counts.values()) == 3200
    assert counts[1.0] == counts[0.5] == 800
    assert sum(count for value, count in counts.items() if value < 0.2) == 800
    assert sum(count for value, count in counts.items() if 0.2 <= value < 0.4) == 800


def test_a_stratum_holds_its_lower_edge_and_the_last_one_both():
    values = values_of(*((value, 10) for value in (0, 0.2, 0.4, 0.6, 0.8, 1.0)))
    counts = drawn_per_value(values, EarlyStoppingSet(queries=30))
    assert [counts[value] for value in (0, 0.2, 0.4, 0.6)] == [6, 6, 6, 6]
    assert counts.get(0.8, 0) + counts.get(1.0, 0) == 6


def test_a_small_stratum_is_taken_whole():
    values = values_of((0, 100), (1.0, 3))
    assert drawn_per_value(values, EarlyStoppingSet(queries=50)) == {0: 10, 1.0: 3}


def test_a_uniform_draw_follows_the_shares_of_the_values():
    values = values_of((0, 9000), (1.0, 1000))
    counts = drawn_per_value(values, EarlyStoppingSet(queries=1000, draw="uniform"))
    assert sum(counts.values()) == 1000
    assert counts[1.0] == pytest.approx(100, abs=4 * math.sqrt(1000 * 0.1 * 0.9))


@pytest.mark.parametrize("draw", ["stratified", "uniform"])
def test_one_seed_gives_one_draw_and_another_seed_another(draw):
    values, settings = values_of((0, 100), (0.5, 100)), EarlyStoppingSet(queries=50, draw=draw)
    first = draw_queries(values, settings, np.random.default_rng(1))
    assert first == sorted(first) == draw_queries(values, settings, np.random.default_rng(1))
    assert first != draw_queries(values, settings, np.random.default_rng(2))


POSITIONS = {"b": 0, "c": 1, "a": 2, "d": 3}


def located(**columns):
    """Return a table with the positions of its ids."""
    passages = [int(name[1:]) for name in columns["passage_id"]]
    queries = [POSITIONS[name] for name in columns["query_id"]]
    positions = {"query": queries, "passage": passages}
    types = dict.fromkeys(positions, pl.Int32)
    return pl.DataFrame({**positions, **columns}, schema_overrides=types)


@pytest.fixture
def ranking():
    """Two queries; the ranking finds one of the two relevant passages of the first one."""
    return located(
        query_id=["a", "a", "a", "b", "b"],
        passage_id=["p2", "p0", "p1", "p3", "p4"],
        rank=[1, 2, 3, 1, 2],
        score=[3.0, 2.0, 1.0, 2.0, 1.0],
    )


@pytest.fixture
def qrels():
    ids = {"query_id": ["a", "a", "a", "b"], "passage_id": ["p0", "p5", "p4", "p3"]}
    return located(**ids, grade=[2, 1, 0, 3])


def uniform(**settings):
    return EarlyStoppingSet(draw="uniform", **settings)


def test_the_set_is_the_top_of_the_ranking_and_the_relevant_passages_it_missed(ranking, qrels):
    found = early_stopping_set(ranking, qrels, uniform(depth=2, queries=10), random())
    assert found.columns == ["query", "passage", "query_id", "passage_id", "grade"]
    assert found.rows() == [
        (0, 3, "b", "p3", 3),
        (0, 4, "b", "p4", 0),
        (2, 0, "a", "p0", 2),
        (2, 2, "a", "p2", 0),
        (2, 5, "a", "p5", 1),
    ]


def test_the_set_holds_the_queries_that_were_drawn_alone(ranking, qrels):
    found = early_stopping_set(ranking, qrels, uniform(depth=3, queries=1), random())
    assert found["query_id"].n_unique() == 1


def test_the_strata_are_those_of_mrr_at_10(ranking, qrels):
    """Query a has its first relevant passage at rank 2 (.5), query b at rank 1 (1.0)."""
    other = {"query_id": ["d"], "passage_id": ["p0"]}
    ranking = pl.concat([ranking, located(**other, rank=[1], score=[1.0])])
    qrels = pl.concat([qrels, located(**other, grade=[1])])
    found = early_stopping_set(ranking, qrels, EarlyStoppingSet(queries=5), random())
    chosen = found["query_id"].unique()
    assert "a" in chosen
    assert len(chosen) == 2


def test_a_ranking_of_passages_from_elsewhere_is_refused_with_the_key(ranking, qrels):
    unknown = ranking.with_columns(passage=pl.lit(None, pl.Int32))
    with pytest.raises(TasbError, match=r"early_stopping_set\.system: its ranking names passage"):
        early_stopping_set(unknown, qrels, uniform(), random())
