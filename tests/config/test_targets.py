import pytest
from tasb.config.targets import Targets

from tasb.config.load import load_config


@pytest.fixture
def files(raw):
    """Return the files that a table of some systems is made of."""

    def of(*systems):
        rows = [{"system": system, "labels": [system]} for system in systems]
        table = {"title": "t", "columns": ["c"], "metrics": ["mrr@10"], "rows": rows}
        raw["tables"], raw["targets"] = {"own": table}, None
        return Targets(load_config(raw)).of("own")

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
    assert folders(files("baseline"), "students") == {"baseline"}
    found = files("pairwise-tas")
    assert folders(found, "students") == {"baseline", "pairwise-tas"}
    assert folders(found, "teachers") == {"bert-cat"}
    assert folders(files("dual-random"), "teachers") == {"bert-cat", "colbert"}


def test_a_reranked_row_needs_the_teacher_and_the_first_ranking(files):
    found = files("colbert-rerank")
    assert folders(found, "teachers") == {"bert-cat", "colbert"}
    assert folders(found, "rankings") == {"bm25", "colbert-rerank"}
    assert folders(found, "students") == set()


def test_clusters_and_their_query_vectors_are_targets_of_a_run_that_samples_by_them(files):
    topics = "results/clusters/mini/default.parquet"
    vectors = "results/vectors/mini/baseline/queries-training.arrow"
    assert {topics, vectors} <= set(files("dual-tas"))
    assert not {topics, vectors} & set(files("dual-random"))


def test_every_file_is_listed_once(raw):
    everything = Targets(load_config(raw)).everything
    assert len(everything) == len(set(everything))


def test_everything_is_what_the_targets_name(raw):
    targets = Targets(load_config(raw))
    assert set(targets.everything) == {
        file for name in ("table4", "figure1", "figure2") for file in targets.of(name)
    }
    raw["targets"] = None
    assert {"results/tables/mini/table3.md", "results/tables/mini/figure1.svg"} <= set(
        Targets(load_config(raw)).everything
    )


def test_a_map_of_topics_needs_the_baseline_alone(raw):
    found = Targets(load_config(raw)).of("figure1")
    assert "results/tables/mini/figure1.svg" in found
    assert folders(found, "students") == {"baseline"}
    assert {file.split("/")[1] for file in found} & {"rankings", "metrics"} == set()


def test_a_figure_of_batches_needs_plans_and_their_first_scores_but_no_student_of_its_runs(raw):
    raw["plans"] = {"shard_steps": 40}
    found = Targets(load_config(raw)).of("figure2")
    assert folders(found, "students") == {"baseline"}
    assert folders(found, "teachers") == {"bert-cat", "colbert"}
    random = [file for file in found if "/plans/mini/random-bert-cat-" in file]
    assert sorted(file.partition("s0/")[2] for file in random) == [
        "0.parquet", "1.parquet", "2.parquet", "colbert/0.arrow",
    ]  # fmt: skip
    balanced = [file for file in found if "/plans/mini/tas-balanced-" in file]
    assert sorted(file.partition("s0/")[2] for file in balanced) == ["0.parquet", "colbert/0.arrow"]


def test_a_further_seed_costs_the_jobs_of_one_run(raw, changed):
    """Its plan, scores, weights, vectors, rankings, metrics and records; and the table."""
    before = set(Targets(load_config(raw)).of("table5"))
    raw["runs"]["f"] = {**raw["runs"]["dual-tas-balanced"], "seed": 5}
    raw["tables"]["table5"]["rows"].append({"system": "f", "labels": ["F"]})
    added = set(Targets(load_config(raw)).of("table5")) - before
    plan = "tas-balanced-default-n1-h10-bert-cat-b16-s5"
    assert {file.split("/")[3] for file in added} == {"f", plan}
