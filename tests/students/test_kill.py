"""A training that is killed at any moment goes on to the weights of an undisturbed one."""

import json
import random
import shutil
import signal
import subprocess
import sys

import polars as pl
import pytest

from tasb.students.artifacts import losses_of
from tasb.students.config import EarlyStopping
from tasb.teachers.in_batch import LiveTeacher, write_in_batch_scores

KILLS = 20
RUN = "results/students/c/run"
STATE = "results/checkpoints/students/c/run"
FILES = ("config.json", "model.safetensors", "card.json", "log.parquet")

FORK_TRAININGS = """
import json, logging, os, signal, sys, time
from pathlib import Path
from tasb.jobs import Job, log
from tasb.students.make import make

job = Job(**json.loads(sys.argv[1]))
def train(folder):
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    log.addHandler(logging.FileHandler("lines.log", mode="w"))
    log.setLevel(logging.INFO)
    make(job)
    os._exit(0)

def logged(folder):
    try:
        return (folder / "lines.log").read_bytes().count(b"step ")
    except FileNotFoundError:  # not begun
        return 0

for line in sys.stdin:
    folder, lines, seconds = json.loads(line)
    folder = Path(folder)
    child = os.fork()
    if child == 0:
        train(folder)
    ended, status = os.waitpid(child, os.WNOHANG)
    while not ended:
        time.sleep(0.001)
        if logged(folder) >= lines:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
            ended, status = os.waitpid(child, 0)
        else:
            ended, status = os.waitpid(child, os.WNOHANG)
    print(status, flush=True)
"""


@pytest.fixture
def train(world, tiny_run):
    """Train in a process of its own, killed some seconds after its log has so many lines.

    Returns whether it came to its end.
    """
    candidates = world.folder / "candidates.parquet"
    rows = [("q0", "p0", 0, 0, 1), ("q0", "p12", 0, 12, 0), ("q1", "p1", 1, 1, 1)]
    columns = ["query_id", "passage_id", "query", "passage", "grade"]
    pl.DataFrame(rows, schema=columns, orient="row").write_parquet(candidates)
    rule = EarlyStopping(interval=4, patience=9, minimum=0)
    settings = tiny_run.model_copy(update={"early_stopping": rule})
    scores = world.folder / "killed-scores.arrow"
    write_in_batch_scores(world.plan, (0, settings.steps), LiveTeacher(world.teacher()), scores)
    names = {"model": FILES[:2], "card": ["card.json"], "log": ["log.parquet"]}
    given = {
        "recipe": {
            "training": settings.loop.plain(),
            "model": settings.model.plain(),
            "losses": losses_of(settings),
        },
        "inputs": {
            "encoder": [str(world.encoder / name) for name in (*FILES[:2], "tokenizer.json")],
            "queries": [str(world.folder / "queries.arrow")],
            "passages": [str(world.folder / "passages.arrow")],
            "plan": [str(path) for path in world.plan],
            "in_batch_scores": [str(scores)],
            "early_stopping_set": [str(candidates)],
            "early_stopping_queries": [str(world.folder / "queries.arrow")],
        },
        "outputs": {
            **{name: [f"{RUN}/{file}" for file in files] for name, files in names.items()},
            "times": [f"{RUN}/times.json"],
        },
    }
    command = [sys.executable, "-c", FORK_TRAININGS, json.dumps(given)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:

        def run(folder, lines=1000, seconds=0.0):
            process.stdin.write(json.dumps([str(folder), lines, seconds]) + "\n")
            process.stdin.flush()
            status = int(process.stdout.readline())
            assert status in (0, signal.SIGKILL)
            return status == 0

        yield run


def test_a_training_killed_at_twenty_moments_ends_with_the_identical_files(train, tmp_path):
    assert train(tmp_path / "whole")
    log = pl.read_parquet(tmp_path / "whole" / RUN / "log.parquet")
    killed, moments, kills, states = tmp_path / "killed", random.Random(5), 0, set()
    while kills < KILLS:
        if kills % 4 == 0:
            shutil.rmtree(killed, ignore_errors=True)
        kills += not train(killed, moments.randint(0, len(log)), moments.uniform(0, 0.01))
        states |= {path.name.split("-")[1] for path in (killed / STATE).glob("state-*.pt")}
    assert len(states) > 1
    assert train(killed)
    assert_equal(tmp_path)


def test_a_state_that_was_damaged_after_a_kill_changes_no_weight(train, tmp_path):
    assert train(tmp_path / "whole")
    killed, random_places, damaged = tmp_path / "killed", random.Random(6), 0
    while damaged < 5:
        shutil.rmtree(killed, ignore_errors=True)
        if train(killed, 5, random_places.uniform(0, 0.01)):
            continue
        for path in [*(killed / STATE).glob("*.pt")]:
            data = bytearray(path.read_bytes())
            data[random_places.randrange(len(data))] ^= 1 << random_places.randrange(8)
            path.write_bytes(data)
            damaged += 1
        assert train(killed)
        assert_equal(tmp_path)


def assert_equal(tmp_path):
    """Both trainings have left the same files."""
    for name in FILES:
        first, second = (tmp_path / folder / RUN / name for folder in ("whole", "killed"))
        assert first.read_bytes() == second.read_bytes(), name
