import pytest

from tasb.config.load import load


@pytest.fixture
def files(raw):
    """Return the files that a table of some systems is made of."""

    def of(*systems):
        rows = [{"system": system, "labels": [system]} for system in systems]
        table = {"title": "t", "columns": ["c"], "metrics": ["mrr@10"], "rows": rows}
        raw["tables"], raw["targets"] = {"own": table}, None
        return load(raw).targets("own")

    return of


def folders(files, stage):
    """Return the names of the artifacts of one stage."""
    parts = [file.split("/") for file in files]
    return {part[3] for part in parts if part[1] == stage and len(part) > 4}


def test_a_table_of_bm25_needs_no_model(files):
    stages = {file.split("/")[1] for file in files("bm25")}
    assert stages == {"collection", "rankings", "metrics", "tables"}


def test_a_table_of_a_checkpoint_needs_no_training(files):
    found = files("untrained")
    stages = {"collection", "encoders", "tokens", "vectors", "rankings", "metrics", "tables"}
    assert {file.split("/")[1] for file in found} == stages
    assert "results/vectors/mini/untrained/passages-0.arrow" in found


def test_a_table_needs_just_the_runs_that_its_rows_rest_on(files):
    assert folders(files("untrained"), "students") == set()
    assert folders(files("baseline"), "students") == {"baseline", "bert-cat"}
    assert folders(files("pairwise-tas"), "students") == {"baseline", "pairwise-tas", "bert-cat"}
    trained = {"baseline", "dual-random", "bert-cat", "colbert"}
    assert folders(files("dual-random"), "students") == trained


def test_a_reranked_row_needs_the_teacher_and_the_first_ranking(files):
    found = files("colbert-rerank")
    assert folders(found, "students") == {"bert-cat", "colbert"}
    assert folders(found, "rankings") == {"bm25", "colbert-rerank"}


def test_clusters_and_their_query_vectors_are_targets_of_a_run_that_samples_by_them(files):
    topics = "results/clusters/mini/default.parquet"
    vectors = "results/vectors/mini/baseline/queries-training.arrow"
    assert {topics, vectors} <= set(files("dual-tas"))
    assert not {topics, vectors} & set(files("dual-random"))


def test_every_file_is_listed_once(raw):
    everything = load(raw).targets()
    assert len(everything) == len(set(everything))


def test_everything_is_what_the_targets_name(raw):
    raw["targets"] = ["table4", "figure1"]
    graph = load(raw)
    assert set(graph.targets()) == {
        file for name in ("table4", "figure1") for file in graph.targets(name)
    }
    raw["targets"] = None
    assert {"results/tables/mini/table3.md", "results/tables/mini/figure1.svg"} <= set(
        load(raw).targets()
    )


def test_a_map_of_topics_needs_the_baseline_alone(raw):
    found = load(raw).targets("figure1")
    assert "results/tables/mini/figure1.svg" in found
    assert folders(found, "students") == {"baseline", "bert-cat"}
    assert {file.split("/")[1] for file in found} & {"rankings", "metrics"} == set()


def test_a_figure_of_batches_needs_plans_and_their_first_scores_but_no_student_of_its_runs(raw):
    raw["plans"] = {"shard_steps": 40}
    found = load(raw).targets("figure2")
    assert folders(found, "students") == {"baseline", "bert-cat", "colbert"}
    random = [file for file in found if "/plans/mini/random+by=bert-cat+" in file]
    assert sorted(file.partition("s0/")[2] for file in random) == [
        "0.made.json", "0.parquet", "1.made.json", "1.parquet", "2.made.json", "2.parquet",
        "colbert/0.arrow", "colbert/0.made.json",
    ]  # fmt: skip
    balanced = [file for file in found if "/plans/mini/tas-balanced+" in file]
    assert sorted(file.partition("s0/")[2] for file in balanced) == [
        "0.made.json", "0.parquet", "colbert/0.arrow", "colbert/0.made.json",
    ]  # fmt: skip


def test_a_further_seed_costs_the_jobs_of_one_run(raw, changed):
    """Its plan, scores, weights, vectors, rankings, metrics and records; and the table."""
    before = set(load(raw).targets("table5"))
    raw["runs"]["f"] = {**raw["runs"]["dual-tas-balanced"], "seed": 5}
    raw["tables"]["table5"]["rows"].append({"system": "f", "labels": ["F"]})
    added = set(load(raw).targets("table5")) - before
    plan = "tas-balanced+default+n1+h10+by=bert-cat+b16+s5"
    assert {file.split("/")[3].removesuffix(".made.json") for file in added} == {"f", plan}
