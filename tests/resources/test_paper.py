"""The published numbers: their form, their count, spot values, and what must agree."""

from pathlib import Path

import polars as pl
import pytest

from tasb.tables.table import read_paper

FOLDER = Path(__file__).parents[2] / "resources" / "paper"
CELLS = {1: 18, 2: 30, 3: 22, 4: 90, 5: 42, 6: 69, 7: 139}
MEASURED = [3, 4, 5, 6, 7]
SETS = ["trec-dl-2019", "trec-dl-2020", "msmarco-dev"]
THREE = ["ndcg@10", "mrr@10", "recall@1000"]


def lines(number):
    return (FOLDER / f"table{number}.tsv").read_text(encoding="utf-8").splitlines()


def published(number):
    """Return the numbers of a table by row, query set and metric."""
    columns = ["row", "query_set", "metric", "value"]
    return {tuple(row[:3]): row[3] for row in read_paper(FOLDER / f"table{number}.tsv").select(
        columns).iter_rows()}  # fmt: skip


def all_sets(number, row):
    """Return nDCG@10, MRR@10 and R@1000 of a row on the three query sets."""
    values = published(number)
    return [values.get((row, name, metric)) for name in SETS for metric in THREE]


@pytest.mark.parametrize("number", CELLS)
def test_every_line_is_a_cell_of_five_fields_named_once(number):
    table = lines(number)
    assert table[0] == "row\tquery_set\tmetric\tvalue\tbetter_than"
    assert {line.count("\t") for line in table} == {4}
    assert len(table) - 1 == CELLS[number]
    assert len({tuple(line.split("\t")[:3]) for line in table[1:]}) == CELLS[number]


@pytest.mark.parametrize("number", CELLS)
def test_the_lines_of_a_row_stand_together(number):
    rows = [line.split("\t")[0] for line in lines(number)[1:]]
    blocks = [row for row, before in zip(rows, [None, *rows]) if row != before]
    assert len(blocks) == len(set(blocks))


@pytest.mark.parametrize("number", MEASURED)
def test_values_are_between_zero_and_one_at_the_papers_three_query_sets(number):
    table = read_paper(FOLDER / f"table{number}.tsv").filter(
        pl.col("metric") != "latency_ms", pl.col("row") != "standard-deviation"
    )
    assert set(table["query_set"]) == set(SETS)
    assert set(table["metric"]) <= set(THREE)
    assert table["value"].null_count() == 0
    assert table["value"].is_between(0.15, 1, closed="left").all()


def test_table_1_has_the_latencies():
    values = {line.split("\t")[0] + " " + line.split("\t")[2]: line.split("\t")[3]
              for line in lines(1)}  # fmt: skip
    assert values["batch-1 total_average_ms"] == "64"
    assert values["batch-10 retrieval_p99_ms"] == "144"
    assert values["batch-2000 total_average_ms"] == "4780"


def test_table_2_has_the_costs():
    cells = {tuple(line.split("\t")[:3:2]): line.split("\t")[3] for line in lines(2)}
    assert cells["rocketqa", "batch_size"] == "4,000"
    assert cells["tas-balanced", "min_gpu"] == "1× GTX"


def test_table_3_has_the_losses():
    values = published(3)
    assert values["kldiv", "msmarco-dev", "mrr@10"] == 0.334
    assert values["listnet", "trec-dl-2019", "recall@1000"] == 0.788
    assert values["lambdarank", "trec-dl-2020", "ndcg@10"] == 0.682


@pytest.mark.parametrize(
    ("row", "values"),
    [
        ("none-random", [0.602, 0.781, 0.714, 0.602, 0.782, 0.757, 0.353, 0.298, 0.935]),
        ("pairwise-random", [0.687, 0.851, 0.767, 0.654, 0.812, 0.801, 0.385, 0.326, 0.958]),
        ("pairwise-tas", [0.677, 0.851, 0.769, 0.650, 0.820, 0.819, 0.385, 0.325, 0.957]),
        ("pairwise-tas-balanced", [0.686, 0.866, 0.783, 0.665, 0.823, 0.825, 0.393, 0.334, 0.963]),
        ("in-batch-random", [0.680, 0.857, 0.745, 0.631, 0.773, 0.792, 0.372, 0.315, 0.951]),
        ("in-batch-tas", [0.706, 0.886, 0.799, 0.667, 0.821, 0.826, 0.396, 0.336, 0.968]),
        ("in-batch-tas-balanced", [0.716, 0.910, 0.800, 0.677, 0.810, 0.820, 0.397, 0.338, 0.968]),
        ("dual-random", [0.695, 0.891, 0.787, 0.673, 0.812, 0.839, 0.391, 0.331, 0.968]),
        ("dual-tas", [0.713, 0.878, 0.831, 0.689, 0.815, 0.862, 0.401, 0.338, 0.973]),
        ("dual-tas-balanced", [0.712, 0.892, 0.845, 0.693, 0.843, 0.865, 0.402, 0.340, 0.975]),
    ],
)
def test_table_4_has_every_printed_value(row, values):
    assert all_sets(4, row) == values


def test_table_4_marks_significance_as_printed():
    letters = {tuple(line.split("\t")[:3]): line.split("\t")[4] for line in lines(4)[1:]}
    assert letters["dual-tas-balanced", "msmarco-dev", "recall@1000"] == "rt"
    assert letters["pairwise-tas-balanced", "msmarco-dev", "ndcg@10"] == "rt"
    assert letters["in-batch-tas", "trec-dl-2020", "ndcg@10"] == "r"
    assert letters["dual-tas-balanced", "trec-dl-2019", "ndcg@10"] == ""


def test_the_mean_and_deviation_of_table_5_follow_from_its_instances():
    values = published(5)
    for name, metric in {key[1:] for key in values}:
        instances = pl.Series([values[row, name, metric] for row in "abcde"])
        assert instances.mean() == pytest.approx(values["average", name, metric], abs=0.001)
        assert instances.std() == pytest.approx(
            values["standard-deviation", name, metric], abs=0.001
        )


def test_the_main_run_is_instance_a_of_table_5():
    main, instances = published(4), published(5)
    shared = {key[1:]: value for key, value in instances.items() if key[0] == "a"}
    assert len(shared) == 6
    assert {key: main["dual-tas-balanced", *key] for key in shared} == shared


@pytest.mark.parametrize(
    ("row", "again"), [("pairwise-random", "margin-mse-ours"), ("in-batch-random", "tct-ours")]
)
def test_rows_of_table_4_that_table_6_repeats_agree(row, again):
    assert all_sets(4, row) == all_sets(6, again)
    assert None not in all_sets(6, again)


def test_the_run_at_batch_32_agrees_wherever_table_6_is_legible():
    values = {key[1:]: value for key, value in published(6).items() if key[0] == "tas-balanced-32"}
    assert len(values) == 5
    assert {key: published(4)["dual-tas-balanced", *key] for key in values} == values


def test_margin_mse_of_table_3_is_the_main_run():
    values = {key[1:]: value for key, value in published(3).items() if key[0] == "margin-mse"}
    assert len(values) == 6
    assert {key: published(4)["dual-tas-balanced", *key] for key in values} == values


def test_the_run_at_batch_96_is_the_retriever_of_table_7():
    values = {key[1:]: value for key, value in published(6).items() if key[0] == "tas-balanced-96"}
    assert len(values) == 7
    assert {key: published(7)["tas-b", *key] for key in values} == values


def test_re_ranking_keeps_the_recall_of_its_first_stage():
    values = published(7)
    pairs = [(value, values[key[0].split("+")[0], *key[1:]])
             for key, value in values.items()
             if "duo-t5" in key[0] and key[2] == "recall@1000"]  # fmt: skip
    assert len(pairs) == 24
    assert all(after == before for after, before in pairs)


def test_published_values_of_baselines():
    values = published(6)
    assert values["ance", "msmarco-dev", "mrr@10"] == 0.330
    assert values["rocketqa-4000", "msmarco-dev", "mrr@10"] == 0.364
    assert all_sets(6, "bm25") == [0.501, 0.689, 0.739, 0.475, 0.649, 0.806, 0.241, 0.194, 0.868]
    assert all_sets(6, "tas-balanced-256")[6:] == [0.410, 0.347, 0.978]
    assert published(7)["tas-b-doct5query", "trec-dl-2019", "ndcg@10"] == 0.753
