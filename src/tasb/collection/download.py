"""Files from the network: resumed after a cut, verified before they are used, from mirrors."""

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import IO

import requests
from requests.exceptions import ChunkedEncodingError

from tasb.collection.download_config import Download
from tasb.collection.locks import LOCKS, lock, locked
from tasb.errors import TasbError
from tasb.files import RoomFor, existing, sha256, whole
from tasb.jobs import Job, log, progress

CHUNK = 1 << 16
"""Bytes that are read at a time."""
TRIES = 6
"""Attempts at each address; one that brought new bytes is not counted."""
FIRST, LONGEST = 1.0, 60.0
"""Seconds between two attempts: at first, and at most."""
TIMEOUT = (15.0, 60.0)
"""Seconds to connect, and without any byte."""
PARTS = Path(".cache", "downloads")
"""Where what a cut left of a file is kept for the next time."""
NO_MORE = 416
"""The answer where a file has no byte behind those that are here."""
BUSY = (408, 425, 429, 500, 502, 503, 504)
"""Answers of a server that is asked again later."""


class CutError(Exception):
    """A connection failed or ended early; another attempt may go on."""

    def __init__(self, text: str, after: float = 0.0) -> None:
        super().__init__(text)
        self.after = after
        """Seconds that the server asks to wait."""


class WrongError(Exception):
    """What an address gives is not the file."""


def make(job: Job) -> None:
    """Fetch the file of a job, or take the copy that is here."""
    name, declared = job.recipe["name"], Download.model_validate(job.recipe["download"])
    published = declared.md5 is not None or declared.sha256 is not None
    known = None if published else locked(declared.urls[0])
    if known is not None:
        declared = declared.model_copy(update={"sha256": known})
    target = Path(job.output("file"))
    if declared.copy_here is not None:
        source = existing(declared.copy_here, f"downloads.{name}.local")
        try:
            verify(source, declared)
        except WrongError as error:
            raise TasbError(f"downloads.{name}.local: '{source}' is {error}") from None
    else:
        source = fetch(name, declared, PARTS / f"{name}.part")
    if not published and known is None:
        digest = sha256(source)
        lock(declared.urls[0], digest)
        log.warning("downloads.%s: no digest is published; that of the file that came, sha256 %s, "
                    "is kept in %s: another file is refused", name, digest, LOCKS)  # fmt: skip
    with whole(target) as part:
        link_or_copy(source, part)
    if declared.copy_here is None:
        source.unlink()


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name where the disk can, else copy it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def fetch(name: str, declared: Download, part: Path) -> Path:
    """Return the verified file, from the first address that gives it.

    Args:
        name: in the config.
        declared: its addresses and digests.
        part: where it grows; what is there already is gone on with.

    Raises:
        TasbError: no address gives the file; says why of each, and what to do by hand.
    """
    part.parent.mkdir(parents=True, exist_ok=True)
    reasons = []
    for url in declared.urls:
        try:
            with RoomFor(part):
                _fetched(url, declared, part)
            return part
        except (CutError, WrongError, requests.RequestException) as error:
            reasons.append(f"{url}: {error}")
            log.warning("%s", reasons[-1])
    known = {"md5": declared.md5, "sha256": declared.sha256}
    digest = "".join(f" ({kind} {value})" for kind, value in known.items() if value)
    raise TasbError(
        f"downloads.{name}: cannot be fetched ({'; '.join(reasons)}). Run the same command again "
        f"to go on; or fetch {declared.file}{digest} by hand and set downloads.{name}.local to it"
    )


def _fetched(url: str, declared: Download, part: Path) -> None:
    """Fetch from one address; what is not the file is fetched once more, from its beginning."""
    begun = part.exists() and part.stat().st_size > 0
    _grown(url, declared, part)
    try:
        verify(part, declared)
    except WrongError:
        part.unlink()
        if not begun:
            raise
        log.warning("%s: what was begun before is of another file; from the beginning", url)
        _grown(url, declared, part)
        verify(part, declared)


def _grown(url: str, declared: Download, part: Path) -> None:
    """Append to a file until it is whole, asking again after each cut, at growing distances."""
    failures = 0
    while True:
        before = _size(part)
        try:
            _attempt(url, declared, part)
            return
        except CutError as error:
            failures = 0 if _size(part) > before else failures + 1
            if failures == TRIES:
                raise
            log.warning("%s: %s; asked again at byte %d", url, error, _size(part))
            time.sleep(max(error.after, min(LONGEST, FIRST * 2**failures)))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _attempt(url: str, declared: Download, part: Path) -> None:
    """Ask once for what is missing of a file, and append it.

    Raises:
        CutError: the server is busy, or the connection failed or ended early.
        WrongError: there is no such file, or a page in its place.
    """
    size = _size(part)
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={size}-"} if size else {})}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
            if answer.status_code == NO_MORE and size:
                return
            _refuse(answer)
            goes_on = answer.headers.get("Content-Range", "").startswith(f"bytes {size}-")
            if size and not goes_on:
                size = 0  # the server ignores ranges
            expected = answer.headers.get("Content-Length")
            with part.open("ab" if size else "wb") as file:
                _append(answer, file, size, declared)
                got = file.tell() - size
            if expected is not None and got < int(expected):
                raise CutError(f"it ended after {got:,} of {int(expected):,} bytes")
    except (requests.ConnectionError, requests.Timeout, ChunkedEncodingError) as error:
        raise CutError(f"{type(error).__name__}: {error}") from None


def _refuse(answer: requests.Response) -> None:
    if answer.status_code in BUSY:
        after = answer.headers.get("Retry-After", "")
        raise CutError(f"answer {answer.status_code}", float(after) if after.isdigit() else 0.0)
    if answer.status_code >= 400:
        raise WrongError(f"answer {answer.status_code}")
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        raise WrongError("a page in place of the file (text/html); perhaps a login or a notice")


def _append(answer: requests.Response, file: IO[bytes], size: int, declared: Download) -> None:
    """Write what comes, with a line of progress every few seconds."""
    whole_size = declared.bytes
    if whole_size is None and "Content-Length" in answer.headers:
        whole_size = size + int(answer.headers["Content-Length"])
    total = None if whole_size is None else -(-whole_size // CHUNK)
    chunks = answer.iter_content(CHUNK)
    for chunk in progress(
        chunks, total, f"pieces of 64 KiB of {declared.file}", initial=size // CHUNK
    ):
        file.write(chunk)


def verify(path: Path, declared: Download) -> None:
    """Compare a file with its size and digest.

    Raises:
        WrongError: they differ.
    """
    size = _size(path)
    if declared.bytes is not None and size != declared.bytes:
        raise WrongError(f"{size:,} bytes long, not {declared.bytes:,}")
    for kind, expected in (("md5", declared.md5), ("sha256", declared.sha256)):
        if expected is None:
            continue
        with path.open("rb") as file:
            found = hashlib.file_digest(file, kind).hexdigest()
        if found != expected:
            raise WrongError(f"another file: its {kind} is {found}, not {expected}")
