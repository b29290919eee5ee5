"""Snakemake is killed while it trains: the rerun that README describes ends as if it had not."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.xdist_group("killed")

RUN = "none-random"
"""It rests on no other training, so that little is made before it."""
LONGER = (
    "runs={none-random: {steps: 240, checkpoint_interval: 20, log_interval: 5, "
    "early_stopping: null}}"
)
WEIGHTS = f"results/students/tiny/{RUN}/model.safetensors"
LOG = f"results/students/tiny/{RUN}/log.parquet"
STATE = f"results/checkpoints/students/tiny/{RUN}"


@pytest.fixture(scope="module")
def arguments(tiny_job):
    """The arguments that train one run, longer than the others."""
    _, *rest = tiny_job
    return (WEIGHTS, *rest, "--config", LONGER)


@pytest.fixture(scope="module")
def undisturbed(house, snakemake, arguments, tmp_path_factory):
    """A house in which the run was trained and nothing killed."""
    made = shutil.ignore_patterns("results", "logs", ".snakemake")
    folder = tmp_path_factory.mktemp("undisturbed") / "house"
    shutil.copytree(house, folder, ignore=made)
    process = snakemake(*arguments, folder=folder)
    assert process.returncode == 0, process.stderr[-4000:]
    return folder


@pytest.fixture
def copy(undisturbed, tmp_path):
    """A house with all that the run rests on, and nothing of the run itself."""
    folder = shutil.copytree(undisturbed, tmp_path / "house")
    shutil.rmtree((folder / WEIGHTS).parent)
    (folder / f"results/students/tiny/{RUN}.made.json").unlink()
    (folder / "logs" / "students" / "tiny" / f"{RUN}.log").unlink()
    return folder


def saved(states):
    """Return how many states of a training there are; it clears their folder now and then."""
    try:
        return len([*states.glob("state-*.pt")])
    except FileNotFoundError:
        return 0


def kill_in_training(folder, environment, arguments, with_jobs):
    """Start Snakemake, and kill it once some states of the training are saved."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    variables = environment | {"HF_HUB_OFFLINE": "1", "PYTHONPATH": str(folder / "src")}
    states = folder / STATE
    with open(folder / "killed.log", "w") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=output, stderr=output, start_new_session=True
        )
        deadline = time.monotonic() + 120
        while saved(states) < 2:
            assert process.poll() is None, (folder / "killed.log").read_text()[-4000:]
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if with_jobs:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


@pytest.mark.parametrize("with_jobs", [True, False], ids=["with its jobs", "alone"])
def test_the_same_command_goes_on_after_snakemake_was_killed(
    copy, environment, snakemake, arguments, undisturbed, with_jobs
):
    kill_in_training(copy, environment, arguments, with_jobs)
    assert not (copy / WEIGHTS).exists()
    locked = snakemake(*arguments, folder=copy)
    assert locked.returncode != 0
    assert "--unlock" in locked.stderr
    assert snakemake(*arguments, "--unlock", folder=copy).returncode == 0
    process = snakemake(*arguments, folder=copy)
    assert process.returncode == 0, process.stderr[-4000:]
    log = (copy / "logs" / "students" / "tiny" / f"{RUN}.log").read_text()
    assert ("resuming after step" in log) is with_jobs or "waiting for its end" in log
    for file in (WEIGHTS, LOG):
        assert (copy / file).read_bytes() == (undisturbed / file).read_bytes()
