"""Judgments of passages that the collection lacks count as in trec_eval, or are left out."""

import polars as pl
import pytest
import pytrec_eval

from tasb.collection.faults import Faults
from tasb.collection.source import Folder
from tasb.collection.tables import write_query_set, write_texts
from tasb.metrics.evaluate import evaluate

QRELS = "q1 0 a 1\nq2 0 gone 1\nq3 0 b 1\nq3 0 gone 1\nq4 0 a 1\n"
RANKING = [("q1", "a", 3.0), ("q1", "b", 2.0), ("q2", "a", 1.0), ("q3", "b", 5.0)]
"""q4 is no query of the collection, q2 is judged outside of it alone."""


@pytest.fixture
def ndcg(tmp_path):
    """Return the queries and the nDCG@10 that the tables of a query set give."""

    def value(unknown):
        (tmp_path / "queries.s.tsv").write_text("q1\tone\nq2\ttwo\nq3\tthree\n")
        (tmp_path / "qrels.s.txt").write_text(QRELS)
        write_texts([("a", "x"), ("b", "y")], Faults("p"), tmp_path / "passages")
        out = tmp_path / "queries", tmp_path / "qrels"
        ways = {"unknown_ids": unknown}
        counts = write_query_set(
            Folder(str(tmp_path), None), "s", None, tmp_path / "passages", ways, *out
        )
        ranking = pl.DataFrame(RANKING, schema=["query_id", "passage_id", "score"], orient="row")
        values = evaluate(ranking, pl.read_parquet(out[1]), ["ndcg@10"], 1)
        return dict(values.select("query_id", "value").iter_rows()), counts

    return value


def test_kept_judgments_give_the_values_of_trec_eval(ndcg):
    qrels, run = {}, {}
    for query, _, passage, grade in map(str.split, QRELS.splitlines()):
        qrels.setdefault(query, {})[passage] = int(grade)
    for query, passage, score in RANKING:
        run.setdefault(query, {})[passage] = score
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut_10"}).evaluate(run)
    expected = {query: theirs.get(query, {}).get("ndcg_cut_10", 0.0) for query in qrels}
    values, counts = ndcg("keep")
    assert values == pytest.approx(expected)
    assert expected["q2"] == expected["q4"] == 0 < expected["q3"] < 1
    assert counts == {
        "judgments of queries that the collection lacks, kept: they are never found": 1,
        "queries with judgments of queries that the collection lacks": 1,
        "judgments of passages that the collection lacks, kept: they are never found": 2,
        "queries with judgments of passages that the collection lacks": 2,
    }


def test_left_out_judgments_raise_the_mean_and_are_counted(ndcg):
    values, counts = ndcg("drop")
    assert values == {"q1": 1.0, "q3": 1.0}
    assert counts["judgments of passages that the collection lacks, left out"] == 2
