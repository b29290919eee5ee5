"""The grid holds what is printed, in the paper's style."""

import polars as pl
import pytest

from tasb.tables.config import Row, Table
from tasb.tables.grid import Cell, Column, Grid, metric_name, number
from tasb.tables.systems import systems_grid
from tasb.tables.table import NO_PAPER, PAPER, Steps, cells

PUBLISHED = pl.DataFrame([("g", "msmarco-dev", "ndcg@10", 0.402)], schema=PAPER, orient="row")
GOOD, POOR = [0.9, 0.8, 0.9, 1.0], [0.1, 0.2, 0.3, 0.1]


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.7124, ".712"),
        (0.7126, ".713"),
        (0.0, ".000"),
        (1.0, "1.000"),
        (0.05, ".050"),
        (None, "–"),
    ],
)
def test_values_are_printed_as_in_the_paper(value, printed):
    assert number(value) == printed


@pytest.mark.parametrize(
    ("metric", "printed"),
    [("ndcg@10", "nDCG@10"), ("mrr@10", "MRR@10"), ("recall@1000", "R@1000"), ("map", "MAP")],
)
def test_metrics_are_printed_with_their_cutoff(metric, printed):
    assert metric_name(metric) == printed


@pytest.fixture
def arranged(measured):
    """Arrange a table of systems good and poor on two query sets."""

    def arrange(*rows, paper=NO_PAPER, notes=(), steps=None, poor=None, statistics=()):
        shape = {"title": "T", "columns": ["System"], "metrics": ["ndcg@10", "map"]}
        table = Table(**shape, rows=rows, statistics=statistics)
        values = {"good": GOOD, "poor": POOR}
        metrics = {
            (system, query_set): measured({"ndcg@10": column, "map": column})
            for system, column in values.items()
            for query_set in ("dev", "test")
        }
        metrics["poor", "test"] = poor or metrics["poor", "test"]
        sets = {"dev": "msmarco-dev", "test": None}
        filled = cells("t", table, metrics, sets, paper, steps or {}, 0.05, "none")
        return systems_grid(table, filled, list(notes))

    return arrange


def texts(lines):
    """Return the letter, labels and steps of lines."""
    return [[cell.text for cell in line.cells[:3]] for line in lines]


def test_a_line_has_its_letter_labels_steps_and_values_in_order(arranged):
    rows = Row(system="poor", labels=["Poor"]), Row(system="good", labels=["Good"], paper="g")
    found = arranged(*rows, paper=PUBLISHED, steps={"good": Steps(12345, 12345)})
    metrics = [
        Column(metric, name, True) for name in ("dev", "test") for metric in ("nDCG@10", "MAP")
    ]
    steps = Column("Steps", numbers=True)
    assert found.columns == [Column(""), Column("System"), steps, *metrics]
    assert found.groups == [("", 3), ("dev", 2), ("test", 2)]
    assert texts(found.lines) == [["a", "Poor", ""], ["b", "Good", "12,345"]]
    assert found.lines[0].cells[3:] == [Cell(".175")] * 4
    assert found.lines[1].cells[3:] == [Cell(".900", "a", ".402"), *[Cell(".900", "a")] * 3]


def test_the_step_that_was_kept_is_before_the_steps_that_were_trained(arranged):
    steps = {"good": Steps(8000, 4000), "poor": Steps(100, 100)}
    rows = [Row(system=name, labels=[name]) for name in ("good", "poor")]
    found = texts(arranged(*rows, steps=steps).lines)
    assert found == [["a", "good", "4,000 of 8,000"], ["b", "poor", "100"]]


def test_a_system_in_two_rows_keeps_a_letter_for_each(arranged):
    rows = [Row(system=name, labels=[label]) for name, label in
            (("poor", "first"), ("good", "between"), ("poor", "second"))]  # fmt: skip
    found = arranged(*rows).lines
    assert texts(found) == [["a", "first", ""], ["b", "between", ""], ["c", "second", ""]]
    assert [line.cells[3].raised for line in found] == ["", "ac", ""]
    assert all(len(line.cells) == 7 for line in found)


def test_a_heading_is_above_the_first_row_of_its_group(arranged):
    groups = [None, "Ours", "Ours", "Theirs", None]
    rows = [Row(system="good", labels=["x"], group=group) for group in groups]
    assert [line.heading for line in arranged(*rows).lines] == [None, "Ours", None, "Theirs", None]


def test_a_missing_value_is_a_dash_with_its_reason_once_below(arranged, measured):
    poor = measured({"ndcg@10": POOR, "map": POOR}, reason="no passage is judged 2 or above")
    rows = Row(system="good", labels=["Good"]), Row(system="poor", labels=["Poor"])
    found = arranged(*rows, notes=["About."], poor=poor)
    assert [cell.text for cell in found.lines[1].cells[3:]] == [".175", ".175", "–", "–"]
    assert found.notes == ["About.", "–: no passage is judged 2 or above"]


def test_rows_of_statistics_are_below_the_others_without_a_letter(arranged):
    rows = [Row(system=name, labels=[name]) for name in ("good", "poor")]
    found = arranged(*rows, statistics=["average", "standard-deviation"]).lines
    assert texts(found[2:]) == [["", "Average", ""], ["", "Standard deviation", ""]]
    assert [cell.text for cell in found[2].cells[3:]] == [".537"] * 4
    assert [cell.text for cell in found[3].cells[3:]] == [".513"] * 4


def test_a_grid_may_have_any_columns():
    columns = [Column("Size"), Column("a", "x"), Column("b", "x"), Column("c", "y"), Column("d")]
    assert Grid("T", columns, []).groups == [("", 1), ("x", 2), ("y", 1), ("", 1)]
