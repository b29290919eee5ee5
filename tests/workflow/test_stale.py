"""What Snakemake cannot know by itself: stale and damaged files, and where it is run."""

import os
import shutil

import pytest
import yaml

pytestmark = pytest.mark.xdist_group("tiny")

VECTORS = "results/vectors/tiny/untrained/passages-0.arrow"
TABLE = {"table table4", "results/tables"}
RANKING = "results/rankings/tiny/untrained/test.parquet"


@pytest.fixture(scope="module")
def forgotten(finished, tmp_path_factory):
    """The finished house, copied elsewhere without what Snakemake remembers."""
    folder = tmp_path_factory.mktemp("forgotten") / "house"
    ignored = shutil.ignore_patterns(".snakemake", "tiny.yaml.*")
    return shutil.copytree(finished, folder, ignore=ignored)


@pytest.fixture
def planned(forgotten, snakemake, tiny_job, jobs_of):
    """Return the jobs that a change of the config would start in the copied house."""

    def dry_run(change):
        (forgotten / "change.yaml").write_text(yaml.safe_dump(change))
        target, option, *files, threads, count, limit, gpus = tiny_job
        files = [*files, "change.yaml"]
        others = (threads, count, limit, gpus, "--dry-run", "--quiet", "host")
        process = snakemake(target, option, *files, *others, folder=forgotten)
        assert process.returncode == 0, process.stdout + process.stderr
        return jobs_of(process.stdout)

    return dry_run


def test_what_was_made_from_something_else_is_made_again_whatever_snakemake_remembers(
    forgotten, planned
):
    assert planned({}) == set()
    change = {"runs": {"duo-bert": {"lr": 1e-5}}}
    run = ("training duo-bert", "ranking tas-b-duo graded", "ranking tas-b-duo test",
           "metrics tas-b-duo", "latency tas-b-duo 1", "table table7")  # fmt: skip
    assert planned(change) == {*run, "results/tables"}
    fused = {*(f"ranking fused-ranks {name}" for name in ("graded", "test")), "metrics fused-ranks"}
    assert planned({"systems": {"fused-ranks": {"k": 3}}}) == fused | TABLE


def test_data_with_an_older_date_is_read_again(forgotten, planned):
    path = forgotten / "tiny" / "qrels.test.txt"
    whole, stat = path.read_text(), path.stat()
    try:
        path.write_text(whole[::-1][::-1] + "test0 0 p39 1\n")
        os.utime(path, (1, 1))
        jobs = planned({})
        assert "query_set test" in jobs
        assert not any(job.startswith(("training", "vectors")) for job in jobs)
        path.write_text(whole)
        os.utime(path, (2, 2))
        assert planned({}) == set()
    finally:
        path.write_text(whole)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_a_damaged_file_stops_who_reads_it_in_one_last_line_and_is_made_again(
    forgotten, snakemake, tiny_job
):
    """All of it without a home folder, and nothing is written outside the project."""
    _, *rest = tiny_job
    before = (forgotten / RANKING).read_bytes()
    data = bytearray((forgotten / VECTORS).read_bytes())
    stat = (forgotten / VECTORS).stat()
    data[len(data) // 2] ^= 16
    (forgotten / VECTORS).write_bytes(data)
    os.utime(forgotten / VECTORS, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (forgotten / RANKING).unlink()
    homeless = {"HOME": "/proc/none", "XDG_CACHE_HOME": str(forgotten / ".cache")}
    process = snakemake(RANKING, *rest, folder=forgotten, **homeless)
    assert process.returncode != 0
    last = process.stderr.strip().splitlines()[-1]
    assert last.startswith("logs/rankings/tiny/untrained/reported.log: error: " + VECTORS)
    assert "damaged, its digest is not that of" in last
    log = (forgotten / "logs/rankings/tiny/untrained/reported.log").read_text()
    assert log.strip().splitlines()[-1].endswith(last.partition("error: ")[2])
    process = snakemake(RANKING, *rest, folder=forgotten, **homeless)
    assert process.returncode == 0, process.stderr[-3000:]
    assert (forgotten / RANKING).read_bytes() == before


def test_another_folder_than_the_checkout_is_refused_with_the_way_out(house, snakemake, tmp_path):
    for arguments in (("-s", str(house / "Snakefile")), ("--directory", str(tmp_path))):
        folder = tmp_path if arguments[0] == "-s" else house
        process = snakemake("-n", *arguments, folder=folder, PYTHONPATH=str(house / "src"))
        assert process.returncode != 0
        assert f"run snakemake in {house}, without --directory" in process.stdout + process.stderr


def test_vectors_that_are_not_kept_leave_their_sidecar_and_are_made_again_when_needed(
    forgotten, planned, snakemake, tiny_job
):
    brief = {"kind": "checkpoint", "encoder": "minilm", "passage_length": 16}
    row = {"system": "brief", "labels": ["Brief"]}
    table = {"title": "Brief", "columns": ["System"], "metrics": ["ndcg@10"], "rows": [row]}
    change = {"keep_vectors": False, "systems": {"brief": brief}, "tables": {"brief": table}}
    vectors = forgotten / "results/vectors/tiny/brief/passages-0.arrow"
    before = planned({})
    assert planned({"keep_vectors": False}) == before
    (forgotten / "change.yaml").write_text(yaml.safe_dump(change))
    _, *rest = tiny_job
    process = snakemake("brief", *[*rest[:3], "change.yaml", *rest[3:]], folder=forgotten)
    assert process.returncode == 0, process.stderr[-3000:]
    assert not vectors.exists()
    assert str(vectors.relative_to(forgotten)) in vectors.with_suffix(".made.json").read_text()
    assert planned(change) == before
    shutil.rmtree(forgotten / "results/rankings/tiny/brief")
    again = {"vectors brief passages-0", "search brief", "metrics brief", "table brief"}
    assert planned(change) == before | again
