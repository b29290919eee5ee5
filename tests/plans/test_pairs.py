from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasb.plans.pairs import group_pairs, margin_bins, read_pairs


def bins_of_one_query(margins, bins):
    margins = np.array(margins, dtype=np.float32)
    return margin_bins(margins, np.array([0]), np.zeros(len(margins), np.int64), bins).tolist()


def grouped(query, margin, bins):
    pairs = np.arange(len(query), dtype=np.int32)
    margin = None if margin is None else np.array(margin, dtype=np.float32)
    return group_pairs(np.array(query, dtype=np.int32), pairs, pairs + 100, margin, bins)


def groups_by_query(table):
    """Return for each item its query and its groups, as lists of positive passages."""
    result = {}
    for item, query in enumerate(table.item_queries.tolist()):
        bounds = table.group_pairs[table.item_groups[item] : table.item_groups[item + 1] + 1]
        result[query] = [
            table.positive[start:stop].tolist() for start, stop in zip(bounds, bounds[1:])
        ]
    return result


def test_bins_have_equal_width_between_the_smallest_and_the_largest_margin():
    assert bins_of_one_query([10, 14, 15, 17.5, 19.9, 20], 4) == [0, 1, 2, 3, 3, 3]


def test_a_bin_holds_its_lower_edge():
    assert bins_of_one_query(range(11), 10) == [*range(10), 9]


def test_the_last_bin_holds_its_upper_edge():
    assert bins_of_one_query([0, 8, 8, 8], 4) == [0, 3, 3, 3]


def test_two_distinct_margins_occupy_the_first_and_the_last_bin():
    assert bins_of_one_query([-1.5, 2.25, -1.5, 2.25], 10) == [0, 9, 0, 9]


def test_equal_margins_share_one_bin():
    assert bins_of_one_query([3.3, 3.3, 3.3], 10) == [0, 0, 0]


def test_the_bins_of_a_query_do_not_depend_on_other_queries():
    margins = np.array([0, 10, 100, 101, 102], dtype=np.float32)
    item = np.array([0, 0, 1, 1, 1])
    assert margin_bins(margins, np.array([0, 2]), item, 2).tolist() == [0, 1, 0, 1, 1]


@settings(max_examples=100, deadline=None)
@given(margins=st.lists(st.integers(-500, 500), min_size=1, max_size=12), bins=st.integers(2, 12))
def test_bins_of_whole_margins_are_exactly_those_of_equation_12(margins, bins):
    low, high = min(margins), max(margins)
    for margin, bin_ in zip(margins, bins_of_one_query(margins, bins)):
        width = Fraction(high - low, bins)
        lower, upper = low + bin_ * width, low + (bin_ + 1) * width
        assert lower <= margin < upper or (margin == high and (bin_ == bins - 1 or width == 0))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-20, 25, width=32), min_size=2, max_size=12))
@example([0.1, 0.2, 0.3, 0.4])
@example([1e-45, 3e-45, 0.0])
def test_bins_of_any_margins_are_those_of_equation_12_but_for_rounding(margins):
    margins = np.array(margins, dtype=np.float32).tolist()
    low, high = Fraction(min(margins)), Fraction(max(margins))
    for margin, bin_ in zip(margins, bins_of_one_query(margins, 10)):
        assert 0 <= bin_ <= 9
        place = (Fraction(margin) - low) / (high - low) * 10 if high > low else 0
        assert bin_ - 1e-5 <= place <= bin_ + 1 + 1e-5


def test_only_bins_that_hold_pairs_become_groups():
    table = grouped([4, 4, 4, 4, 7, 7], [5, 0, 10, 0.5, 1, 1], 10)
    assert groups_by_query(table) == {4: [[1, 3], [0], [2]], 7: [[4, 5]]}
    assert table.negative.tolist() == [101, 103, 100, 102, 104, 105]
    assert table.margin.tolist() == [0, 0.5, 5, 10, 1, 1]


@pytest.mark.parametrize(("margin", "bins"), [([9, 1, 5], 1), (None, 10), (None, 1)])
def test_without_bins_or_margins_all_pairs_of_a_query_are_one_group(margin, bins):
    assert groups_by_query(grouped([0, 0, 3], margin, bins)) == {0: [[0, 1]], 3: [[2]]}


def write(path, query, scores=None):
    columns = {"query": query, "positive": range(len(query)), "negative": range(len(query))}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int32))
    if scores:
        positive, negative = (pl.Series(side, dtype=pl.Float32) for side in scores)
        frame = frame.with_columns(positive_score=positive, negative_score=negative)
    frame.write_parquet(path)
    return path


def test_the_margin_is_the_positive_score_less_the_negative_one(tmp_path):
    path = write(tmp_path / "pairs", [0, 0], ([5.0, 1.0], [2.0, 1.5]))
    table = read_pairs(path, bins=1, drop_one_pair_queries=False)
    assert table.margin.tolist() == [3.0, -0.5]


def test_pairs_without_scores_have_no_margin(tmp_path):
    table = read_pairs(write(tmp_path / "pairs", [0, 0]), 10, drop_one_pair_queries=False)
    assert table.margin is None


@pytest.mark.parametrize(
    ("drop", "expected"),
    [(False, {0: [[0]], 2: [[1], [2]], 5: [[3]]}), (True, {2: [[1], [2]]})],
)
def test_queries_with_one_pair_are_kept_or_dropped_as_asked(tmp_path, drop, expected):
    path = write(tmp_path / "pairs", [0, 2, 2, 5], ([9.0, 3.0, 4.0, 1.0], [0.0] * 4))
    table = read_pairs(path, bins=10, drop_one_pair_queries=drop)
    assert groups_by_query(table) == expected
    assert table.margin.tolist() == ([3.0, 4.0] if drop else [9.0, 3.0, 4.0, 1.0])


@pytest.mark.parametrize("bins", [1, 10])
def test_all_queries_may_be_dropped(tmp_path, bins):
    path = write(tmp_path / "pairs", [0, 1], ([1.0, 1.0], [0.0, 0.0]))
    table = read_pairs(path, bins=bins, drop_one_pair_queries=True)
    assert len(table.item_queries) == len(table.positive) == 0
