"""Figure 3: recall at cutoffs by hand, and lines that are told apart without colour."""

import polars as pl
import pytest

from tasb.tables.recall import STYLES, draw, recall_curves


def ranking(lists: dict[str, list[str]]) -> pl.DataFrame:
    rows = [(query, passage, -float(place))
            for query, found in lists.items() for place, passage in enumerate(found)]  # fmt: skip
    return pl.DataFrame(rows, schema=["query_id", "passage_id", "score"], orient="row")


QRELS = pl.DataFrame(
    [("a", "p1", 2), ("a", "p2", 1), ("a", "p3", 2), ("b", "p1", 3)],
    schema=["query_id", "passage_id", "grade"],
    orient="row",
)
DEEP = ranking({"a": ["p1", "p2", "p9", "p3"], "b": ["p7", "p1", "p8", "p9"]})
SHALLOW = ranking({"a": ["p3", "p1"], "b": ["p1"]})


@pytest.fixture
def found():
    return recall_curves({"deep": DEEP, "shallow": SHALLOW}, QRELS, [1, 2, 3, 10], 2)


def test_recall_is_the_mean_share_of_relevant_passages_that_were_found(found):
    deep = found.filter(pl.col("label") == "deep")
    assert deep.select("cutoff", "recall").rows() == [
        (1, (1 / 2 + 0) / 2), (2, (1 / 2 + 1) / 2), (3, (1 / 2 + 1) / 2), (4, (1 + 1) / 2),
    ]  # fmt: skip


def test_a_curve_ends_at_the_depth_of_its_ranking(found):
    shallow = found.filter(pl.col("label") == "shallow")
    assert shallow.select("cutoff", "recall").rows() == [(1, 3 / 4), (2, 1.0)]


def test_each_of_sixteen_lines_has_its_own_stroke_and_marker():
    assert len({(stroke, marker) for stroke, (_, marker) in STYLES}) == len(STYLES) == 16


def test_the_legend_is_in_the_order_of_the_ends(found):
    (legend,) = [axes.get_legend() for axes in draw(found, "title", [1, 2, 3]).axes]
    assert [text.get_text() for text in legend.get_texts()] == ["deep", "shallow"]
    lower = recall_curves({"low": SHALLOW.head(1), "high": DEEP}, QRELS, [10], 2)
    (legend,) = [axes.get_legend() for axes in draw(lower, "title", [10]).axes]
    assert [text.get_text() for text in legend.get_texts()] == ["high", "low"]
