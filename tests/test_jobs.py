import hashlib
import itertools
import json
import os
import re
import time
from pathlib import Path

import pytest

from tasb.errors import TasbError, last_errors
from tasb.jobs import Job, log, logged, progress, run


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_the_log_goes_to_the_file_and_to_the_terminal(tmp_path, capfd):
    with logged(tmp_path / "logs" / "a.log", "encode"):
        log.info("%d texts, Ü", 3)
    (line,) = lines_of(tmp_path / "logs" / "a.log")
    assert re.fullmatch(r"\d\d:\d\d:\d\d encode: 3 texts, Ü", line)
    assert capfd.readouterr().err == line + "\n"


def test_an_error_of_the_user_ends_the_job_in_one_line(tmp_path):
    with pytest.raises(SystemExit) as ended, logged(tmp_path / "a.log", "plan"):
        raise TasbError("batch_size: 32 is too large")
    assert ended.value.code == 1
    (line,) = lines_of(tmp_path / "a.log")
    assert line.endswith("plan: error: batch_size: 32 is too large")


def test_any_other_error_is_in_the_log_with_its_traceback_and_what_to_do(tmp_path, capfd):
    with pytest.raises(SystemExit) as ended, logged(tmp_path / "a.log", "plan"):
        os.write(2, b"a library says something\n")
        raise ZeroDivisionError("by zero")
    assert ended.value.code == 1
    lines = lines_of(tmp_path / "a.log")
    assert lines[:2] == ["a library says something", "Traceback (most recent call last):"]
    assert 'raise ZeroDivisionError("by zero")' in "".join(lines)
    assert re.search(r"plan: error: ZeroDivisionError: by zero; the lines above say", lines[-1])
    assert capfd.readouterr().err.splitlines() == lines


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "memory is used up: run with a smaller --cores"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: x"), "memory is used up"),
        (PermissionError(13, "Permission denied", "a/b"), "a/b: no permission; change it with"),
        (OSError(30, "Read-only file system", "a/b"), "a/b: the file system is read-only; run"),
    ],
)
def test_what_the_machine_refuses_is_one_line(tmp_path, error, message):
    with pytest.raises(SystemExit), logged(tmp_path / "a.log", "plan"):
        raise error
    (line,) = lines_of(tmp_path / "a.log")
    assert line[9:].startswith(f"plan: error: {message}")


def test_the_errors_that_logs_end_with_are_found(tmp_path):
    begun, logs = time.time() - 1, tmp_path / "logs"
    for name, messages in (("a", ["x: error: first\nsecond"]), ("b", ["error: old", "new run"])):
        for message in messages:
            with pytest.raises(SystemExit), logged(logs / "deep" / f"{name}.log", name):
                raise TasbError(message)
    with logged(logs / "deep" / "b.log", "b"):
        log.info("all is well: error: is a word")
    old = logs / "old.log"
    old.write_text("10:00:00 c: error: long ago\n")
    os.utime(old, (1, 1))
    assert last_errors(logs, begun) == [
        f"{logs / 'deep' / 'a.log'}: error: x: error: first\nsecond"
    ]


def test_a_job_that_is_over_logs_nothing_more(tmp_path, capfd):
    with logged(tmp_path / "first.log", "first"):
        log.info("one")
    with logged(tmp_path / "second.log", "second"):
        log.info("two")
    assert len(lines_of(tmp_path / "first.log")) == 1
    assert len(capfd.readouterr().err.splitlines()) == 2


def test_progress_yields_every_item_in_order():
    assert list(progress(iter(range(100)), 100, "items")) == list(range(100))
    assert list(progress(iter("ab"), None, "items")) == ["a", "b"]


@pytest.fixture
def clock(monkeypatch):
    """Make tqdm's clock tick by one second each time it is read."""
    seconds = itertools.count()
    monkeypatch.setattr("tqdm.std.time", lambda: float(next(seconds)))


def test_a_long_job_logs_count_rate_and_time_left(tmp_path, clock):
    with logged(tmp_path / "a.log", "encode"):
        list(progress(range(50), 50, "blocks"))
    lines = lines_of(tmp_path / "a.log")
    assert 2 <= len(lines) <= 12
    for line in lines:
        assert re.search(
            r" encode: \d+/50 blocks \[[\d:]+ elapsed, [\d:]+ left, .+(it/s|s/it)\]$", line
        )
    assert " 50/50 blocks " in lines[-1]


def test_a_job_that_goes_on_counts_what_was_done_before(tmp_path, clock):
    with logged(tmp_path / "a.log", "train"):
        list(progress(range(30), 80, "steps", initial=50))
    assert " 80/80 steps " in lines_of(tmp_path / "a.log")[-1]


def test_an_unknown_total_leaves_out_the_time_left(tmp_path, clock):
    with logged(tmp_path / "a.log", "read"):
        list(progress(range(30), None, "rows"))
    assert re.search(
        r" read: 30 rows \[[\d:]+ elapsed, .+(it/s|s/it)\]$", lines_of(tmp_path / "a.log")[-1]
    )


def test_a_short_job_logs_no_progress(tmp_path):
    with logged(tmp_path / "a.log", "read"):
        list(progress(range(30), 30, "rows"))
    assert lines_of(tmp_path / "a.log") == []


def write_twice(job: Job) -> None:
    """A job that copies its one input to two outputs."""
    if job.recipe.get("wrong"):
        raise TasbError("k: 0 is too small")
    for path in job.outputs["copies"]:
        with open(path, "w") as file:
            file.write(Path(job.file("text")).read_text())
    job.about["device"] = f"cpu, {job.threads} threads"
    log.info("%d extra", len(job.files("extra")))


def run_it(tmp_path, **recipe):
    (tmp_path / "text").write_text("abc")
    outputs = {"copies": [f"{tmp_path}/a", f"{tmp_path}/b"], "made": f"{tmp_path}/x.made.json"}
    recipe = {"make": f"{__name__}:write_twice", **recipe}
    run(recipe, {"text": f"{tmp_path}/text"}, outputs, f"{tmp_path}/x.log", 3)


def test_a_job_leaves_digests_times_and_what_it_noted_next_to_its_files(tmp_path):
    run_it(tmp_path)
    made = json.loads((tmp_path / "x.made.json").read_text())
    digest = hashlib.sha256(b"abc").hexdigest()
    assert made["sha256"] == {f"{tmp_path}/a": digest, f"{tmp_path}/b": digest}
    assert made["device"] == "cpu, 3 threads"
    assert made["seconds"] >= 0
    assert made["peak_memory_megabytes"] > 10
    assert made["packages"]["python"]
    assert lines_of(tmp_path / "x.log")[0].endswith(": 0 extra")


def test_a_job_that_fails_leaves_no_sidecar(tmp_path):
    with pytest.raises(SystemExit):
        run_it(tmp_path, wrong=True)
    assert not (tmp_path / "x.made.json").exists()
    assert lines_of(tmp_path / "x.log")[-1].endswith("error: k: 0 is too small")
