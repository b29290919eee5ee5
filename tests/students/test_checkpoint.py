import threading
from pathlib import Path

import pytest
import torch

from tasb.students.checkpoint import LAST, PREVIOUS, CheckpointFolder


def state_of(step, log_bytes, best_step=0):
    progress = {"step": step, "log_bytes": log_bytes, "best_step": best_step}
    return {"model": {"weight": torch.arange(3.0)}, "progress": progress}


@pytest.fixture
def saved(tmp_path):
    """A folder with a state and two lines of log."""
    checkpoints = CheckpointFolder(tmp_path / "run", "recipe one")
    assert checkpoints.open() is None
    size = checkpoints.append_log("first")
    checkpoints.save(state_of(3, size))
    checkpoints.append_log("second")
    return checkpoints


def test_the_state_of_the_same_inputs_is_taken_up(saved):
    state = CheckpointFolder(saved.folder, "recipe one").open()
    assert state["progress"]["step"] == 3
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
        saved.save({**state_of(4, 0), "lock": threading.Lock()})
    assert saved.open()["progress"]["step"] == 3
    files = {file.name for file in saved.folder.iterdir()}
    assert files == {LAST, "fingerprint.json", "log.jsonl"}


@pytest.mark.parametrize("damage", [lambda data: data[:900], lambda data: b""])
def test_a_damaged_state_is_passed_over_for_the_one_before(saved, damage):
    saved.save(state_of(6, 0))
    last = saved.folder / LAST
    last.write_bytes(damage(last.read_bytes()))
    again = CheckpointFolder(saved.folder, "recipe one")
    assert again.open()["progress"]["step"] == 3
    again.save(state_of(6, 0))
    assert again.open()["progress"]["step"] == 6
    last.write_bytes(b"")
    (saved.folder / PREVIOUS).write_bytes(b"")
    assert again.open() is None


def test_the_best_weights_stay_until_no_state_names_them(saved):
    def best():
        return {path.name for path in saved.folder.glob("best*")}

    for step in (10, 20, 30):
        saved.save_best(step, {"model": step})
        saved.save(state_of(step, 0, step))
    assert best() == {"best-20.pt", "best-30.pt"}
    saved.save(state_of(40, 0, 30))
    assert best() == {"best-30.pt"}
    assert saved.load_best(30)["model"] == 30


def test_a_second_training_of_the_same_run_waits_for_the_first(saved, caplog):
    begun = threading.Event()

    def second():
        with CheckpointFolder(saved.folder, "recipe two").locked():
            begun.set()

    thread = threading.Thread(target=second)
    with saved.locked():
        with CheckpointFolder(saved.folder.with_name("other"), "").locked():
            pass
        thread.start()
        assert not begun.wait(0.3)
        assert "another training of this run is under way" in caplog.text
    thread.join(10)
    assert begun.is_set()


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PK half")])
def test_a_state_without_whole_best_weights_is_passed_over(saved, damage):
    saved.save_best(4, {"model": 4})
    saved.save(state_of(6, 0, 4))
    assert saved.open()["progress"]["step"] == 6
    damage(saved.folder / "best-4.pt")
    assert saved.open()["progress"]["step"] == 3


def test_what_a_kill_leaves_of_a_removal_is_discarded(saved):
    (saved.folder / "fingerprint.json").unlink()
    assert saved.open() is None


def test_nothing_is_left_of_a_removed_state(saved):
    saved.remove()
    assert not saved.folder.exists()
