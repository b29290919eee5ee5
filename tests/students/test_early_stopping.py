import math

import numpy as np
import polars as pl
import pytest

from tasb.students.config import EarlyStoppingSet
from tasb.students.early_stopping import draw_queries, write_early_stopping_set


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


@pytest.fixture
def files(tmp_path):
    """Two queries; the ranking finds one of the two relevant passages of the first one."""
    tables = {
        "ranking": {
            "query_id": ["a", "a", "a", "b", "b"],
            "passage_id": ["p2", "p0", "p1", "p3", "p4"],
            "rank": [1, 2, 3, 1, 2],
            "score": [3.0, 2.0, 1.0, 2.0, 1.0],
        },
        "qrels": {
            "query_id": ["a", "a", "a", "b"],
            "passage_id": ["p0", "p5", "p4", "p3"],
            "grade": [2, 1, 0, 3],
        },
        "passages": {"position": range(6), "id": [f"p{at}" for at in range(6)]},
        "queries": {"position": [0, 1, 2], "id": ["b", "c", "a"]},
    }
    for name, columns in tables.items():
        pl.DataFrame(columns).write_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


def write(files, **settings):
    names = ("ranking", "qrels", "passages", "queries")
    paths = [files / f"{name}.parquet" for name in names]
    settings = EarlyStoppingSet(draw="uniform", **settings)
    write_early_stopping_set(*paths, settings, random(), files / "set.parquet")
    return pl.read_parquet(files / "set.parquet")


def test_the_set_is_the_top_of_the_ranking_and_the_relevant_passages_it_missed(files):
    found = write(files, depth=2, queries=10)
    assert found.columns == ["query", "passage", "query_id", "passage_id", "grade"]
    assert found.rows() == [
        (0, 3, "b", "p3", 3),
        (0, 4, "b", "p4", 0),
        (2, 0, "a", "p0", 2),
        (2, 2, "a", "p2", 0),
        (2, 5, "a", "p5", 1),
    ]


def test_the_set_holds_the_queries_that_were_drawn_alone(files):
    found = write(files, depth=3, queries=1)
    assert found["query_id"].n_unique() == 1


def test_the_strata_are_those_of_mrr_at_10(files):
    """Query a has its first relevant passage at rank 2 (.5), query b at rank 1 (1.0)."""
    ranking = pl.read_parquet(files / "ranking.parquet")
    others = pl.DataFrame({"query_id": ["d"], "passage_id": ["p0"], "rank": [1], "score": [1.0]})
    pl.concat([ranking, others]).write_parquet(files / "ranking.parquet")
    qrels = pl.read_parquet(files / "qrels.parquet")
    judged = pl.DataFrame({"query_id": ["d"], "passage_id": ["p0"], "grade": [1]})
    pl.concat([qrels, judged]).write_parquet(files / "qrels.parquet")
    queries = {"position": [0, 1, 2, 3], "id": ["b", "c", "a", "d"]}
    pl.DataFrame(queries).write_parquet(files / "queries.parquet")
    names = ("ranking", "qrels", "passages", "queries")
    paths = [files / f"{name}.parquet" for name in names]
    settings = EarlyStoppingSet(queries=5)
    write_early_stopping_set(*paths, settings, random(), files / "set.parquet")
    chosen = pl.read_parquet(files / "set.parquet")["query_id"].unique()
    assert "a" in chosen
    assert len(chosen) == 2
