"""What every job does the same way: its log, its progress lines, its errors."""

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from tasb.errors import TasbError

log = logging.getLogger("tasb")


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
def job(log_file: str | Path, name: str) -> Iterator[None]:
    """Run a job with its log going to a file and to the terminal.

    A `TasbError` ends the process with its message and without a traceback.
    """
    Path(log_file).parent.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        logging.FileHandler(log_file, encoding="utf-8"),
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
