"""What every job does the same way: its log, its progress lines, its errors, its sidecar."""

import importlib
import logging
import platform
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from tasb.errors import TasbError
from tasb.files import sha256, write_json
from tasb.versions import versions

log = logging.getLogger("tasb")


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

    The sidecar holds digests of the files, seconds, peak memory, device and versions.

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
        function(recipe["make"])(given)
        _write_sidecar(given, time.perf_counter() - started)


def function(name: str) -> Any:
    """Return the function of a name such as ``tasb.rankings.rerank:make``."""
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _lists(files: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [found] if isinstance(found, str) else [*found] for name, found in files.items()}


def _write_sidecar(job: Job, seconds: float) -> None:
    made = [path for name, paths in job.outputs.items() if name != "made" for path in paths]
    sidecar = {
        "sha256": {path: sha256(path) for path in made},
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


@contextmanager
def logged(log_file: str | Path, name: str) -> Iterator[None]:
    """Send the log of a job to a file and to the terminal.

    A `TasbError` ends the process with its message and without a traceback.
    """
    path = Path(log_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.FileHandler(path, encoding="utf-8"),
        logging.StreamHandler(sys.stderr),
    ]
    style = logging.Formatter(f"%(asctime)s {name}: %(message)s", datefmt="%H:%M:%S")
    for handler in handlers:
        handler.setFormatter(style)
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    except TasbError as error:
        log.error("error: %s", error)
        sys.exit(1)
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()


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
