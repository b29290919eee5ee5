"""Metrics equal trec_eval's, whatever the ties, ids and gaps."""

import polars as pl
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.metrics.evaluate import evaluate, trec_order, write_metrics

QRELS = {"query_id": pl.String, "passage_id": pl.String, "grade": pl.Int32}
RANKING = {"query_id": pl.String, "passage_id": pl.String, "score": pl.Float64}
NAMES = {
    "ndcg": "ndcg",
    "ndcg@1": "ndcg_cut_1",
    "ndcg@10": "ndcg_cut_10",
    "map": "map",
    "map@3": "map_cut_3",
    "recall@2": "recall_2",
    "recall@100": "recall_100",
    "mrr": "recip_rank",
}
MEASURES = {"ndcg", "ndcg_cut.1,10", "map", "map_cut.3", "recall.2,100", "recip_rank"}

IDS = ["1", "10", "2", "D1", "d1", "d10", "d2", "d_9", "doc-7", "é", "ß", "中", "~", "Z", "z"]
QUERIES = ["q1", "q10", "q2", "Q", "ü"]
SCORES = st.sampled_from([0.0, -1.5, 1 / 3, 1 / 3 + 1e-9, 0.5, 2.0, 16777216.0, 16777217.0])
JUDGED = st.dictionaries(st.sampled_from(IDS), st.integers(-1, 3), min_size=1)
RANKED = st.dictionaries(st.sampled_from(IDS), SCORES)


def table(values, schema):
    rows = [(query, passage, value)
            for query, found in values.items() for passage, value in found.items()]  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def ours(ranking, qrels, names, level=1):
    values = evaluate(table(ranking, RANKING), table(qrels, QRELS), names, level)
    return {(query, metric): value for query, metric, value in values.iter_rows()}


def trec_eval(ranking, qrels, level):
    """Return what trec_eval says; it does not know queries without results, which are zero."""
    # Judgments that are all negative make its nDCG loop for ever; a grade of 0 changes nothing.
    judged = {query: {**grades, "unretrieved": 0} for query, grades in qrels.items()}
    found = pytrec_eval.RelevanceEvaluator(judged, MEASURES, relevance_level=level).evaluate(
        {query: passages for query, passages in ranking.items() if passages}
    )
    return {(query, name): found.get(query, {}).get(theirs, 0.0)
            for query in qrels for name, theirs in NAMES.items()}  # fmt: skip


@pytest.mark.parametrize("level", [1, 2])
@settings(max_examples=120, deadline=None)
@given(
    qrels=st.dictionaries(st.sampled_from(QUERIES), JUDGED, min_size=1),
    ranking=st.dictionaries(st.sampled_from(QUERIES), RANKED),
)
def test_random_rankings_full_of_ties_have_trec_evals_values(level, qrels, ranking):
    expected = trec_eval(ranking, qrels, level)
    assert ours(ranking, qrels, list(NAMES), level) == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(qrels=JUDGED, ranking=RANKED, cutoff=st.integers(1, 12))
def test_mrr_at_a_cutoff_is_the_reciprocal_rank_within_it(qrels, ranking, cutoff):
    whole = ours({"q": ranking}, {"q": qrels}, ["mrr"])["q", "mrr"]
    cut = ours({"q": ranking}, {"q": qrels}, [f"mrr@{cutoff}"])["q", f"mrr@{cutoff}"]
    assert cut == (whole if whole * cutoff > 1 - 1e-9 else 0)


def test_values_worked_out_by_hand():
    qrels = {"q": {"a": 3, "b": 0, "c": 1, "d": 2}}
    ranking = {"q": {"b": 9.0, "a": 8.0, "x": 7.0, "d": 6.0}}
    names = ["ndcg@10", "ndcg@2", "mrr@10", "mrr@1", "map", "map@2", "recall@2", "recall"]
    found = ours(ranking, qrels, names)
    log2_of_3, log2_of_5 = 1.584962500721156, 2.321928094887362
    ideal = 3 + 2 / log2_of_3 + 1 / 2
    expected = [
        (3 / log2_of_3 + 2 / log2_of_5) / ideal,
        (3 / log2_of_3) / (3 + 2 / log2_of_3),
        1 / 2, 0, (1 / 2 + 2 / 4) / 3, (1 / 2) / 3, 1 / 3, 2 / 3,
    ]  # fmt: skip
    assert [found["q", name] for name in names] == pytest.approx(expected)


def test_the_level_moves_all_metrics_but_ndcg():
    qrels, ranking = {"q": {"a": 1, "b": 2}}, {"q": {"a": 2.0, "b": 1.0}}
    names = ["ndcg@10", "mrr@10", "map", "recall@1"]
    sparse, graded = (ours(ranking, qrels, names, level) for level in (1, 2))
    assert [sparse["q", name] for name in names[1:]] == [1, 1, 0.5]
    assert [graded["q", name] for name in names[1:]] == [0.5, 0.5, 0]
    assert sparse["q", "ndcg@10"] == graded["q", "ndcg@10"]


def test_equal_scores_are_ordered_by_passage_id_descending():
    ranking = {"q": {"9": 1.0, "10": 1.0, "a": 1.0, "é": 1.0, "Z": 1.0}}
    ordered = trec_order(table(ranking, RANKING))
    assert ordered["passage_id"].to_list() == ["é", "a", "Z", "9", "10"]


def test_scores_that_differ_less_than_float32_resolves_are_equal():
    ranking = {"q": {"a": 16777217.0, "b": 16777216.0}}
    assert trec_order(table(ranking, RANKING))["passage_id"].to_list() == ["b", "a"]


def test_the_order_of_lines_and_a_rank_column_do_not_count():
    qrels = table({"q": {"a": 1}}, QRELS)
    rows = [("q", "b", 1, 0.1), ("q", "a", 2, 0.9)]
    ranking = pl.DataFrame(rows, schema=["query_id", "passage_id", "rank", "score"], orient="row")
    assert evaluate(ranking, qrels, ["mrr"], 1)["value"].to_list() == [1]


def test_every_judged_query_counts_and_no_other():
    qrels = {"q2": {"a": 1}, "q10": {"a": 1}, "q1": {"a": 0}, "q3": {"a": -1}}
    ranking = {"q2": {"a": 1.0}, "unjudged": {"a": 1.0}, "q1": {"a": 1.0}, "q3": {"a": 1.0}}
    values = evaluate(table(ranking, RANKING), table(qrels, QRELS), ["mrr", "ndcg"], 1)
    assert values["query_id"].to_list() == ["q1", "q10", "q2", "q3"] * 2
    assert values["metric"].to_list() == ["mrr"] * 4 + ["ndcg"] * 4
    assert values["value"].to_list() == [0, 0, 1, 0] * 2


def test_a_ranking_without_any_line_is_zero_everywhere():
    found = ours({}, {"q": {"a": 1}}, ["ndcg@10", "mrr@10", "map", "recall@1000"])
    assert set(found.values()) == {0}


@pytest.mark.parametrize("name", ["precision@10", "ndcg@0", "ndcg@", "nDCG@10", "recall@1k"])
def test_an_unknown_metric_is_refused(name):
    with pytest.raises(ValueError, match=f"unknown metric '{name}'"):
        ours({"q": {"a": 1.0}}, {"q": {"a": 1}}, [name])


@pytest.fixture
def written(tmp_path):
    """Write metrics of a ranking; return the values per query and the means."""

    def write(ranking, qrels, names, level):
        found = table(ranking, RANKING).with_columns(rank=1)
        table(qrels, QRELS).write_parquet(tmp_path / "qrels")
        out = tmp_path / "per_query", tmp_path / "means"
        write_metrics(found, tmp_path / "qrels", names, level, *out)
        return pl.read_parquet(out[0]), pl.read_parquet(out[1])

    return write


def test_means_are_over_all_judged_queries(written):
    qrels = {"q1": {"a": 2}, "q2": {"a": 2}, "q3": {"b": 2}, "q4": {"b": 1}}
    ranking = {"q1": {"a": 1.0}, "q2": {"b": 2.0, "a": 1.0}, "q4": {"b": 1.0}}
    per_query, means = written(ranking, qrels, ["mrr@10", "recall@1"], 2)
    assert per_query.filter(pl.col("metric") == "mrr@10")["value"].to_list() == [1, 0.5, 0, 0]
    assert means.rows() == [("mrr@10", 0.375, 4, None, 2), ("recall@1", 0.25, 4, None, 2)]


def test_where_no_passage_is_relevant_the_mean_is_missing_with_its_reason(written):
    case = ({"q": {"a": 1.0}}, {"q": {"a": 1}}, ["ndcg@10", "mrr@10", "map"], 2)
    _, means = written(*case)
    reason = "no passage is judged 2 or above"
    assert means["value"].to_list() == [1, None, None]
    assert means["reason"].to_list() == [None, reason, reason]
