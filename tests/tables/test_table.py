"""Cells: our value, the paper's where it is comparable, letters, and reasons."""

from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from tasb.errors import TasbError
from tasb.files import write_json
from tasb.tables.config import Row, Table
from tasb.tables.table import (
    LETTERS,
    NO_PAPER,
    PAPER,
    SCHEMA,
    Metrics,
    Steps,
    cells,
    read_paper,
    read_steps,
    row_name,
)

PAPER_TABLES = Path(__file__).parents[2] / "resources" / "paper"
GOOD = [0.9, 0.8, 0.9, 0.7, 0.8, 0.9]
FAIR = [0.8, 0.8, 0.8, 0.7, 0.7, 0.9]
POOR = [0.1, 0.2, 0.1, 0.1, 0.3, 0.2]
PUBLISHED = pl.DataFrame(
    [
        ("dual", "msmarco-dev", "ndcg@10", 0.402),
        ("dual", "msmarco-dev", "recall@1000", 0.975),
        ("dual", "trec-dl-2019", "ndcg@10", 0.712),
        ("none", "msmarco-dev", "ndcg@10", 0.353),
        ("tas", "trec-dl-2020", "mrr@10", 0.85),
    ],
    schema=PAPER,
    orient="row",
)


def table_of(*rows, metrics=("ndcg@10",)):
    rows = [Row(labels=["label"], **({"system": row} if isinstance(row, str) else row))
            for row in rows]  # fmt: skip
    return Table(title="t", columns=["System"], metrics=list(metrics), rows=rows)


def filled(table, metrics, sets=None, paper=PUBLISHED, steps=None, correction="none"):
    sets = sets or {"dev": "msmarco-dev"}
    return cells("table4", table, metrics, sets, paper, steps or {}, 0.05, correction)


def test_a_cell_says_table_row_system_set_metric_and_values(measured):
    table = table_of({"system": "ours", "paper": "dual"}, "other")
    metrics = {
        ("ours", "dev"): measured({"ndcg@10": GOOD}),
        ("other", "dev"): measured({"ndcg@10": POOR}),
    }
    lines = filled(table, metrics, steps={"ours": Steps(1000, 900)})
    assert dict(lines.schema) == SCHEMA
    assert lines.row(0, named=True) == {
        "table": "table4", "row": "dual", "letter": "a", "system": "ours", "query_set": "dev",
        "metric": "ndcg@10", "value": pytest.approx(5 / 6), "paper": 0.402, "better_than": "b",
        "reason": None, "queries": 6, "steps": 1000, "chosen_step": 900,
    }  # fmt: skip
    assert lines.row(1, named=True) == {
        "table": "table4", "row": "other", "letter": "b", "system": "other", "query_set": "dev",
        "metric": "ndcg@10", "value": pytest.approx(1 / 6), "paper": None, "better_than": "",
        "reason": None, "queries": 6, "steps": None, "chosen_step": None,
    }  # fmt: skip


def test_cells_go_by_query_set_then_metric_then_row(measured):
    metrics = {(system, query_set): measured({"mrr@10": GOOD, "map": POOR})
               for system in "xy" for query_set in ("one", "two")}  # fmt: skip
    lines = filled(
        table_of("x", "y", metrics=("map", "mrr@10")), metrics, {"two": None, "one": None}
    )
    assert lines.select("query_set", "metric", "system").rows() == [
        ("two", "map", "x"), ("two", "map", "y"), ("two", "mrr@10", "x"), ("two", "mrr@10", "y"),
        ("one", "map", "x"), ("one", "map", "y"), ("one", "mrr@10", "x"), ("one", "mrr@10", "y"),
    ]  # fmt: skip


def paper_values(measured, sets, metrics, row="dual"):
    values = dict.fromkeys(metrics, GOOD)
    found = {("ours", query_set): measured(values) for query_set in sets}
    table = table_of({"system": "ours", "paper": row}, metrics=metrics)
    return filled(table, found, sets)["paper"].to_list()


def test_the_papers_value_stands_at_its_query_set(measured):
    sets = {"dev": "msmarco-dev", "dl19": "trec-dl-2019"}
    assert paper_values(measured, sets, ["ndcg@10"]) == [0.402, 0.712]


def test_another_query_set_has_no_value_of_the_paper(measured):
    sets = {"msmarco-dev": None, "dl20": "trec-dl-2020"}
    assert paper_values(measured, sets, ["ndcg@10"]) == [None, None]


def test_another_cutoff_has_no_value_of_the_paper(measured):
    metrics = ["ndcg@10", "ndcg@20", "recall@50", "recall@1000"]
    found = paper_values(measured, {"dev": "msmarco-dev"}, metrics)
    assert found == [0.402, None, None, 0.975]


def test_a_row_without_a_name_in_the_paper_has_no_value_of_it(measured):
    assert paper_values(measured, {"dev": "msmarco-dev"}, ["ndcg@10"], row=None) == [None]
    assert paper_values(measured, {"dev": "msmarco-dev"}, ["ndcg@10"], row="tas") == [None]


def test_the_steps_are_those_of_the_times_of_a_training(tmp_path):
    write_json(tmp_path / "times.json", {"steps": 30, "chosen_step": 20, "seconds": 1.5})
    assert read_steps(tmp_path / "times.json") == Steps(30, 20)


def test_a_missing_value_has_its_reason_and_is_never_filled_from_the_paper(measured):
    metrics = {("ours", "dev"): measured({"ndcg@10": GOOD}, reason="no passage is judged")}
    lines = filled(table_of({"system": "ours", "paper": "dual"}), metrics)
    assert lines.row(0, named=True)["value"] is None
    assert lines["reason"].to_list() == ["no passage is judged"]
    assert lines["paper"].to_list() == [0.402]


def test_letters_name_the_rows_that_are_significantly_worse(measured):
    metrics = {
        ("poor", "dev"): measured({"ndcg@10": POOR}),
        ("good", "dev"): measured({"ndcg@10": GOOD}),
        ("fair", "dev"): measured({"ndcg@10": FAIR}),
    }
    lines = filled(table_of("poor", "good", "fair"), metrics)
    assert lines["letter"].to_list() == ["a", "b", "c"]
    assert lines["better_than"].to_list() == ["", "a", "a"]


def test_a_system_in_two_rows_has_two_letters_and_both_are_beaten(measured):
    metrics = {
        ("twice", "dev"): measured({"ndcg@10": POOR}),
        ("good", "dev"): measured({"ndcg@10": GOOD}),
    }
    rows = {"system": "twice", "paper": "none"}, "good", {"system": "twice", "paper": "dual"}
    lines = filled(table_of(*rows), metrics)
    assert lines["row"].to_list() == ["none", "good", "dual"]
    assert lines["better_than"].to_list() == ["", "ac", ""]
    assert lines["paper"].to_list() == [0.353, None, 0.402]


def test_the_correction_counts_the_pairs_of_the_table(measured):
    near = [0.8, 0.9, 0.9, 0.8, 0.9, 0.9]
    far = [0.7, 0.9, 0.8, 0.8, 0.7, 0.8]
    metrics = {
        ("near", "dev"): measured({"ndcg@10": near}),
        ("far", "dev"): measured({"ndcg@10": far}),
        ("poor", "dev"): measured({"ndcg@10": POOR}),
    }
    table = table_of("near", "far", "poor")
    assert filled(table, metrics)["better_than"].to_list() == ["bc", "c", ""]
    corrected = filled(table, metrics, correction="bonferroni")
    assert corrected["better_than"].to_list() == ["c", "c", ""]


def test_systems_evaluated_on_different_queries_are_refused(measured):
    metrics = {
        ("x", "dev"): measured({"ndcg@10": GOOD}),
        ("y", "dev"): measured({"ndcg@10": GOOD[:5]}),
    }
    with pytest.raises(TasbError, match="evaluated on different queries"):
        filled(table_of("x", "y"), metrics)


def test_there_is_a_letter_for_each_row(measured):
    metrics = {("x", "dev"): measured({"ndcg@10": GOOD})}
    full = filled(table_of(*["x"] * 52), metrics)
    assert "".join(full["letter"]) == LETTERS


def test_statistics_of_the_papers_instances_are_the_papers():
    """Table 5, as far as its rounded instances tell; over n, .005 would be .0044."""
    published = read_paper(PAPER_TABLES / "table5.tsv")
    instances = [row for row in published["row"].unique(maintain_order=True) if len(row) == 1]
    rows = [{"system": name, "paper": name} for name in instances]
    table = table_of(*rows, metrics=["ndcg@10", "recall@1000"])
    sets = ["trec-dl-2019", "trec-dl-2020"]
    metrics = {
        (row, query_set): Metrics(
            pl.DataFrame({"query_id": ["q"] * 2, "metric": table.metrics, "value": [0.0, 0.0]}),
            published.filter(row=row, query_set=query_set).select(
                "metric", "value", queries=pl.lit(1, pl.Int64), reason=pl.lit(None, pl.String)
            ),
        )
        for row in instances
        for query_set in sets
    }
    table = table.model_copy(update={"statistics": ["average", "standard-deviation"]})
    found = filled(table, metrics, {name: name for name in sets}, published)
    summed = found.filter(pl.col("letter") == "")
    assert summed.height == 8
    assert summed["paper"].to_list() == [
        0.712, 0.004, 0.840, 0.005, 0.689, 0.008, 0.861, 0.003,
    ]  # fmt: skip
    assert summed["value"].to_list() == pytest.approx(summed["paper"].to_list(), abs=6e-4)
    fewer = table.model_copy(update={"rows": table.rows[:4]})
    found = filled(fewer, metrics, {name: name for name in sets}, published)
    assert found.filter(pl.col("letter") == "")["paper"].to_list() == [None] * 8


def test_a_statistic_of_a_missing_value_or_of_one_row_has_a_reason(measured):
    missing = measured({"ndcg@10": GOOD}, reason="no passage is judged")
    metrics = {("x", "dev"): measured({"ndcg@10": GOOD}), ("y", "dev"): missing}
    both = {"statistics": ["average", "standard-deviation"]}
    found = filled(table_of("x", "y").model_copy(update=both), metrics)
    assert found["value"].to_list() == [pytest.approx(5 / 6), None, None, None]
    assert found["reason"].to_list()[2:] == ["a value that it sums up is missing"] * 2
    found = filled(table_of("x").model_copy(update=both), metrics)
    assert found["value"].to_list() == [pytest.approx(5 / 6)] * 2 + [None]
    assert found["reason"].to_list()[-1] == "a standard deviation needs two rows"


def test_a_row_is_named_as_in_the_paper_or_by_its_system():
    assert row_name(Row(system="s", labels=["x"], paper="p")) == "p"
    assert row_name(Row(system="s", labels=["x"])) == "s"


def test_texts_of_a_published_table_have_no_value(tmp_path):
    path = tmp_path / "paper.tsv"
    path.write_text(
        "row\tquery_set\tmetric\tvalue\tbetter_than\n"
        "a\tmsmarco-dev\tmrr@10\t0.340\tr\nb\t\tbatch_size\t4,000\t\n"
    )
    rows = read_paper(path).select("row", "metric", "value").rows()
    assert rows == [("a", "mrr@10", 0.34), ("b", "batch_size", None)]
    assert set(NO_PAPER.columns) <= set(read_paper(path).columns)


@pytest.mark.parametrize("missing", ["columns", "metrics", "rows"])
def test_a_table_has_columns_metrics_and_rows(missing):
    given = {"title": "t", "columns": ["a"], "metrics": ["map"],
             "rows": [{"system": "s", "labels": ["x"]}], missing: []}  # fmt: skip
    with pytest.raises(ValidationError, match=missing):
        Table(**given)
