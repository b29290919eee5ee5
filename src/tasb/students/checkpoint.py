"""What a killed training resumes from: written whole, in a folder that outlives the job."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from tasb.files import RoomFor, read_json, whole, write_json
from tasb.jobs import log

LAST, PREVIOUS = "last.pt", "previous.pt"
FINGERPRINT = "fingerprint.json"
LOG = "log.jsonl"


class CheckpointFolder:
    """The state of one training, for one recipe, one code and one set of inputs."""

    def __init__(self, folder: str | Path, fingerprint: str) -> None:
        self.folder = Path(folder)
        self.fingerprint = fingerprint
        self._best_before = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder, so that no second training of the same run writes at the same time.

        One that outlived a killed Snakemake is waited for.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        lock = self.folder.with_name(f".{self.folder.name}.lock")
        with open(lock, "w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.warning(
                    "%s: another training of this run is under way (perhaps one that outlived a "
                    "killed Snakemake); waiting for its end, stop it to go on at once", self.folder
                )  # fmt: skip
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def open(self) -> dict[str, Any] | None:
        """Return the last state that is whole, or None after discarding that of anything else."""
        mark = self.folder / FINGERPRINT
        if not mark.is_file() or read_json(mark) != self.fingerprint:
            self._start_afresh()
        for path in (self.folder / LAST, self.folder / PREVIOUS):
            state = self._read(path) if path.is_file() else None
            if state is not None:
                log.info("resuming after step %d", state["progress"]["step"])
                self._best_before = state["progress"]["best_step"]
                return state
            path.unlink(missing_ok=True)
        self._start_afresh()
        return None

    def _read(self, path: Path) -> dict[str, Any] | None:
        """Return a state, or None if it is damaged or counts on more log than there is."""
        state = _load(path)
        if state is None:
            return None
        progress = state["progress"]
        if self._log_bytes() < progress["log_bytes"]:
            log.warning("%s: the training log has lost lines since", path)
            return None
        best = progress["best_step"]
        if best and _load(self.folder / _best(best)) is None:
            log.warning("%s: the weights of its best step are gone", path)
            return None
        return state

    def _start_afresh(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        write_json(self.folder / FINGERPRINT, self.fingerprint)

    def _log_bytes(self) -> int:
        path = self.folder / LOG
        return path.stat().st_size if path.is_file() else 0

    def save(self, state: dict[str, Any]) -> None:
        """Write a state, whole or not at all; the one before is kept."""
        last, best = self.folder / LAST, state["progress"]["best_step"]
        with whole(last) as part:
            torch.save(state, part)
            if last.is_file():
                os.replace(last, self.folder / PREVIOUS)
        self._keep_best(self._best_before, best)
        self._best_before = best

    def save_best(self, step: int, state: dict[str, Any]) -> None:
        """Write the weights of the best step so far, in addition to those of earlier ones."""
        with whole(self.folder / _best(step)) as part:
            torch.save(state, part)

    def load_best(self, step: int) -> dict[str, Any]:
        """Read the weights of the best step."""
        state: dict[str, Any] = torch.load(self.folder / _best(step), weights_only=True)
        return state

    def _keep_best(self, *steps: int) -> None:
        """Delete the weights of all best steps but those that the saved states name."""
        for path in self.folder.glob(_best("*")):
            if path.name not in map(_best, steps):
                path.unlink()

    def cut_log(self, size: int) -> None:
        """Cut the log to what it was when the last state was saved."""
        path = self.folder / LOG
        path.touch()
        os.truncate(path, size)

    def append_log(self, line: str) -> int:
        """Append a line to the log; return the log's size in bytes."""
        path = self.folder / LOG
        with RoomFor(path), open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())  # a saved state counts on the lines before it
            return file.tell()

    def log_lines(self) -> list[str]:
        """Return the lines of the log."""
        return (self.folder / LOG).read_text(encoding="utf-8").splitlines()

    def remove(self) -> None:
        """Delete the state, once the trained model is written.

        The fingerprint goes first: what a kill leaves of the rest is then discarded.
        """
        (self.folder / FINGERPRINT).unlink()
        shutil.rmtree(self.folder)


def _load(path: Path) -> dict[str, Any] | None:
    """Return what a file holds, or None if it is not there or is damaged."""
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True)
    except FileNotFoundError:
        return None
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        log.warning("%s is damaged (%s)", path, type(error).__name__)
        return None
    return state


def _best(step: int | str) -> str:
    return f"best-{step}.pt"
