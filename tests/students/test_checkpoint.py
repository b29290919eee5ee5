import threading

import pytest
import torch

from tasb.errors import TasbError
from tasb.students.checkpoint import LAST, CheckpointFolder


@pytest.fixture
def saved(tmp_path):
    """A folder with a state and two lines of log."""
    checkpoints = CheckpointFolder(tmp_path / "run", "recipe one")
    assert checkpoints.open() is None
    size = checkpoints.append_log("first")
    state = {"step": 3, "model": {"weight": torch.arange(3.0)}, "progress": {"log_bytes": size}}
    checkpoints.save(LAST, state)
    checkpoints.append_log("second")
    return checkpoints


def test_the_state_of_the_same_inputs_is_taken_up(saved):
    state = CheckpointFolder(saved.folder, "recipe one").open()
    assert state["step"] == 3
    assert torch.equal(state["model"]["weight"], torch.arange(3.0))


def test_the_state_of_other_inputs_is_discarded_with_its_log(saved):
    other = CheckpointFolder(saved.folder, "recipe two")
    assert other.open() is None
    other.cut_log(0)
    assert other.log_lines() == []
    assert CheckpointFolder(saved.folder, "recipe one").open() is None


def test_the_log_is_cut_to_its_size_at_the_last_state(saved):
    size = len("first\n")
    saved.cut_log(size)
    assert saved.append_log("other") == size + len("other\n")
    assert saved.log_lines() == ["first", "other"]


@pytest.mark.parametrize("left", [None, "fir"])
def test_a_state_whose_log_was_lost_is_discarded(saved, left):
    log = saved.folder / "log.jsonl"
    log.unlink()
    if left is not None:
        log.write_text(left)
    assert CheckpointFolder(saved.folder, "recipe one").open() is None
    assert not (saved.folder / LAST).exists()
    saved.cut_log(0)
    assert saved.log_lines() == []


def test_a_state_that_cannot_be_written_leaves_the_one_before(saved):
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        saved.save(LAST, {"step": 4, "lock": threading.Lock()})
    assert saved.open()["step"] == 3
    files = {file.name for file in saved.folder.iterdir()}
    assert files == {LAST, "fingerprint.json", "log.jsonl"}


def test_the_best_weights_stay_until_no_state_names_them(saved):
    for step in (10, 20):
        saved.save_best(step, {"model": step})
    assert [saved.load_best(step)["model"] for step in (10, 20)] == [10, 20]
    saved.keep_best(20)
    assert [path.name for path in saved.folder.glob("best*")] == ["best-20.pt"]


def test_a_second_training_of_the_same_run_is_refused(saved):
    second = CheckpointFolder(saved.folder, "recipe one")
    with saved.locked():
        with pytest.raises(TasbError, match="another training of this run"), second.locked():
            pass
        with CheckpointFolder(saved.folder.with_name("other"), "").locked():
            pass
    with second.locked():
        assert second.open()["step"] == 3


def test_nothing_is_left_of_a_removed_state(saved):
    saved.remove()
    assert not saved.folder.exists()
