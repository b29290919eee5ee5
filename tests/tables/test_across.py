"""One metric across collections: means of groups, and the average, by hand."""

import polars as pl
import pytest

from tasb.tables.across import grid_of, values


@pytest.fixture
def means(tmp_path):
    """Write the means of a system on a collection."""

    def write(name, value):
        path = tmp_path / name
        table = {"metric": ["ndcg@10", "mrr@10"], "value": [value, 9.0]}
        pl.DataFrame(table, schema_overrides={"value": pl.Float64}).write_parquet(path)
        return str(path)

    return write


@pytest.fixture
def rows(means):
    return [
        {"label": "one", "published": {"a": 0.5, "b": 0.7},
         "files": {"a": [means("a1", 0.4)], "b": [means("b1", 0.6)]}},
        {"label": "many", "published": {"a": 0.3},
         "files": {"a": [means("a2", 0.1), means("a3", 0.3)],
                   "b": [means("b2", 0.5), means("b3", None)]}},
    ]  # fmt: skip


def test_a_row_of_several_is_their_mean_and_the_last_one_the_average(rows):
    found = values(rows, ["a", "b"], "ndcg@10").select("row", "system", "value", "published")
    assert found.rows() == [
        ("one", "a", 0.4, 0.5), ("one", "b", 0.6, 0.7),
        ("many", "a", 0.2, 0.3), ("many", "b", None, None),
        ("Average", "a", pytest.approx(0.3), 0.4), ("Average", "b", None, None),
    ]  # fmt: skip


def test_published_values_are_in_brackets_and_missing_ones_dashes(rows):
    table = values(rows, ["a", "b"], "ndcg@10")
    grid = grid_of("Across", ["A", "B"], ["a", "b"], table)
    cells = [[(cell.text, cell.bracketed) for cell in line.cells[1:]] for line in grid.lines]
    assert cells == [
        [(".400", ".500"), (".600", ".700")],
        [(".200", ".300"), ("–", "")],
        [(".300", ".400"), ("–", "")],
    ]
    assert [line.cells[0].text for line in grid.lines] == ["one", "many", "Average"]
