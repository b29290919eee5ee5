"""Fifteen real runs of published systems, against what trec_eval prints for them."""

import polars as pl
import pytest

from tasb.collection.faults import Faults
from tasb.collection.text import judgments, texts
from tasb.errors import TasbError
from tasb.metrics.evaluate import evaluate
from tasb.rankings.trec import read_trec

RUNS = [
    "colbertprf.ANCE.2019.top1000",
    "colbertprf.BM25.2019.top1000",
    "colbertprf.BM25_BERT.2019.top1000",
    "colbertprf.BM25_DeepCT.2019.top1000",
    "colbertprf.BM25_RM3.2019.top1000",
    "colbertprf.BM25_docT5query.2019.top1000",
    "colbertprf.BM25_docT5query_ColBERT.2019.top1000",
    "colbertprf.ColBERT_PRF_Ranker_beta1.2019.top1000",
    "colbertprf.ColBERT_PRF_ReRanker_beta1.2019.top1000",
    "rankllm.BM25.dl19.top100",
    "rankllm.BM25_RM3.dl19.top100",
    "rankllm.D_BERT_KD_TASB.dl19.top100",
    "rankllm.OPEN_AI_ADA2.dl19.top100",
    "rankllm.REP_LLAMA.dl19.top1000",
    "rankllm.SPLADE_P_P_ENSEMBLE_DISTIL.dl19.top100",
]
RERANKED = "colbertprf.BM25_BERT.2019.top1000"
"""Its scores are BERT's, its ranks still BM25's."""

COLUMNS = {
    1: {
        "ndcg_cut_10": "ndcg@10",
        "ndcg_cut_100": "ndcg@100",
        "recall1000_rel1": "recall@1000",
        "map_rel1": "map",
        "recip_rank_rel1": "mrr",
    },
    2: {
        "map_rel2": "map",
        "recip_rank_rel2_nocut": "mrr",
        "recip_rank_rel2_cut10": "mrr@10",
        "recall100_rel2": "recall@100",
        "recall1000_rel2": "recall@1000",
    },
}


@pytest.fixture(scope="module")
def folder(test_data):
    return test_data / "trec-runs-dl19"


@pytest.fixture(scope="module")
def queries(folder):
    return [query for query, _ in texts(folder / "queries.dl19.tsv", Faults("queries"))]


@pytest.fixture(scope="module")
def qrels(folder):
    rows = [row[1:] for row in judgments(folder / "qrels.dl19.txt", Faults("qrels"))]
    return pl.DataFrame(rows, schema=["query_id", "passage_id", "grade"], orient="row")


@pytest.fixture(scope="module")
def expected(folder):
    table = pl.read_csv(folder / "expected.tsv", separator="\t", infer_schema=False)
    return {row["run"]: row for row in table.to_dicts()}


def test_every_run_and_every_column_of_the_data_is_tested(folder, expected):
    assert sorted(expected) == sorted(RUNS)
    assert sorted(path.name for path in (folder / "runs").iterdir()) == [
        f"{run}.run.gz" for run in RUNS
    ]
    columns = {column for names in COLUMNS.values() for column in names}
    assert {*expected[RUNS[0]]} == {"run", "queries", "lines", *columns}


@pytest.mark.parametrize("run", RUNS)
def test_every_value_of_trec_eval_is_met_to_four_decimals(folder, queries, qrels, expected, run):
    repair = ["order"] if run == RERANKED else []
    ranking = read_trec(folder / "runs" / f"{run}.run.gz", queries, repair)
    assert ranking.height == int(expected[run]["lines"])
    assert qrels["query_id"].n_unique() == int(expected[run]["queries"])
    for level, names in COLUMNS.items():
        values = evaluate(ranking, qrels, [*names.values()], level)
        means = dict(values.group_by("metric").agg(pl.col("value").mean()).rows())
        for column, metric in names.items():
            assert f"{means[metric]:.4f}" == expected[run][column], column


def test_a_reranked_run_with_the_ranks_of_its_first_stage_is_refused(folder, queries):
    path = folder / "runs" / f"{RERANKED}.run.gz"
    with pytest.raises(TasbError, match=r"run\.gz:2: ranks do not follow the scores"):
        read_trec(path, queries, ["duplicates", "unknown-queries"])
