import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from tasb.errors import TasbError
from tasb.students.checkpoint import CheckpointFolder


def state_of(step, best_step=0):
    progress = {"step": step, "best_step": best_step}
    return {"model": {"weight": torch.arange(3.0)}, "progress": progress}


def files_of(folder, kind):
    """Return the files of a kind, the last steps first."""
    return sorted(folder.glob(f"{kind}-*"), key=lambda path: -int(path.name.split("-")[1]))


def flip(path, place=None):
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    place = len(data) // 2 if place is None else place
    data[place] ^= 4
    path.write_bytes(data)


@pytest.fixture
def saved(tmp_path):
    """A folder with a state."""
    checkpoints = CheckpointFolder(tmp_path / "run", "recipe one")
    assert checkpoints.open() is None
    checkpoints.save(state_of(3))
    return checkpoints


def test_the_state_of_the_same_inputs_is_taken_up(saved):
    state = CheckpointFolder(saved.folder, "recipe one").open()
    assert state["progress"]["step"] == 3
    assert torch.equal(state["model"]["weight"], torch.arange(3.0))


def test_the_state_of_other_inputs_is_discarded(saved):
    assert CheckpointFolder(saved.folder, "recipe two").open() is None
    assert CheckpointFolder(saved.folder, "recipe one").open() is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b'"recipe', b"{}"])
def test_a_damaged_fingerprint_is_that_of_another_training(saved, content):
    (saved.folder / "fingerprint.json").write_bytes(content)
    assert CheckpointFolder(saved.folder, "recipe one").open() is None


def test_a_state_that_cannot_be_written_leaves_the_one_before(saved):
    with pytest.raises((AttributeError, TypeError, RuntimeError)):
        saved.save({**state_of(4), "lock": threading.Lock()})
    assert saved.open()["progress"]["step"] == 3
    assert len([*saved.folder.iterdir()]) == 2


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b""), flip, Path.unlink])
def test_a_damaged_state_is_passed_over_for_the_one_before(saved, damage):
    saved.save(state_of(6))
    damage(files_of(saved.folder, "state")[0])
    again = CheckpointFolder(saved.folder, "recipe one")
    assert again.open()["progress"]["step"] == 3
    again.save(state_of(6))
    assert again.open()["progress"]["step"] == 6
    for path in files_of(saved.folder, "state"):
        damage(path)
    assert again.open() is None


def test_no_flipped_bit_of_fifty_places_is_taken_up(saved, caplog):
    saved.save(state_of(6))
    (path, _), random = files_of(saved.folder, "state"), np.random.default_rng(5)
    whole = path.read_bytes()
    for place in random.integers(0, len(whole), 50):
        path.write_bytes(whole)
        flip(path, place)
        state = CheckpointFolder(saved.folder, "recipe one").open()
        assert state["progress"]["step"] == 3
        assert f"{path} is damaged" in caplog.text
        caplog.clear()


def test_two_states_are_kept_and_the_best_weights_that_they_name(saved):
    def steps(kind):
        return [int(path.name.split("-")[1]) for path in files_of(saved.folder, kind)]

    for step in (10, 20, 30):
        saved.save_best(step, {"model": step})
        saved.save(state_of(step, step))
    assert (steps("state"), steps("best")) == ([30, 20], [30, 20])
    saved.save(state_of(40, 30))
    assert (steps("state"), steps("best")) == ([40, 30], [30])
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


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"PK"), flip])
def test_a_state_without_whole_best_weights_is_passed_over(saved, damage):
    saved.save_best(4, {"model": 4})
    saved.save(state_of(6, 4))
    assert saved.open()["progress"]["step"] == 6
    damage(files_of(saved.folder, "best")[0])
    with pytest.raises(TasbError, match="the weights of step 4 are gone or damaged; run the same"):
        saved.load_best(4)
    assert saved.open()["progress"]["step"] == 3


def test_what_a_kill_leaves_of_a_removal_is_discarded(saved):
    (saved.folder / "fingerprint.json").unlink()
    assert saved.open() is None


def test_nothing_is_left_of_a_removed_state(saved):
    saved.remove()
    assert not saved.folder.exists()
