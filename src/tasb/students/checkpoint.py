"""What a killed training resumes from: written whole, in a folder that outlives the job.

The name of each file holds the digest of its contents, so a damaged one is known as such.
"""

import fcntl
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from tasb.errors import TasbError
from tasb.files import is_sealed, sealed, write_json
from tasb.jobs import log

FINGERPRINT = "fingerprint.json"
DIGEST = "DIGEST"
NUMBER = re.compile(r"-(\d+)-")
KEPT = 2
"""States that are kept: should the newest be damaged, the one before saves the training."""


class CheckpointFolder:
    """The states of one training, for one recipe, one code and one set of inputs."""

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
        if not self._is_of_this_training():
            self._start_afresh()
        for path in self._files("state"):
            state = self._read(path)
            if state is not None:
                log.info("resuming after step %d", state["progress"]["step"])
                self._best_before = state["progress"]["best_step"]
                return state
            path.unlink()
        self._start_afresh()
        return None

    def _is_of_this_training(self) -> bool:
        mark = self.folder / FINGERPRINT
        written = json.dumps(self.fingerprint).encode()
        return mark.is_file() and mark.read_bytes().strip() == written

    def _read(self, path: Path) -> dict[str, Any] | None:
        """Return a state, or None if it or the weights of its best step are damaged."""
        if not is_sealed(path):
            log.warning("%s is damaged; an earlier state is looked for", path)
            return None
        state: dict[str, Any] = torch.load(path, weights_only=True)
        best = state["progress"]["best_step"]
        if best and self._best(best) is None:
            log.warning("%s: the weights of its best step, %d, are gone or damaged", path, best)
            return None
        return state

    def _files(self, kind: str) -> list[Path]:
        """Return the files of a kind, those of the last steps first."""
        return sorted(self.folder.glob(f"{kind}-*.pt"), key=_step_of, reverse=True)

    def _best(self, step: int) -> Path | None:
        """Return the file of the weights of a best step, if it is whole."""
        found = [path for path in self._files("best") if _step_of(path) == step]
        return next(filter(is_sealed, found), None)

    def _start_afresh(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        write_json(self.folder / FINGERPRINT, self.fingerprint)

    def save(self, state: dict[str, Any]) -> None:
        """Write a state, whole or not at all; the one before is kept."""
        step, best = state["progress"]["step"], state["progress"]["best_step"]
        self._write("state", step, state)
        for old in self._files("state")[KEPT:]:
            old.unlink()
        for path in self._files("best"):
            if _step_of(path) not in (self._best_before, best):
                path.unlink()
        self._best_before = best

    def save_best(self, step: int, state: dict[str, Any]) -> None:
        """Write the weights of the best step so far, in addition to those of earlier ones."""
        self._write("best", step, state)

    def _write(self, kind: str, step: int, state: dict[str, Any]) -> None:
        with sealed(self.folder / f"{kind}-{step}-{DIGEST}.pt", DIGEST) as part:
            torch.save(state, part)

    def load_best(self, step: int) -> dict[str, Any]:
        """Read the weights of the best step.

        Raises:
            TasbError: they are damaged.
        """
        path = self._best(step)
        if path is None:
            raise TasbError(
                f"{self.folder}: the weights of step {step} are gone or damaged; run the same "
                "command again, which goes on from a state that is whole"
            )
        state: dict[str, Any] = torch.load(path, weights_only=True)
        return state

    def remove(self) -> None:
        """Delete the states, once the trained model is written.

        The fingerprint goes first: what a kill leaves of the rest is then discarded.
        """
        (self.folder / FINGERPRINT).unlink()
        shutil.rmtree(self.folder)


def _step_of(path: Path) -> int:
    found = NUMBER.search(path.name)
    return int(found[1]) if found else -1
