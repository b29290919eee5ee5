"""A metric's record says what it rests on, and is enough to compute it anew elsewhere."""

import hashlib
import json
import shutil

import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("tiny")

SYSTEM = "dual-tas-balanced"


def read_record(folder, system=SYSTEM):
    path = folder / "results" / "metrics" / "tiny" / system / "test.record.json"
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def rebuilt(finished, snakemake, tmp_path_factory):
    """Another folder, in which the metrics of a run are made from their record alone."""
    folder = tmp_path_factory.mktemp("rebuilt") / "house"
    made = shutil.ignore_patterns("results", "logs", ".snakemake")
    shutil.copytree(finished, folder, ignore=made)
    (folder / "slice.json").write_text(json.dumps(read_record(finished)["config"]))
    target = f"results/metrics/tiny/{SYSTEM}/test.record.json"
    files = ("--configfile", "slice.json", "--replace-workflow-config")
    process = snakemake(target, *files, "--max-threads", "1", "--resources", "gpu=2", folder=folder)
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-6000:]
    return folder


@pytest.mark.parametrize(
    "pattern",
    ["plans/tiny/**/*.parquet", "plans/tiny/**/*.arrow", "students/tiny/**/*.safetensors",
     "students/tiny/**/log.parquet", "teachers/tiny/**/*.parquet", "clusters/tiny/*.parquet",
     f"vectors/tiny/{SYSTEM}/*.arrow", f"rankings/tiny/{SYSTEM}/test.[pt]*",
     f"metrics/tiny/{SYSTEM}/test.parquet"],
)  # fmt: skip
def test_two_runs_in_two_folders_give_identical_files(finished, rebuilt, pattern):
    files = [path for path in (rebuilt / "results").glob(pattern) if path.is_file()]
    assert files
    for path in files:
        first = finished / path.relative_to(rebuilt)
        assert path.read_bytes() == first.read_bytes(), path


def test_the_record_alone_gives_the_same_numbers(finished, rebuilt):
    first, second = read_record(finished), read_record(rebuilt)
    for key in ("system", "query_set", "config", "metrics", "queries", "packages"):
        assert first[key] == second[key], key
    for digests in (first, second):  # times, and a search of one query set instead of two
        for path in [*digests["sha256"]]:
            if path.endswith("times.json") or "/graded" in path:
                del digests["sha256"][path]
    assert first["sha256"] == second["sha256"]


def test_a_record_has_the_means_and_the_digests_of_the_files(finished):
    record = read_record(finished)
    means = pl.read_parquet(finished / "results/metrics/tiny" / SYSTEM / "test.means.parquet")
    assert record["metrics"] == dict(means.select("metric", "value").iter_rows())
    read = {f"students/tiny/{name}/model.safetensors" for name in (SYSTEM, "baseline")}
    read |= {f"students/tiny/{name}/model.safetensors" for name in ("bert-cat", "colbert")}
    read |= {"rankings/tiny/baseline/validation.parquet"}
    read |= {"lexical/tiny/pairs.parquet", "collection/tiny/validation/qrels.parquet"}
    assert {f"results/{file}" for file in read} < set(record["sha256"])
    for path, digest in record["sha256"].items():
        assert digest == hashlib.sha256((finished / path).read_bytes()).hexdigest()


def test_a_record_names_device_time_memory_and_seed_of_every_training(finished):
    record = read_record(finished)
    assert set(record["trainings"]) == {SYSTEM, "baseline", "bert-cat", "colbert"}
    for times in record["trainings"].values():
        assert [part["device"].partition(" ")[0] for part in times["sessions"]] == ["cpu"]
        assert times["sessions"][0]["packages"] == record["packages"]
        assert times["seconds"] > 0
        assert times["peak_memory_megabytes"] > 50
    assert record["config"]["seed"] == 20210711
    jobs = record["jobs"]
    own = {f"vectors/tiny/{SYSTEM}/passages-0", f"rankings/tiny/{SYSTEM}/reported"}
    own |= {f"students/tiny/{name}" for name in (SYSTEM, "baseline", "bert-cat", "colbert")}
    assert own <= set(jobs)
    for name in own:
        assert jobs[name]["device"].partition(" ")[0] == "cpu"
        assert jobs[name]["precision"] == times["sessions"][0]["precision"]
        assert jobs[name]["threads"] == 1
    for found in jobs.values():
        assert found["seconds"] > 0
        assert found["peak_memory_megabytes"] > 20
        assert found["packages"] == record["packages"]


def test_the_weight_of_a_fusion_is_in_its_record(finished):
    jobs = read_record(finished, "fused")["jobs"]
    assert jobs["rankings/tiny/fused/test"]["alpha"] >= 0
    assert jobs["rankings/tiny/fused/test"]["alpha"] == jobs_of(finished, "graded")["alpha"]


def jobs_of(folder, query_set):
    """Return the sidecar of the fused ranking of a query set."""
    return json.loads((folder / f"results/rankings/tiny/fused/{query_set}.made.json").read_text())


def test_a_ranking_by_words_rests_on_no_weights(finished):
    record = read_record(finished, "bm25")
    assert record["trainings"] == {}
    assert not any(path.endswith(".safetensors") for path in record["sha256"])
