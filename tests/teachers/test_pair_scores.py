import polars as pl
import pytest

from tasb.teachers.pair_scores import write_pair_scores

PAIRS = {
    "query": [0, 0, 0, 2, 2, 5],
    "positive": [3, 3, 7, 3, 9, 1],
    "negative": [7, 8, 3, 7, 3, 8],
}
"""Passages come again in other pairs, for other queries, and on the other side."""


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.parquet"
    pl.DataFrame(PAIRS, schema_overrides=dict.fromkeys(PAIRS, pl.Int32)).write_parquet(path)
    return path


def test_each_pair_has_the_scores_of_its_own_query_and_passages(
    scorer, score_alone, pairs, tmp_path
):
    teacher = scorer("bert_cat")
    write_pair_scores(pairs, teacher, tmp_path / "scored.parquet")
    found = pl.read_parquet(tmp_path / "scored.parquet")
    columns = ["query", "positive", "negative", "positive_score", "negative_score"]
    assert found.columns == columns
    assert found.select(columns[:3]).rows() == list(zip(*PAIRS.values()))
    for row in found.iter_rows(named=True):
        for side in ("positive", "negative"):
            expected = score_alone(teacher, row["query"], row[side])
            assert row[f"{side}_score"] == pytest.approx(expected, rel=1e-4, abs=1e-3)
    assert found["positive_score"].n_unique() == 5


def test_a_passage_scores_the_same_for_its_query_on_either_side(scorer, pairs, tmp_path):
    write_pair_scores(pairs, scorer("colbert"), tmp_path / "scored.parquet")
    rows = pl.read_parquet(tmp_path / "scored.parquet").rows(named=True)
    assert rows[0]["positive_score"] == rows[1]["positive_score"] == rows[2]["negative_score"]
    assert rows[0]["negative_score"] == rows[2]["positive_score"]
    assert rows[0]["positive_score"] != rows[3]["positive_score"]


def test_scores_that_came_with_the_pairs_are_replaced(scorer, pairs, tmp_path):
    old = pl.read_parquet(pairs).with_columns(positive_score=1e6, negative_score=1e6)
    old.write_parquet(tmp_path / "old.parquet")
    for name in ("old", "pairs"):
        source = tmp_path / f"{name}.parquet"
        write_pair_scores(source, scorer("bert_cat"), tmp_path / f"{name}-scored.parquet")
    first, second = (
        pl.read_parquet(tmp_path / f"{name}-scored.parquet") for name in ("old", "pairs")
    )
    assert first.equals(second)
