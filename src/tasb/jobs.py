"""What every job does the same way: its log, its progress lines, its errors, its sidecar."""

import importlib
import logging
import os
import platform
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from tasb.errors import ERROR, explained
from tasb.files import sha256, write_json
from tasb.origin import origin
from tasb.versions import versions

log = logging.getLogger("tasb")
STDERR = 2


@dataclass
class Job:
    """What a job is given: its recipe, and files by the names of its rule."""

    recipe: Mapping[str, Any]
    inputs: Mapping[str, list[str]]
    outputs: Mapping[str, list[str]]
    threads: int = 1
    about: dict[str, Any] = field(default_factory=dict)
    """What the job found out while it ran, for the sidecar: device, precision, and the like."""

    def file(self, name: str) -> str:
        """Return the one file of an input."""
        (path,) = self.inputs[name]
        return path

    def files(self, name: str) -> list[str]:
        """Return the files of an input, none if it has none."""
        return self.inputs.get(name, [])

    def optional(self, name: str) -> str | None:
        """Return the file of an input, if there is one."""
        return next(iter(self.files(name)), None)

    def output(self, name: str) -> str:
        """Return the one file of an output."""
        (path,) = self.outputs[name]
        return path


def run(
    recipe: Mapping[str, Any],
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
    log_file: str,
    threads: int,
) -> None:
    """Make an artifact, and write its sidecar.

    The sidecar holds digests of the files, what they were made from, seconds, peak memory, device
    and versions.

    Args:
        recipe: see `tasb.artifact.Artifact.recipe`; ``make`` names the function.
        inputs: a path or several by the name of the input.
        outputs: the same of the outputs; the sidecar is ``made``.
        log_file: where the log goes.
        threads: CPU threads that the job may use.
    """
    given = Job(recipe, _lists(inputs), _lists(outputs), threads)
    name = "/".join(Path(log_file).with_suffix("").parts[3:]) or Path(log_file).stem
    with logged(log_file, name):
        started = time.perf_counter()
        made_from = origin(recipe, given.inputs)
        function(recipe["make"])(given)
        _write_sidecar(given, made_from, time.perf_counter() - started)


def function(name: str) -> Any:
    """Return the function of a name such as ``tasb.rankings.rerank:make``."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _lists(files: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [found] if isinstance(found, str) else [*found] for name, found in files.items()}


def _write_sidecar(job: Job, made_from: Mapping[str, Any], seconds: float) -> None:
    made = [path for name, paths in job.outputs.items() if name != "made" for path in paths]
    sidecar = {
        "sha256": {path: sha256(path) for path in made},
        "from": made_from,
        "seconds": round(seconds, 3),
        "peak_memory_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
        "machine": platform.platform(),
        "packages": versions(),
        **job.about,
    }
    write_json(job.output("made"), sidecar)


class _Lines:
    """A text stream for tqdm that turns each refresh of a bar into one line of the log."""

    def write(self, text: str) -> None:
        """Log the text, without the signs that move the cursor."""
        line = text.strip("\r\n ")
        if line:
            log.info(line)

    def flush(self) -> None:
        """Do nothing; the log's handlers flush each line."""


class logged:  # noqa: N801, a context manager
    """Send the log of a job, and whatever it prints as an error, to a file and to the terminal.

    An error ends the process. One that the user can fix is told in its own words, others after
    their traceback; the last line says what to do.
    """

    def __init__(self, log_file: str | Path, name: str) -> None:
        self.path, self.name = Path(log_file), name

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        sys.stderr.flush()
        self._terminal = os.dup(STDERR)
        command = ["tee", "-ai", str(self.path)]
        self._tee = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self._terminal)
        os.dup2(self._tee.stdin.fileno(), STDERR)  # type: ignore[union-attr]
        self._tee.stdin.close()  # type: ignore[union-attr]
        self._stream = open(STDERR, "w", encoding="utf-8", buffering=1, closefd=False)
        self._handler = logging.StreamHandler(self._stream)
        style = f"%(asctime)s {self.name}: %(message)s"
        self._handler.setFormatter(logging.Formatter(style, datefmt="%H:%M:%S"))
        log.addHandler(self._handler)
        log.setLevel(logging.INFO)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if error is not None:
            self._tell(error)
        log.removeHandler(self._handler)
        self._stream.close()
        sys.stderr.flush()
        os.dup2(self._terminal, STDERR)
        os.close(self._terminal)
        self._tee.wait()
        if error is not None:
            raise SystemExit(1) from None

    def _tell(self, error: BaseException) -> None:
        known = explained(error)
        if known is None:
            traceback.print_exception(error, file=self._stream)
            known = (
                f"{type(error).__name__}: {error}; the lines above say where. Run the same command "
                f"again if the machine was at fault, else report it with {self.path}"
            )
        log.error("%s%s", ERROR, known)


T = TypeVar("T")


def progress(items: Iterable[T], total: int | None, what: str, initial: int = 0) -> Iterator[T]:
    """Yield the items; log count, rate and time left every few seconds."""
    bar = "{n_fmt}/{total_fmt} {desc} [{elapsed} elapsed, {remaining} left, {rate_fmt}]"
    if total is None:
        bar = "{n_fmt} {desc} [{elapsed} elapsed, {rate_fmt}]"
    yield from tqdm(
        items,
        total=total,
        desc=what,
        initial=initial,
        file=_Lines(),
        mininterval=5,
        delay=3,
        maxinterval=30,
        bar_format=bar,
    )
