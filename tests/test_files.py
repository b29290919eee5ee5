import hashlib
import shutil
import signal
import subprocess
import sys

import pytest

from tasb.errors import TasbError
from tasb.files import existing, fingerprint, read_json, sha256, whole, write_json, write_text

WRITE_HALF_AND_WAIT = """
import sys, time
from tasb.files import whole
with whole(sys.argv[1]) as part:
    part.write_text("half")
    print("written", flush=True)
    time.sleep(60)
"""


def kill_while_writing(path):
    command = [sys.executable, "-c", WRITE_HALF_AND_WAIT, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def test_nothing_is_at_the_path_until_all_is_written(tmp_path):
    with whole(tmp_path / "a.txt") as part:
        part.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_the_part_is_on_the_same_disk_and_has_the_same_name(tmp_path):
    with whole(tmp_path / "new" / "a.parquet") as part:
        assert part.name == "a.parquet"
        assert part.parent.parent == tmp_path / "new"
        part.write_text("")


def test_a_kill_leaves_nothing_at_the_path(tmp_path):
    kill_while_writing(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_what_a_kill_left_is_gone_after_the_next_write(tmp_path):
    kill_while_writing(tmp_path / "a")
    assert list(tmp_path.iterdir()) != []
    write_text(tmp_path / "a", "new")
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_kill_keeps_the_file_that_stood_there(tmp_path):
    (tmp_path / "a").write_text("old")
    kill_while_writing(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.parametrize("before", [None, "old"])
def test_an_error_leaves_the_folder_as_it_was(tmp_path, before):
    if before:
        (tmp_path / "a.txt").write_text(before)
    with pytest.raises(ZeroDivisionError), whole(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert [path.read_text() for path in tmp_path.iterdir()] == ([before] if before else [])


def test_an_old_file_stays_when_nothing_was_written(tmp_path):
    write_text(tmp_path / "a", "old")
    with pytest.raises(FileNotFoundError), whole(tmp_path / "a"):
        pass
    assert (tmp_path / "a").read_text() == "old"


def test_json_is_sorted_utf8_and_comes_back(tmp_path):
    write_json(tmp_path / "a.json", {"b": "Ü", "a": [1, 2.5, None]})
    text = (tmp_path / "a.json").read_bytes().decode("utf-8")
    assert text.index('"a"') < text.index('"b"') and "Ü" in text and text.endswith("}\n")
    assert read_json(tmp_path / "a.json") == {"a": [1, 2.5, None], "b": "Ü"}


def test_sha256_is_the_digest_of_the_bytes(tmp_path):
    write_text(tmp_path / "a", "abc")
    # FIPS 180-4's example.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(tmp_path / "a") == digest == hashlib.sha256(b"abc").hexdigest()


def test_a_missing_path_is_an_error_that_names_the_key(tmp_path):
    assert existing(tmp_path, "encoder.path") == tmp_path
    with pytest.raises(TasbError, match=r"^encoder\.path: '.*nowhere' does not exist"):
        existing(tmp_path / "nowhere", "encoder.path")


def test_a_fingerprint_changes_with_the_recipe_and_with_the_contents(tmp_path):
    file = tmp_path / "a"
    file.write_text("one")
    first = fingerprint({"a": 1, "b": 2}, [str(file)])
    assert first == fingerprint({"b": 2, "a": 1}, [str(file)])
    assert first != fingerprint({"a": 1, "b": 3}, [str(file)])
    file.write_text("two")
    assert first != fingerprint({"a": 1, "b": 2}, [str(file)])


FILL_A_SMALL_DISK = """
import sys
from pathlib import Path
import numpy as np, polars as pl, torch
from tasb.errors import TasbError
from tasb.files import whole, write_text
from tasb.students.checkpoint import CheckpointFolder
from tasb.tokens.store import write_tokens
from tasb.vectors.shards import write_vectors

disk, numbers = Path(sys.argv[1]), np.random.default_rng(0).random((1 << 16, 8), np.float32)

def parquet(path):
    with whole(path) as part:
        pl.DataFrame(numbers).write_parquet(part)

def vectors(path):
    with whole(path) as part:
        write_vectors(iter([numbers]), 8, part)

def state(path):
    progress = {"step": 1, "best_step": 0}
    CheckpointFolder(disk, "").save({"model": torch.from_numpy(numbers), "progress": progress})

writers = {
    "a.txt": lambda path: write_text(path, "x" * (1 << 21)),
    "a.parquet": parquet,
    "a.arrow": vectors,
    "a.tokens": lambda path: write_tokens(numbers.view(np.uint16).tolist(), 100, path),
    "state-1-DIGEST.pt": state,
}
(disk / "earlier").write_text("whole")
for name, write in writers.items():
    try:
        write(disk / name)
    except TasbError as error:
        assert f"{name}: the disk (or your share of it) is full" in str(error), error
        print(name)
    assert [path.name for path in disk.iterdir()] == ["earlier"], list(disk.iterdir())
assert (disk / "earlier").read_text() == "whole"
"""


SMALL_DISK = ["unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=1m none "$0" && exec "$@"']


@pytest.fixture
def on_a_small_disk(tmp_path):
    """Run a command with a disk of 1 MB mounted at tmp_path."""

    def run(*command):
        return subprocess.run(
            [*SMALL_DISK, tmp_path, *command], capture_output=True, text=True, check=False
        )

    if shutil.which("unshare") is None or run("true").returncode:
        pytest.skip("no small disk can be mounted here (unshare is missing or not allowed)")
    return run


def test_a_full_disk_is_said_and_leaves_what_stood(on_a_small_disk, tmp_path):
    process = on_a_small_disk(sys.executable, "-c", FILL_A_SMALL_DISK, tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout.split() == [
        "a.txt",
        "a.parquet",
        "a.arrow",
        "a.tokens",
        "state-1-DIGEST.pt",
    ]
