import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.errors import TasbError
from tasb.jobs import Job
from tasb.rankings.ranking import (
    COLUMNS,
    ranked,
    ranking_of,
    refuse_unknown_passages,
    write_ranking,
    write_run,
)
from tasb.rankings.trec import read_trec


def found(*rows):
    return [(np.array(p, dtype=np.int64), np.array(s, dtype=np.float32)) for p, s in rows]


RANKING = ranking_of(
    ["q1", "q2", "q3"],
    ["a", "b", "c"],
    found(([2, 0], [1.5, 0.1]), ([], []), ([1, -1], [-3.0, -9e9])),
)


def test_positions_have_ids_beside_them_and_ranks_from_one():
    assert RANKING.rows() == [
        (0, 2, "q1", "c", 1, 1.5),
        (0, 0, "q1", "a", 2, pytest.approx(0.1)),
        (2, 1, "q3", "b", 1, -3.0),
    ]
    integer, string = pl.Int32, pl.String
    types = [integer, integer, string, string, integer, pl.Float32]
    assert dict(RANKING.schema) == dict(zip(COLUMNS, types))


def test_a_ranking_is_written_as_parquet_and_as_a_trec_run(tmp_path):
    outputs = {name: [str(tmp_path / f"{place}.{name}") for place in "ab"]
               for name in ("ranking", "trec")}  # fmt: skip
    write_ranking(
        Job({"system": "tas balanced", "drop_own_passage": False}, {}, outputs), RANKING, place=1
    )
    assert pl.read_parquet(tmp_path / "b.ranking").equals(RANKING)
    assert (tmp_path / "b.trec").read_text() == (
        "q1 Q0 c 1 1.5 tas_balanced\nq1 Q0 a 2 0.1 tas_balanced\nq3 Q0 b 1 -3.0 tas_balanced\n"
    )
    assert not (tmp_path / "a.ranking").exists()


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
    write_run(ranking, "system", folder / "a.trec")
    expected = ranking.drop("query", "passage")
    assert read_trec(folder / "a.trec", ["q"], []).equals(expected)


def scored(*rows):
    """Return rows (query, passage, rank, score) in the columns of a ranking."""
    schema = {"query": pl.Int32, "passage": pl.Int32, "rank": pl.Int32, "score": pl.Float32}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    ids = (pl.format("q{}", "query").alias("query_id"), pl.format("p{}", "passage"))
    return table.with_columns(ids[0], ids[1].alias("passage_id")).select(COLUMNS)


def test_a_ranking_is_in_the_order_of_its_scores_and_ties_keep_their_order():
    table = scored((1, 4, 1, 0.5), (0, 7, 3, 2.0), (0, 2, 1, 2.0), (0, 5, 2, 9.0), (1, 3, 2, 0.75))
    found = ranked(table)
    assert found.select("query", "passage", "rank").rows() == [
        (0, 5, 1), (0, 2, 2), (0, 7, 3), (1, 3, 1), (1, 4, 2)
    ]  # fmt: skip
    assert ranked(table, depth=2).equals(found.filter(pl.col("rank") <= 2))


@pytest.mark.parametrize("side", ["query", "passage"])
def test_a_ranking_of_other_texts_is_refused_by_the_key_that_asks(side):
    refuse_unknown_passages(RANKING, "systems.x.system")
    last = pl.int_range(pl.len()) == 2
    ranking = RANKING.with_columns(pl.when(last).then(None).otherwise(side).alias(side))
    message = "systems.x.system: its ranking names passage 'b', which is not in the collection"
    with pytest.raises(TasbError) as error:
        refuse_unknown_passages(ranking, "systems.x.system")
    assert str(error.value).startswith(message)
    assert "(1 such lines)" in str(error.value)
