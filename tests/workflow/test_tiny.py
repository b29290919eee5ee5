"""The main job from a collection to Table 4 and the figures, on a tiny generated collection."""

import hashlib
import json

import numpy as np
import polars as pl
import pytest
import pytrec_eval
import yaml

from tasb.config.load import load
from tasb.settings import merged

pytestmark = pytest.mark.xdist_group("tiny")

LEVELS = {"test": 1, "graded": 2}
METRICS = {"ndcg@10": "ndcg_cut_10", "mrr@10": "recip_rank", "recall@5": "recall_5"}
COLUMNS = "table row system query_set metric value paper better_than reason".split()


@pytest.fixture
def graph(house, tiny_config):
    """The artifacts of the tiny job."""
    base = yaml.safe_load((house / "config" / "config.yaml").read_text())
    return load(merged(base, tiny_config))


@pytest.fixture
def config(graph):
    """The checked config of the tiny job."""
    return graph.config


@pytest.fixture
def table(finished):
    """Table 4 as data."""
    return pl.read_parquet(finished / "results" / "tables" / "tiny" / "table4.parquet")


def test_every_cell_of_table_4_is_filled_or_says_why_not(table, config):
    assert set(COLUMNS) <= set(table.columns)
    rows = [row.system for row in config.tables["table4"].rows]
    assert len(rows) == 14
    for query_set in LEVELS:
        for metric in METRICS:
            part = table.filter(query_set=query_set, metric=metric)
            assert part["system"].to_list() == rows
    assert table.height == 14 * len(LEVELS) * len(METRICS)
    assert (table["value"].is_null() == table["reason"].is_not_null()).all()
    assert table["value"].is_between(0, 1).all()


def test_no_value_of_the_paper_is_shown_on_another_collection(table):
    assert table["paper"].null_count() == table.height


def test_rows_carry_the_steps_of_what_was_trained(table, config):
    steps = dict(table.select("system", "steps").unique().iter_rows())
    trained = {name for name, count in steps.items() if count == 4}
    others = {"baseline", "bert-cat", "colbert", "ance-1", "duo-bert", "deepct", "doc2query"}
    assert trained == set(config.runs) - others
    assert {steps[name] for name in set(steps) - trained} == {None}


def read_qrels(path):
    judged = {}
    for query, _, passage, grade in map(str.split, path.read_text().splitlines()):
        judged.setdefault(query, {})[passage] = int(grade)
    return judged


def read_run(path, depth):
    """Return the top of a run file in the order of trec_eval."""
    found = {}
    for query, _, passage, _, score, _ in map(str.split, path.read_text().splitlines()):
        found.setdefault(query, []).append((np.float32(score), passage))
    return {
        query: {passage: float(score) for score, passage in sorted(rows, reverse=True)[:depth]}
        for query, rows in found.items()
    }


@pytest.mark.parametrize("query_set", LEVELS)
@pytest.mark.parametrize(
    "system", ["bm25", "doct5query", "dual-tas-balanced", "colbert-rerank", "fused"]
)
def test_the_values_are_those_of_trec_eval(finished, table, system, query_set):
    qrels = read_qrels(finished / "tiny" / f"qrels.{query_set}.txt")
    folder = finished / "results" / "rankings" / "tiny"
    for metric, measure in METRICS.items():
        run = read_run(folder / system / f"{query_set}.trec", 10 if metric == "mrr@10" else None)
        level = 1 if metric == "ndcg@10" else LEVELS[query_set]
        evaluator = pytrec_eval.RelevanceEvaluator(qrels, {measure}, relevance_level=level)
        values = evaluator.evaluate(run)
        mean = sum(value[measure] for value in values.values()) / len(qrels)
        ours = table.filter(system=system, query_set=query_set, metric=metric)["value"].item()
        assert ours == pytest.approx(mean, abs=1e-6), metric


@pytest.mark.parametrize("suffix", ["md", "tex", "html"])
def test_the_printed_tables_hold_the_values(finished, table, suffix):
    text = (finished / "results" / "tables" / "tiny" / f"table4.{suffix}").read_text()
    for value in table["value"]:
        assert f"{value:.3f}".removeprefix("0") in text
    assert "dual-tas-balanced" in text
    assert "nDCG@10" in text
    assert "R@5" in text


def test_each_run_ends_with_weights_of_its_own(finished, config):
    folder = finished / "results" / "students" / "tiny"
    digests = {
        hashlib.sha256(weights.read_bytes()).hexdigest()
        for name, run in config.runs.items()
        for weights in [folder / name / ("query" if run.search else "") / "model.safetensors"]
    }
    assert len(digests) == len(config.runs) == 13


def test_the_passage_encoder_of_a_training_on_searches_is_that_of_its_start(finished):
    folder = finished / "results" / "students" / "tiny"
    start, kept = (
        folder / name / "model.safetensors"
        for name in ("dual-tas-balanced", "tas-b-ltre-opq-own/passage")
    )
    assert start.read_bytes() == kept.read_bytes()


def test_mined_negatives_hold_no_judged_passage(finished):
    results = finished / "results"
    qrels = pl.read_parquet(results / "collection/tiny/training/qrels.parquet")
    for number in (1, 2):
        pairs = pl.read_parquet(results / f"mining/tiny/ance-{number}.parquet")
        judged = pairs.join(
            qrels, left_on=["query", "negative"], right_on=["query", "passage"], how="semi"
        )
        assert pairs.height > 20
        assert judged.height == 0


def test_each_generation_is_mined_before_the_next_is(finished):
    students, mining = (finished / "results" / stage / "tiny" for stage in ("students", "mining"))
    files = [mining / "ance-1.parquet", students / "ance-1/model.safetensors",
             mining / "ance-2.parquet", students / "ance-2/model.safetensors"]  # fmt: skip
    times = [file.stat().st_mtime_ns for file in files]
    assert times == sorted(times)


def test_costs_are_measured(finished):
    table = pl.read_parquet(finished / "results/tables/tiny/table2.parquet")
    values = {(row, measure): value for row, measure, value in
              table.select("row", "measure", "value").iter_rows()}  # fmt: skip
    assert values["ance-2", "refreshes"] == "2"
    assert values["ance-2", "share"] == "1.0"
    assert values["tas-b-ltre-opq-own", "index"] == "IVF4,PQ4x2np"
    assert float(values["label-free", "teacher_passes"]) > 1
    assert float(values["label-free", "clustering"]) > 0
    assert values["tct", "peak_memory"] is None


def test_latencies_are_those_of_all_parts_of_a_pipeline(finished):
    folder = finished / "results"
    table = pl.read_parquet(folder / "tables/tiny/table1.parquet")
    average = dict(table.filter(statistic="average").select("stage", "value").iter_rows())
    assert list(average) == [
        "tokenization",
        "query encoding",
        "retrieval",
        "rest",
        "fusion",
        "total",
    ]
    parts = [value for stage, value in average.items() if stage != "total"]
    assert average["total"] == pytest.approx(sum(parts)) and min(parts) > 0
    assert table["repetitions"].unique().to_list() == [100]
    shown = pl.read_parquet(folder / "tables/tiny/table7.parquet").filter(metric="latency_ms")
    assert shown.filter(system="fused")["value"].item() == pytest.approx(average["total"])
    assert shown["value"].null_count() == 0


def test_each_passage_has_predicted_queries_and_weights_of_words(finished):
    folder = finished / "results/lexical/tiny"
    parts = [pl.read_parquet(folder / f"doct5query/{shard}.parquet") for shard in (0, 1)]
    assert [part.height for part in parts] == [20, 20]
    assert set(pl.concat(parts)["queries"].list.len()) == {2}
    assert pl.read_parquet(folder / "bm25-deepct.parquet").height == 40


def test_a_comparison_keeps_the_passages_of_its_first_stage(finished):
    folder = finished / "results/rankings/tiny"
    first, after = (pl.read_parquet(folder / name / "test.parquet").sort("query", "rank")
                    for name in ("dual-tas-balanced", "tas-b-duo"))  # fmt: skip
    for depth in (3, 40):
        tops = [set(ranking.filter(pl.col("rank") <= depth).select("query", "passage").rows())
                for ranking in (first, after)]  # fmt: skip
        assert tops[0] == tops[1]
    below = [ranking.filter(pl.col("rank") > 3).select("query", "passage", "rank")
             for ranking in (first, after)]  # fmt: skip
    assert below[0].equals(below[1])


def test_a_run_keeps_the_best_step_of_its_early_stopping_set(finished, config):
    for name, run in config.runs.items():
        folder = finished / "results" / "students" / "tiny" / name
        log = pl.read_parquet(folder / "log.parquet")
        chosen = json.loads((folder / "times.json").read_text())["chosen_step"]
        if run.early_stopping is None:
            assert "ndcg@10" not in log.columns
            assert chosen == 4
            continue
        evaluated = log.filter(pl.col("ndcg@10").is_not_null())
        assert evaluated["step"].to_list() == [2, 4]
        best = evaluated.sort("ndcg@10", "step", descending=[True, False])
        assert chosen == best["step"][0]


def test_the_target_lists_everything_under_results(finished, graph):
    made = {
        str(path.relative_to(finished))
        for path in (finished / "results").rglob("*")
        if path.is_file()
    }
    assert {path for path in made if not path.startswith("results/checkpoints/")} == set(
        graph.targets()
    )


def test_the_figures_show_the_runs_and_topics_of_the_config(finished):
    folder = finished / "results" / "tables" / "tiny"
    batches = pl.read_parquet(folder / "figure2.parquet")
    assert set(batches["sampler"]) == {"in-batch-tas", "dual-tas-balanced"}
    assert "in-batch margin" in set(batches["measure"])
    assert 1 <= pl.read_parquet(folder / "figure1.parquet")["topic"].n_unique() <= 3
    assert set(pl.read_parquet(folder / "figure3.parquet")["label"]) == {"bm25", "ance", "fused"}
    for name in ("figure1", "figure2", "figure3"):
        assert "</svg>" in (folder / f"{name}.svg").read_text()


def test_a_second_run_has_nothing_to_do(finished, snakemake, tiny_job):
    process = snakemake(*tiny_job)
    assert process.returncode == 0
    assert "Nothing to be done" in process.stdout + process.stderr


def test_trainings_leave_no_checkpoint_but_a_log(finished, config):
    left = [path for path in (finished / "results" / "checkpoints").rglob("*") if path.is_file()]
    assert {path.suffix for path in left} == {".lock"}
    for name in config.runs:
        log = (finished / "logs" / "students" / "tiny" / f"{name}.log").read_text()
        assert f"{name}: step 4: loss" in log
