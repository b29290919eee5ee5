"""A training that is killed at any moment goes on to the weights of an undisturbed one."""

import json
import random
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import polars as pl
import pytest

from tasb.models.kinds import BertCat
from tasb.students.artifacts import losses_of
from tasb.students.config import EarlyStopping
from tasb.students.loss_kinds import Contrastive, CrossEntropy, Losses
from tasb.teachers.in_batch import LiveTeacher, write_in_batch_scores

KILLS = 20
RUN = "results/students/c/run"
STATE = "results/checkpoints/students/c/run"
FILES = ("config.json", "model.safetensors", "card.json", "log.parquet")

OTHERS = {
    "contrastive, in parts": {
        "losses": Losses(pairwise=None, in_batch=Contrastive(kind="contrastive")),
        "gradient_cache": 64,
    },
    "cross-encoder": {
        "losses": Losses(pairwise=CrossEntropy(kind="cross-entropy")),
        "model": BertCat(kind="bert-cat"),
    },
}

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


def job_of(world, run, teacher):
    """Return the job of a run, with the files that its in-batch loss reads."""
    names = {"model": FILES[:2], "card": ["card.json"], "log": ["log.parquet"]}
    return {
        "recipe": {
            "training": run.loop.plain(),
            "model": run.model.plain(),
            "losses": losses_of(run),
        },
        "inputs": {
            "encoder": [str(world.encoder / name) for name in (*FILES[:2], "tokenizer.json")],
            "queries": [str(world.folder / "queries.arrow")],
            "passages": [str(world.folder / "passages.arrow")],
            "plan": [str(path) for path in world.plan],
            **teacher,
        },
        "outputs": {
            **{name: [f"{RUN}/{file}" for file in files] for name, files in names.items()},
            "times": [f"{RUN}/times.json"],
        },
    }


@contextmanager
def training(job):
    """Yield a function that trains in a process of its own, killed after some lines of its log.

    It returns whether the training came to its end.
    """
    command = [sys.executable, "-c", FORK_TRAININGS, json.dumps(job)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:

        def run(folder, lines=1000, seconds=0.0):
            process.stdin.write(json.dumps([str(folder), lines, seconds]) + "\n")
            process.stdin.flush()
            status = int(process.stdout.readline())
            assert status in (0, signal.SIGKILL)
            return status == 0

        yield run


@pytest.fixture
def train(world, tiny_run):
    """Train with both teachers and early stopping."""
    candidates, scores = world.folder / "candidates.parquet", world.folder / "scores.arrow"
    rows = [("q0", "p0", 0, 0, 1), ("q0", "p12", 0, 12, 0), ("q1", "p1", 1, 1, 1)]
    columns = ["query_id", "passage_id", "query", "passage", "grade"]
    pl.DataFrame(rows, schema=columns, orient="row").write_parquet(candidates)
    rule = EarlyStopping(interval=4, patience=9, minimum=0)
    settings = tiny_run.model_copy(update={"early_stopping": rule})
    write_in_batch_scores(world.plan, (0, settings.steps), LiveTeacher(world.teacher()), scores)
    read = {
        "in_batch_scores": [str(scores)],
        "early_stopping_set": [str(candidates)],
        "early_stopping_queries": [str(world.folder / "queries.arrow")],
    }
    with training(job_of(world, settings, read)) as run:
        yield run


@pytest.fixture(params=OTHERS)
def train_other(world, tiny_run, request):
    """Train another kind of run."""
    qrels = world.folder / "qrels.parquet"
    rows = [(0, 3, 1), (0, 5, 1), (4, 7, 1)]
    pl.DataFrame(rows, schema=["query", "passage", "grade"], orient="row").write_parquet(qrels)
    settings = tiny_run.model_copy(update=OTHERS[request.param])
    with training(job_of(world, settings, {"qrels": [str(qrels)]})) as run:
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


def test_another_kind_of_run_killed_at_four_moments_does_so_too(train_other, tmp_path):
    assert train_other(tmp_path / "whole")
    moments, kills = random.Random(8), 0
    while kills < 4:
        kills += not train_other(
            tmp_path / "killed", moments.randint(0, 5), moments.uniform(0, 0.01)
        )
    assert train_other(tmp_path / "killed")
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
