"""What one change makes anew: the exact set of jobs, each by its rule and its wildcards."""

import shutil

import polars as pl
import pytest
import yaml

from tasb.settings import merged

pytestmark = pytest.mark.xdist_group("tiny")

LISTED = ("--dry-run", "--quiet", "host")
SETS = ("graded", "test")
RERANKED = ("bert-cat-rerank", "colbert-rerank")
FUSED = ("fused", "fused-ranks")
TABLE = {"table table4", "results/tables"}
FIGURES = {"figure figure1", "figure figure2"}
TIMED = {"table table1", "table table7"}
"""What shows the latency of the fusion."""


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


def of_sets(system, sets=SETS):
    """The jobs of a system that ranks each query set by itself, and what follows."""
    return {f"ranking {system} {name}" for name in sets} | {f"metrics {system}"}


def evaluated(system):
    """The jobs that read the rankings of a system: its metrics, and the card of a run."""
    card = {f"model_card {system}"} if system in (*TRAINED, *METHODS, "dual-random") else set()
    card = {f"model_card {system}"} if system == "other-seed" else card
    return {f"metrics {system}", *card}


def of_search(system):
    """The jobs of a dense system from its search on."""
    return {f"search {system}", *evaluated(system)}


def of_pipelines(sets=SETS):
    """What is made from rankings of dual-tas-balanced: a fusion, comparisons, their latencies."""
    latencies = {"latency fused 1", "latency tas-b-duo 1"}
    return of_sets("fused", sets) | of_sets("tas-b-duo", sets) | latencies | TIMED | FIGURE3


def of_run(run):
    """The jobs of a run from its training to its metrics, and of what goes on from it."""
    extra = {"none-random": ANCE}.get(run, set())
    if run == "dual-tas-balanced":
        extra = VALIDATED | LTRE | of_pipelines() | {"latency dual-tas-balanced 1"}
    claimed = {"table claims"} if run in (*TRAINED, "label-free") else set()
    return {f"training {run}", f"vectors {run} passages-0", *of_search(run), *extra, *claimed}


def of_plan(plan):
    return {f"plan {plan} 0", f"plan_scores {plan} colbert 0"}


FIGURE3 = {"figure figure3"}
TRAINED = ("none-random", "in-batch-tas", "dual-tas-balanced")
METHODS = ("ance-2", "tas-b-ltre-opq-own", "label-free")
LTRE = {"query_training tas-b-ltre-opq-own", "index tas-b-opq", "table table2"}
LTRE |= of_search("tas-b-ltre-opq-own")
"""What goes on from dual-tas-balanced."""
ANCE = {f"{rule} ance-{number}{rest}" for number in (1, 2)
        for rule, rest in (("candidates", ""), ("mined", ""), ("generation", ""))}  # fmt: skip
ANCE |= {f"plan random+mined=ance-{number}+labels+b4+s0 0" for number in (1, 2)}
ANCE |= {"vectors ance-1 passages-0", "vectors ance-2 passages-0", "table table2"}
ANCE |= of_search("ance-2") | FIGURE3
"""What goes on from none-random."""
LABEL_FREE = of_run("label-free")
OTHERS = ("in-batch-tas", "dual-tas-balanced", "tas-b-ltre-opq-own")
"""Runs that are like none-random."""
PLAN_UNLABELLED = "tas-balanced+unlabelled+n1+h10+mined=label-free+by=all-minilm+b4+s0"
TOPICS_UNLABELLED = {"clusters unlabelled", f"plan {PLAN_UNLABELLED} 0", *LABEL_FREE}
TABLES = {*TABLE, "table table2", "table table7", "table claims"}
"""What shows the metrics of systems."""
VALIDATED = {"ranking dual-tas-balanced validation"}
"""The validation queries by which the weight of the fusion is chosen."""
TAS, BALANCED = "tas+default+n1+by=bert-cat+b4+s0", "tas-balanced+default+n1+h10+by=bert-cat+b4+s0"
CLUSTERED = {"clusters default", *of_plan(TAS), *of_plan(BALANCED)} | (
    of_run("in-batch-tas") | of_run("dual-tas-balanced") | TABLE | FIGURES
)
SINGLE = ("bm25", "bm25-deepct", "doct5query", "colbert-search")
"""Systems that rank each query set by itself, from none of the others."""
ROWS = (*TRAINED, *METHODS, *SINGLE, *RERANKED, "tas-b-duo", "untrained", *FUSED)
EVALUATED = set().union(*map(evaluated, ROWS))
NAMES = ["ndcg@10", "mrr@10", "recall@5", "map@1000"]


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
