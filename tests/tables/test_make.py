"""A table is written in four formats that say the same, with its warnings."""

import logging

import polars as pl
import pytest

from tasb.files import write_json
from tasb.jobs import Job
from tasb.tables.config import Row, Table
from tasb.tables.make import make
from tasb.tables.table import SCHEMA

METRICS = ["ndcg@10", "recall@50", "recall"]
PUBLISHED = "row\tquery_set\tmetric\tvalue\tbetter_than\nbest\tmsmarco-dev\tndcg@10\t0.402\tr\n"
GOOD, POOR = [0.9, 0.8, 0.9, 1.0], [0.1, 0.2, 0.3, 0.1]


def table_of(*systems):
    rows = [Row(system=name, labels=[name.title()], paper="best") for name in systems]
    return Table(title="Table 9", columns=["System"], metrics=METRICS, rows=rows)


SUFFIXES = {"data": "parquet", "markdown": "md", "latex": "tex", "html": "html"}


@pytest.fixture
def made(tmp_path, measured):
    """Make a table of some systems; return its data and its three texts."""

    def make_it(*systems, passages=None, paper=None, runs=(), depth=None, counts=None, shared=()):
        inputs = {"metrics": [], "times": []}
        for name in dict.fromkeys(systems):
            values = {"poor": POOR, "good": GOOD}[name]
            metrics = measured(dict.fromkeys(METRICS, values))
            inputs["metrics"] += [str(tmp_path / f"{name}.{kind}") for kind in ("query", "means")]
            metrics.per_query.write_parquet(inputs["metrics"][-2])
            means = metrics.means
            if depth is not None:
                means = means.with_columns(depth=pl.lit(depth))
            means.write_parquet(inputs["metrics"][-1])
        inputs["sets"] = [str(tmp_path / "set.json")]
        write_json(inputs["sets"][0], {"counts": counts or {}})
        if shared:
            inputs["shared"] = [str(tmp_path / "shared")]
            columns = ["query_set", "query_id", "used_for", "used_id"]
            pl.DataFrame(shared, schema=columns, orient="row").write_parquet(inputs["shared"][0])
        if passages is not None:
            inputs["passages"] = [str(tmp_path / "passages")]
            pl.DataFrame({"id": range(passages)}).write_parquet(tmp_path / "passages")
        if paper is not None:
            inputs["paper"] = [str(tmp_path / "paper.tsv")]
            (tmp_path / "paper.tsv").write_text(paper)
        for run in runs:
            inputs["times"].append(str(tmp_path / f"{run}.json"))
            write_json(inputs["times"][-1], {"steps": 150, "chosen_step": 100})
        recipe = {
            "name": "table9", "table": table_of(*systems).plain(), "collection": "mini",
            "query_sets": [["dev", "msmarco-dev"]], "runs": list(runs),
            "test": {"p": 0.05, "correction": "none"},
        }  # fmt: skip
        outputs = {kind: [str(tmp_path / f"t.{end}")] for kind, end in SUFFIXES.items()}
        make(Job(recipe, inputs, outputs))
        texts = [(tmp_path / f"t.{end}").read_text() for end in ("md", "tex", "html")]
        return pl.read_parquet(outputs["data"][0]), texts

    return make_it


@pytest.mark.parametrize(("passages", "warned"), [(999, True), (1000, False), (None, False)])
def test_a_recall_cutoff_above_a_twentieth_of_the_collection_is_warned_of(
    made, caplog, passages, warned
):
    with caplog.at_level(logging.WARNING, logger="tasb"):
        _, texts = made("good", passages=passages)
    warning = "R@50 reads 5% of the collection"
    assert (warning in caplog.text) == warned
    assert [warning in text.replace("\\", "") for text in texts] == [warned] * 3


def test_the_share_of_the_collection_that_is_read_is_said(made):
    assert "R@50 reads 25% of the collection" in made("good", passages=200)[1][0]


def test_the_notes_name_the_collection_and_its_size_and_the_queries(made):
    of_some = "Collection 'mini' of 1,296 passages; judged queries: 4 in dev."
    assert of_some in made("good", passages=1296)[1][0]
    assert "Collection 'mini'; judged queries: 4 in dev. Raised" in made("good")[1][0]


def test_the_papers_values_are_announced_where_there_are_any(made):
    announced = "In brackets: the paper's value."
    text = made("good", paper=PUBLISHED)[1][0]
    assert announced in text
    assert ".900 (.402)" in text
    assert announced not in made("good")[1][0]


def test_a_table_is_made_from_the_metrics_of_its_systems(made):
    table, texts = made("poor", "good", "poor", paper=PUBLISHED, passages=4000, runs=["good"])
    assert dict(table.schema) == SCHEMA
    first = table.filter(pl.col("metric") == "ndcg@10")
    columns = "system", "letter", "value", "paper", "better_than", "steps", "chosen_step"
    assert first.select(columns).rows() == [
        ("poor", "a", pytest.approx(0.175), 0.402, "", None, None),
        ("good", "b", pytest.approx(0.9), 0.402, "ac", 150, 100),
        ("poor", "c", pytest.approx(0.175), 0.402, "", None, None),
    ]
    cell = ".900<sup>ac</sup> (.402) | .900<sup>ac</sup> | .900<sup>ac</sup> |"
    assert f"| b | Good | 100 of 150 | {cell}" in texts[0]
    assert r"b & Good & 100 of 150 & .900$^{ac}$ (.402) &" in texts[1]
    assert ".900<sup>ac</sup> <span" in texts[2]


def notes(texts):
    """Return the notes of the printed table in Markdown."""
    return [line.removeprefix("- ") for line in texts[0].splitlines() if line.startswith("- ")]


def test_a_ranking_that_is_less_deep_than_a_cutoff_is_told_of(made):
    found = notes(made("good", "poor", depth=40)[1])
    assert "R@50 of good, poor reads rankings of 40 passages a query at most." in found
    assert not any("reads rankings" in note for note in notes(made("good", depth=50)[1]))
    assert not any("reads rankings" in note for note in notes(made("good", depth=9, passages=9)[1]))


def test_what_was_let_pass_in_the_data_and_shared_queries_are_counted(made):
    rows = [
        ("dev", "1", "training", "1"),
        ("dev", "2", "training", "7"),
        ("dev", "3", "validation", "3"),
    ]
    found = notes(made("good", counts={"empty texts kept": 1234}, shared=rows)[1])
    assert "dev: 1,234 empty texts kept." in found
    assert "dev: 2 of its queries are training queries, too." in found
    assert "dev: 1 of its queries are validation queries, too." in found
    assert len(notes(made("good")[1])) == 1
