"""A training that dies between any two changes of its folder, in a process of its own."""

import os
from collections.abc import Callable

import pytest
import torch

from tasb.students.checkpoint import CheckpointFolder

CHANGES = ("mkdir", "fsync", "replace", "unlink", "rmdir")
"""The functions of os that a checkpoint folder is changed by."""

KILLED = 9


def save_steps(folder: str, steps: range) -> None:
    """Do what a training does at each step: best weights, a state."""
    checkpoints = CheckpointFolder(folder, "recipe")
    checkpoints.open()
    for step in steps:
        weights = {"weight": torch.full((3,), float(step))}
        checkpoints.save_best(step, {"model": weights})
        progress = {"step": step, "best_step": step}
        checkpoints.save({"model": weights, "progress": progress})


def killed_before(change: int, work: Callable[[], None]) -> bool:
    """Do the work in a child that dies before its change number ``change``; say if it did."""
    child = os.fork()
    if child == 0:
        left = change

        def counted(function):
            def call(*arguments, **options):
                nonlocal left
                if left == 0:
                    os._exit(KILLED)
                left -= 1
                return function(*arguments, **options)

            return call

        for name in CHANGES:
            setattr(os, name, counted(getattr(os, name)))
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED)
    return status == KILLED


def whole_step(folder: str) -> int:
    """Return the step of the state that a new process takes up, after looking at all it needs."""
    checkpoints = CheckpointFolder(folder, "recipe")
    state = checkpoints.open()
    assert state is not None
    step = state["progress"]["step"]
    weights = torch.full((3,), float(step))
    assert torch.equal(state["model"]["weight"], weights)
    assert torch.equal(checkpoints.load_best(step)["model"]["weight"], weights)
    return step


def test_a_kill_before_any_change_leaves_a_whole_state(tmp_path):
    found, change = [], 0
    while True:
        folder = str(tmp_path / str(change))
        save_steps(folder, range(1, 3))
        killed = killed_before(change, lambda folder=folder: save_steps(folder, range(3, 5)))
        found.append(whole_step(folder))
        if not killed:
            break
        change += 1
    assert found == sorted(found)
    assert set(found) == {2, 3, 4}
    assert change > 15


@pytest.mark.parametrize("change", range(12))
def test_a_kill_during_a_removal_leaves_nothing_that_is_taken_up(tmp_path, change):
    folder = str(tmp_path / "run")
    save_steps(folder, range(1, 3))
    killed = killed_before(change, lambda: CheckpointFolder(folder, "recipe").remove())
    state = CheckpointFolder(folder, "recipe").open()
    if killed and change == 0:
        assert state["progress"]["step"] == 2
    else:
        assert state is None
