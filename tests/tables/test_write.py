"""A table is written in four formats that say the same, with its warnings."""

import logging

import polars as pl
import pytest
from tasb.tables.write import make_table, write_table

from tasb.tables.config import Row, Table
from tasb.tables.table import NO_PAPER, PAPER, SCHEMA, cells

METRICS = ["ndcg@10", "recall@50", "recall"]
PUBLISHED = "row\tquery_set\tmetric\tvalue\tbetter_than\nbest\tmsmarco-dev\tndcg@10\t0.402\tr\n"
GOOD, POOR = [0.9, 0.8, 0.9, 1.0], [0.1, 0.2, 0.3, 0.1]


class Files(dict):
    """Input files by name, as Snakemake gives them."""

    __getattr__ = dict.__getitem__


def table_of(*systems):
    rows = [Row(system=name, labels=[name.title()], paper="best") for name in systems]
    return Table(title="Table 9", columns=["System"], metrics=METRICS, rows=rows)


@pytest.fixture
def written(tmp_path, measured):
    """Write a table of one row over a collection of some size; return its four files."""

    def write(passages, paper=NO_PAPER):
        metrics = {("good", "dev"): measured(dict.fromkeys(METRICS, GOOD))}
        sets = {"dev": "msmarco-dev"}
        filled = cells("t", table_of("good"), metrics, sets, paper, {}, 0.05, "none")
        outputs = [str(tmp_path / f"t{suffix}") for suffix in (".parquet", ".md", ".tex", ".html")]
        write_table(table_of("good"), filled, "mini", passages, outputs)
        return outputs

    return write


def texts(outputs):
    return [open(path, encoding="utf-8").read() for path in outputs[1:]]


@pytest.mark.parametrize(("passages", "warned"), [(999, True), (1000, False), (None, False)])
def test_a_recall_cutoff_above_a_twentieth_of_the_collection_is_warned_of(
    written, caplog, passages, warned
):
    with caplog.at_level(logging.WARNING, logger="tasb"):
        outputs = written(passages)
    warning = "R@50 reads 5% of the collection"
    assert (warning in caplog.text) == warned
    shown = [text.replace("\\", "") for text in texts(outputs)]
    assert [warning in text for text in shown] == [warned] * 3


def test_the_share_of_the_collection_that_is_read_is_said(written):
    assert "R@50 reads 25% of the collection" in texts(written(200))[0]


def test_the_notes_name_the_collection_and_its_size(written):
    assert "Collection 'mini' of 1,296 passages." in texts(written(1296))[0]
    assert "Collection 'mini'. Raised letters" in texts(written(None))[0]


def test_the_papers_values_are_announced_where_there_are_any(written):
    paper = pl.DataFrame([("best", "msmarco-dev", "ndcg@10", 0.402)], schema=PAPER, orient="row")
    announced = "In brackets: the paper's value."
    assert announced in texts(written(2000, paper))[0]
    assert ".900 (.402)" in texts(written(2000, paper))[0]
    assert announced not in texts(written(2000))[0]


def test_a_table_is_made_from_the_metrics_files_of_its_systems(tmp_path, measured):
    files = []
    for name, values in (("poor", POOR), ("good", GOOD)):
        metrics = measured(dict.fromkeys(METRICS, values))
        files += [str(tmp_path / f"{name}.per_query"), str(tmp_path / f"{name}.means")]
        metrics.per_query.write_parquet(files[-2])
        metrics.means.write_parquet(files[-1])
    (tmp_path / "paper.tsv").write_text(PUBLISHED)
    pl.DataFrame({"id": range(4000)}).write_parquet(tmp_path / "passages")
    recipe = {
        "name": "table9", "table": table_of("poor", "good", "poor").plain(), "collection": "mini",
        "query_set_names": ["dev"], "query_sets": {"dev": "msmarco-dev", "unused": None},
        "runs": ["good"], "test": {"p": 0.05, "correction": "none"},
    }  # fmt: skip
    outputs = [str(tmp_path / f"t{suffix}") for suffix in (".parquet", ".md", ".tex", ".html")]
    pl.DataFrame({"step": [100, 150], "loss": [2.0, 1.0]}).write_parquet(tmp_path / "log")
    names = {"passages": ["passages"], "paper": ["paper.tsv"], "logs": ["log"]}
    rest = {key: [str(tmp_path / name) for name in files] for key, files in names.items()}
    make_table(recipe, Files(metrics=files, **rest), outputs)

    table = pl.read_parquet(outputs[0])
    assert dict(table.schema) == SCHEMA
    first = table.filter(pl.col("metric") == "ndcg@10")
    assert first.select("system", "letter", "value", "paper", "better_than", "steps").rows() == [
        ("poor", "a", pytest.approx(0.175), 0.402, "", None),
        ("good", "b", pytest.approx(0.9), 0.402, "ac", 150),
        ("poor", "c", pytest.approx(0.175), 0.402, "", None),
    ]
    cell = ".900<sup>ac</sup> (.402) | .900<sup>ac</sup> | .900<sup>ac</sup> |"
    assert f"| b | Good | 150 | {cell}" in texts(outputs)[0]
    assert r"b & Good & 150 & .900$^{ac}$ (.402) &" in texts(outputs)[1]
    assert ".900<sup>ac</sup> <span" in texts(outputs)[2]
