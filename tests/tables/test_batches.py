"""The measures of Figure 2, by hand on a plan of two batches."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from tasb.jobs import Job
from tasb.plans.plan import SCHEMA, Batch, read_plan
from tasb.tables.batches import (
    _of_others,
    batch_measures,
    edges_of,
    fill,
    histogram,
    margin_ranges,
    purity,
    sample,
)
from tasb.tables.batches_figure import make
from tasb.teachers.in_batch import write_in_batch_scores

TOPIC_OF = np.array([0, 0, 1, 1])
# Two batches of two queries: queries 0 and 1 share a topic, 0 and 2 do not.
QUERIES, MARGINS = [0, 1, 0, 2], [1.0, -1.0, 4.0, 2.0]
TEACHER = {
    0: [[0.0, -2.0, -9.0, -3.0], [1.0, 0.0, -4.0, -9.0]],
    1: [[0.0, -5.0, -9.0, -6.0], [-7.0, 0.0, -8.0, -9.0]],
}
"""Scores less the own positive's: positives of both queries, then negatives of both."""


class Teacher:
    def inputs(self, batch: Batch) -> int:
        return batch.step

    def targets(self, step: int) -> torch.Tensor:
        return torch.tensor(TEACHER[step], dtype=torch.float16)


@pytest.fixture
def files(tmp_path: Path) -> SimpleNamespace:
    plan, scores, pairs = (tmp_path / name for name in ("plan", "scores", "pairs"))
    each = pa.array(np.arange(5, dtype=np.int32))
    columns = [
        pa.array([0, 0, 1, 1], pa.int32()),
        pa.array(QUERIES, pa.int32()),
        pa.array([5, 6, 5, 7], pa.int32()),
        pa.ListArray.from_arrays(each, pa.array([1, 2, 3, 4], pa.int32())),
        pa.ListArray.from_arrays(each, pa.array(MARGINS, pa.float32())),
    ]
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), plan)
    write_in_batch_scores([plan], (0, 2), Teacher(), scores)
    rows = {
        "query": [0, 0, 0, 1, 1, 2],
        "positive_score": [4.0, 4.0, 4.0, 0.0, 3.0, 2.0],
        "negative_score": [0.0, 3.0, 2.0, 1.0, 0.0, 0.0],
    }
    pl.DataFrame(rows).with_columns(pl.col("query").cast(pl.Int32)).write_parquet(pairs)
    return SimpleNamespace(plan=plan, scores=scores, pairs=pairs)


@pytest.fixture
def found(files):
    return sample(files.plan, files.scores, TOPIC_OF, 10)


def test_topics_of_a_batch_are_counted_largest_first(found):
    assert found.topics == [[2], [1, 1]]
    assert purity(found) == (1 + 0.5) / 2


def test_margins_are_those_of_the_plan_and_of_all_other_queries_passages(found):
    assert found.query.tolist() == QUERIES
    assert found.pairwise.tolist() == MARGINS
    assert found.in_batch.tolist() == [2, 3, -1, 4, 5, 6, 7, 8]


def test_a_query_drawn_twice_and_a_shared_positive_are_no_other_passages():
    batch = Batch(
        0,
        query=np.array([3, 3, 4], np.int32),
        positive=np.array([7, 8, 7], np.int32),
        negative=np.array([1, 2, 5], np.int32),
        margin=None,
    )
    scores = -np.arange(18, dtype=np.float16).reshape(3, 6)
    teacher = SimpleNamespace(margins=lambda _: scores)
    # Row 0 (query 3, positive 7): not its own two rows, nor passage 7 of query 4; left: column 5.
    # Row 1 (query 3, positive 8): columns 2 and 5. Row 2 (query 4): columns 1, 3, 4.
    assert _of_others(teacher, batch).tolist() == [5, 6 + 2, 6 + 5, 12 + 1, 12 + 3, 12 + 4]


def test_no_more_batches_are_read_than_asked_for(files):
    found = sample(files.plan, None, TOPIC_OF, 1)
    assert found.topics == [[2]]
    assert found.pairwise.tolist() == MARGINS[:2]
    assert found.in_batch.tolist() == []


def test_bins_are_those_of_each_query_s_own_range(files, found):
    ranges = margin_ranges(files.pairs)
    assert ranges.rows() == [(0, 1.0, 4.0), (1, -1.0, 3.0), (2, 2.0, 2.0)]
    # Query 0: margin 1 in the first bin, 4 in the last; query 1: -1 first; query 2 has one margin.
    assert fill(found, ranges, 2).tolist() == [0.75, 0.25]


def test_a_histogram_holds_outliers_in_its_outer_intervals():
    edges = np.array([0.0, 1.0, 2.0])
    assert histogram(np.array([-9.0, 0.5, 1.5, 7.0, 8.0]), edges) == [(0, 1, 0.4), (1, 2, 0.6)]
    assert edges_of([np.array([3.0, 3.0])])[0] == 3
    assert len(edges_of([np.array([]), np.array([1.0, 2.0])])) == 41


def scalars(table, sampler):
    rows = table.filter(pl.col("sampler") == sampler, pl.col("from").is_null())
    return dict(rows.select("measure", "value").iter_rows())


def test_measures_of_a_sampler_are_means_over_its_batches(files, found):
    without = sample(files.plan, None, TOPIC_OF, 10)
    table = batch_measures({"A": found, "B": without}, margin_ranges(files.pairs), 2)
    pairwise = {
        "batches read": 2,
        "topic purity": 0.75,
        "topics in a batch": 1.5,
        "pairwise mean margin": 1.5,
        "pairwise negatives above the positive": 0.25,
    }
    in_batch = {"in-batch mean margin": 4.25, "in-batch negatives above the positive": 0.125}
    assert scalars(table, "A") == pairwise | in_batch
    assert scalars(table, "B") == pairwise
    blocks = table.filter(pl.col("sampler") == "A", pl.col("measure") == "queries of a topic")
    assert blocks.select("batch", "from", "to", "value").rows() == [
        (0, 0, 2, 2), (1, 0, 1, 1), (1, 1, 2, 1),
    ]  # fmt: skip
    for measure in ("pairwise margin", "in-batch margin", "pairs in a margin bin"):
        own = table.filter(pl.col("sampler") == "A", pl.col("measure") == measure)
        assert own["value"].sum() == pytest.approx(1)


def test_the_figure_is_drawn_with_or_without_in_batch_scores(files, tmp_path):
    clusters = tmp_path / "clusters"
    pl.DataFrame({"query": [0, 1, 2, 3], "cluster": TOPIC_OF}).write_parquet(clusters)
    rows = [{"run": "x", "label": "First"}, {"run": "y", "label": "Second"}]
    recipe = {"figure": {"title": "The title", "rows": rows}, "bins": 2}
    recipe |= {"steps": 9, "teachers": {"pairwise": "cat", "in-batch": "col"}}
    given = {"plans": [str(files.plan)] * 2, "pairs": [str(files.pairs)]}
    given["clusters"] = [str(clusters)]
    drawings = []
    for name, stored in (("a", [True, True]), ("b", [False, True]), ("c", [True, True])):
        data, svg = tmp_path / f"{name}.parquet", tmp_path / f"{name}.svg"
        scores = [str(files.scores)] * sum(stored)
        outputs = {"data": [str(data)], "figure": [str(svg)]}
        make(Job(recipe | {"stored": stored}, given | {"scores": scores}, outputs))
        drawings.append(svg.read_text(encoding="utf-8"))
        assert pl.read_parquet(data)["sampler"].unique().sort().to_list() == ["First", "Second"]
    assert drawings[0] == drawings[2] != drawings[1]
    assert drawings[1].count(">scores are not stored</text>") == 1
    assert "scores are not stored" not in drawings[0]
    assert ">The title (2 batches)</text>" in drawings[0]
    assert [batch.step for batch in read_plan([files.plan], 0, 5)] == [0, 1]
