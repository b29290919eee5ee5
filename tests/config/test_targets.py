import pytest

from tasb.config.load import load_config
from tasb.config.targets import Targets


@pytest.fixture
def files(raw):
    """Return the files that a table of some systems is made of."""

    def of(*systems):
        rows = [{"system": system, "labels": [system]} for system in systems]
        table = {"title": "t", "columns": ["c"], "metrics": ["mrr@10"], "rows": rows}
        raw["tables"] = {"own": table}
        return Targets(load_config(raw)).table("own")

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
