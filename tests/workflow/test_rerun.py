"""What one change recomputes: the exact set of jobs, each by its rule and its wildcards."""

import shutil

import polars as pl
import pytest
import yaml
from made_again import (
    BALANCED,
    CLUSTERED,
    EVALUATED,
    FIGURE3,
    FIGURES,
    LABEL_FREE,
    METHODS,
    NAMES,
    OTHERS,
    RERANKED,
    ROWS,
    SETS,
    SINGLE,
    TABLE,
    TABLES,
    TAS,
    TIMED,
    TOPICS_UNLABELLED,
    TRAINED,
    of_pipelines,
    of_plan,
    of_run,
    of_search,
    of_sets,
)

from tasb.settings import merged

pytestmark = pytest.mark.xdist_group("tiny")

LISTED = ("--dry-run", "--quiet", "host")


@pytest.fixture
def jobs(finished, snakemake, tiny_job, jobs_of):
    """Return the jobs that a change of the config would start, after all had been made."""

    def dry_run(change=None, whole=None, target="results/tables"):
        _, option, *files, threads, count, limit, gpus = tiny_job
        files = [*files, "change.yaml"]
        if whole is not None:
            files = ["change.yaml", "--replace-workflow-config"]
        text = yaml.safe_dump(whole or change or {}, sort_keys=False)
        (finished / "change.yaml").write_text(text)
        others = (threads, count, limit, gpus, *LISTED)
        process = snakemake(target, option, *files, *others)
        assert process.returncode == 0, process.stdout + process.stderr
        return jobs_of(process.stdout)

    return dry_run


def test_another_learning_rate_trains_the_students_and_nothing_before_them(jobs):
    baseline = {"training baseline", "vectors baseline passages-0", "early_stopping_set"}
    baseline |= {"vectors baseline queries-training", "ranking baseline validation"}
    found = jobs({"students": {"lr": "1e-5"}})
    assert found == CLUSTERED | of_run("none-random") | baseline | LABEL_FREE


def test_alpha_of_one_run_trains_that_run(jobs):
    found = jobs({"runs": {"dual-tas-balanced": {"losses": {"alpha": 0.5}}}})
    assert found == of_run("dual-tas-balanced") | TABLE


def test_k_of_the_clusters_draws_the_plans_that_read_them(jobs):
    assert jobs({"clusters": {"default": {"k": 4}}}) == CLUSTERED


def test_a_batch_size_draws_a_plan_of_its_own(jobs):
    """The other runs are like this one, and say so of their size too."""
    kept = {name: {"batch_size": 4} for name in (*TRAINED[1:], "ance", "tas-b-ltre-opq-own")}
    found = jobs({"runs": {**kept, "none-random": {"batch_size": 3}}})
    assert found == {"plan random+labels+b3+s0 0"} | of_run("none-random") | TABLE


def test_an_index_is_trained_on_the_vectors_that_stand(jobs):
    found = jobs({"systems": {"untrained": {"index": "IVF2,Flat"}}})
    assert found == {"index untrained", *of_search("untrained"), *of_sets("fused-ranks"), *TABLE}


def test_another_cutoff_evaluates_and_does_not_search(jobs):
    found = jobs({"metrics": {"names": [*NAMES, "recall@7"]}})
    assert found == EVALUATED | TABLES


def test_a_new_run_takes_the_plan_that_stands(jobs):
    rows = [{"system": name, "labels": [name, "-"]} for name in (*ROWS, "dual-random")]
    losses = {"pairwise": "margin-mse", "in_batch": "margin-mse"}
    change = {
        "runs": {"dual-random": {"like": "baseline", "losses": losses}},
        "tables": {"table4": {"rows": rows}},
    }
    scores = {"plan_scores random+by=bert-cat+b4+s0 colbert 0"}
    assert jobs(change) == scores | of_run("dual-random") | TABLE


def test_the_weight_of_a_fusion_joins_rankings_and_makes_none(jobs):
    found = jobs({"systems": {"fused": {"alpha": 0.1}}})
    assert found == of_sets("fused") | {"latency fused 1"} | TIMED | FIGURE3 | TABLE
    assert jobs({"systems": {"fused-ranks": {"k": 10}}}) == of_sets("fused-ranks") | TABLE


def test_a_new_query_set_encodes_no_passage_and_trains_nothing(finished, jobs):
    """A dense system searches all of its sets again, in one pass; the others leave theirs."""
    for kind in ("queries.{}.tsv", "qrels.{}.txt"):
        texts = (finished / "tiny" / kind.format("test")).read_text()
        (finished / "tiny" / kind.format("more")).write_text(texts)
    found = jobs({"collections": {"tiny": {"query_sets": {"more": {"level": 1}}}}})
    searched = set().union(*map(of_search, (*TRAINED, *METHODS, "untrained")))
    ranked = set().union(*(of_sets(name, ["more"]) for name in (*SINGLE, *RERANKED)))
    joined = of_sets("fused-ranks", [*SETS, "more"]) | of_pipelines([*SETS, "more"])
    compared = {"query_set more", "shared_queries"}
    assert found == {*compared, "tokens minilm more", *searched, *ranked, *joined, *TABLES}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("clusters/kmeans.py", "\nUNUSED = 1\n", CLUSTERED | TOPICS_UNLABELLED),
        ("metrics/significance.py", "\n# a comment\n", TABLES | TIMED),
        ("metrics/significance.py", "", set()),
        ("tables/svg.py", "\nUNUSED = 1\n", FIGURES | FIGURE3 | {"results/tables"}),
        ("metrics/record.py", "\nUNUSED = 1\n", EVALUATED | TABLES),
        ("students/list_losses.py", "\nUNUSED = 1\n", of_run("in-batch-tas") | TABLE),
        ("rankings/fusion.py", "\nUNUSED = 1\n",
         of_sets("fused") | of_sets("fused-ranks") | TABLE | TIMED | FIGURE3
         | {f"latency {name} 1" for name in ("bm25", "fused", "tas-b-duo")}),
        ("students/artifacts.py", "\nUNUSED = 1\n", set()),
        ("tables/templates/html.html.j2", "\n<!-- -->\n", TABLES | TIMED),
        ("tables/templates/model_card.md.j2", "\n",
         {f"model_card {run}" for run in (*TRAINED, *METHODS)} | {"results/tables"}),
    ],
)  # fmt: skip
def test_an_edited_library_file_reruns_the_stages_that_import_it(
    finished, jobs, file, text, expected
):
    path = finished / "src" / "tasb" / file
    aside = path.rename(path.with_suffix(".aside"))
    path.write_text(aside.read_text() + text)
    try:
        assert jobs() == expected
    finally:
        aside.replace(path)


def reversed_keys(value, keep=("query_sets", "rows")):
    if not isinstance(value, dict):
        return value
    return {key: value[key] if key in keep else reversed_keys(value[key]) for key in [*value][::-1]}


def test_the_order_of_keys_means_nothing(finished, jobs):
    files = [finished / "config" / "config.yaml", finished / "tiny.yaml"]
    whole = merged(*(yaml.safe_load(file.read_text()) for file in files))
    assert [*reversed_keys(whole)] == [*whole][::-1]
    assert jobs(whole=reversed_keys(whole)) == set()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("clusters/tiny/default.parquet", CLUSTERED),
        (f"plans/tiny/{BALANCED}/colbert/0.arrow",
         {f"plan_scores {BALANCED} colbert 0", "figure figure2"}
         | of_run("dual-tas-balanced") | TABLE),
        (f"plans/tiny/{BALANCED}/0.parquet",
         {*of_plan(BALANCED), "figure figure2"} | of_run("dual-tas-balanced") | TABLE),
        ("students/tiny/early_stopping_set.parquet", {"early_stopping_set"}.union(
            TABLE, *(of_run(run) for run in TRAINED))),
        ("vectors/tiny/untrained/passages-0.arrow",
         {"vectors untrained passages-0"} | of_search("untrained")
         | of_sets("fused-ranks") | TABLE),
        ("students/tiny/colbert/model.safetensors",
         {"training colbert", "figure figure2"}
         | {f"plan_scores {plan} colbert 0" for plan in (TAS, BALANCED)}
         | of_run("in-batch-tas") | of_run("dual-tas-balanced")
         | of_sets("colbert-rerank") | of_sets("colbert-search") | TABLE
         | {"token_vectors colbert-search 0", "token_index colbert-search"}
         | {"latency colbert-search 1"}),
        ("students/tiny/none-random.made.json", of_run("none-random") | TABLE),
        ("rankings/tiny/untrained/test.trec",
         of_search("untrained") | of_sets("fused-ranks") | TABLE),
        ("rankings/tiny/bm25/test.parquet",
         of_sets("bm25", ["test"]) | TABLE
         | of_sets("bert-cat-rerank", ["test"]) | of_sets("colbert-rerank", ["test"])
         | of_sets("fused", ["test"]) | of_sets("fused-ranks", ["test"])
         | {"table table7", "table claims"}),
        ("metrics/tiny/bm25/graded.means.parquet", {"metrics bm25", "table claims"} | TABLE),
        ("tables/tiny/figure1.svg", {"figure figure1", "results/tables"}),
    ],
)  # fmt: skip
def test_a_file_that_is_gone_is_made_again_with_what_rests_on_it(finished, jobs, path, expected):
    file = finished / "results" / path
    aside = file.rename(file.with_suffix(".aside"))
    try:
        assert jobs() == expected
    finally:
        aside.rename(file)


@pytest.mark.parametrize(
    ("change", "error", "failed", "spoilt"),
    [
        ({"clusters": {"default": {"k": 99}}}, "k is 99 for", CLUSTERED, CLUSTERED),
        ({"runs": {"none-random": {"lr": 1e38}, **dict.fromkeys(OTHERS, {"lr": 1e-3})}},
         "the loss is nan after",
         of_run("none-random") | TABLE, of_run("none-random") | TABLE),
        ({"systems": {"untrained": {"index": "IVF2,PQ7"}}}, "index 'IVF2,PQ7'",
         {"index untrained"} | of_search("untrained") | of_sets("fused-ranks") | TABLE, set()),
    ],
)  # fmt: skip
def test_after_a_failed_stage_no_old_table_stands_as_if_it_were_new(
    finished, snakemake, tiny_job, jobs_of, tmp_path, change, error, failed, spoilt
):
    """The last change spoils nothing when it is taken back: an index is no part of that table."""
    folder = tmp_path / "house"
    shutil.copytree(finished, folder)
    (folder / "change.yaml").write_text(yaml.safe_dump(change))
    target, option, *files, threads, count, limit, gpus = tiny_job
    changed = (target, option, *files, "change.yaml", threads, count, limit, gpus)
    process = snakemake(*changed, folder=folder)
    assert process.returncode != 0
    assert error in process.stderr
    for arguments, expected in ((changed, failed), (tiny_job, spoilt)):
        process = snakemake(*arguments, *LISTED, folder=folder)
        assert jobs_of(process.stdout) == expected


SEEDS = {
    "runs": {"other-seed": {"like": "dual-tas-balanced", "seed": 1}},
    "tables": {
        "seeds": {
            "title": "Seeds",
            "columns": ["Run"],
            "rows": [{"system": n, "labels": [n]} for n in ("dual-tas-balanced", "other-seed")],
            "statistics": ["average", "standard-deviation"],
        }
    },
}


def test_one_further_seed_costs_the_jobs_of_its_run(jobs):
    plan = of_plan(BALANCED.replace("s0", "s1"))
    assert jobs(SEEDS, target="seeds") == {"table seeds", "seeds"} | plan | of_run("other-seed")


def test_a_table_of_trained_runs_has_their_statistics(finished, snakemake, tiny_job, tmp_path):
    folder = tmp_path / "house"
    shutil.copytree(finished, folder)
    rows = [{"system": name, "labels": [name]} for name in ("dual-tas-balanced", "in-batch-tas")]
    table = {**SEEDS["tables"]["seeds"], "rows": rows}
    (folder / "change.yaml").write_text(yaml.safe_dump({"tables": {"losses": table}}))
    _, option, *files, threads, count, limit, gpus = tiny_job
    others = (threads, count, limit, gpus)
    process = snakemake("losses", option, *files, "change.yaml", *others, folder=folder)
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-6000:]
    table = pl.read_parquet(folder / "results" / "tables" / "tiny" / "losses.parquet")
    part = table.filter(query_set="graded", metric="ndcg@10")
    first, second, mean, deviation = part["value"].to_list()
    assert (first, second) != (None, None)
    assert mean == pytest.approx((first + second) / 2)
    assert deviation == pytest.approx(abs(first - second) / 2**0.5)
    assert f"{mean:.3f}".removeprefix("0") in (folder / "results/tables/tiny/losses.md").read_text()
