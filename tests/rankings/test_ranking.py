import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.collection.tables import write_texts
from tasb.errors import TasbError
from tasb.rankings.ranking import ranked_positions, ranking_of, write_ranking
from tasb.rankings.trec import read_trec


def found(*rows):
    return [(np.array(p, dtype=np.int64), np.array(s, dtype=np.float32)) for p, s in rows]


RANKING = ranking_of(
    ["q1", "q2", "q3"],
    ["a", "b", "c"],
    found(([2, 0], [1.5, 0.1]), ([], []), ([1, -1], [-3.0, -9e9])),
)


def test_positions_become_ids_with_ranks_from_one():
    assert RANKING.rows() == [
        ("q1", "c", 1, 1.5),
        ("q1", "a", 2, pytest.approx(0.1)),
        ("q3", "b", 1, -3.0),
    ]
    assert list(RANKING.schema.values()) == [pl.String, pl.String, pl.Int32, pl.Float32]


def test_a_ranking_is_written_as_parquet_and_as_a_trec_run(tmp_path):
    write_ranking(RANKING, "tas balanced", tmp_path / "a.parquet", tmp_path / "a.trec")
    assert pl.read_parquet(tmp_path / "a.parquet").equals(RANKING)
    assert (tmp_path / "a.trec").read_text() == (
        "q1 Q0 c 1 1.5 tas_balanced\nq1 Q0 a 2 0.1 tas_balanced\nq3 Q0 b 1 -3.0 tas_balanced\n"
    )


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=20
    ).map(lambda scores: sorted(scores, reverse=True))
)
def test_scores_in_a_trec_run_are_exact(tmp_path_factory, scores):
    folder = tmp_path_factory.mktemp("run")
    ids = [f"p{number}" for number in range(len(scores))]
    ranking = ranking_of(["q"], ids, found((range(len(scores)), scores)))
    write_ranking(ranking, "system", folder / "a.parquet", folder / "a.trec")
    assert read_trec(folder / "a.trec", ["q"], []).equals(ranking)


@pytest.fixture
def tables(tmp_path):
    write_texts([("q2", "x"), ("q1", "x"), ("q3", "x")], "queries", tmp_path / "queries")
    write_texts([("b", "x"), ("c", "x"), ("a", "x")], "passages", tmp_path / "passages")
    return tmp_path / "queries", tmp_path / "passages"


def test_ids_become_positions_again(tables):
    placed = ranked_positions(*tables, RANKING)
    assert placed["query"].to_list() == [1, 1, 2]
    assert placed["passage"].to_list() == [1, 2, 0]
    assert placed.select(RANKING.columns).equals(RANKING)


@pytest.mark.parametrize(("column", "side"), [("query_id", "query"), ("passage_id", "passage")])
def test_an_id_that_the_collection_lacks_is_an_error_that_names_it(tables, column, side):
    ranking = RANKING.with_columns(
        pl.when(pl.col("rank") == 2).then(pl.lit("zz")).otherwise(column).alias(column)
    )
    with pytest.raises(TasbError, match=f"no {side} 'zz'"):
        ranked_positions(*tables, ranking)
