"""Whole or absent: artifacts are written next to their place, flushed, and renamed."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasb.errors import TasbError

FULL = 2**16
"""A disk with fewer free bytes is full: a writer that asks for a larger piece gets an error."""

POINTER = b"version https://git-lfs"
"""How a pointer of Git LFS begins."""


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path for a file; on success it is flushed and renamed to ``path``.

    After an error nothing is left of it, and what stood at ``path`` before still stands.

    Raises:
        TasbError: the disk is full.
    """
    target = Path(path)
    with scratch(target) as folder:
        part = folder / target.name
        yield part
        _flush(part)
        os.replace(part, target)
    _flush(target.parent)


@contextmanager
def sealed(path: Path, digest_in: str) -> Iterator[Path]:
    """Yield a temporary path for a file whose name will hold its digest, see `is_sealed`.

    Args:
        path: the name, with `digest_in` in the place of the digest.
        digest_in: what stands in its place.

    Raises:
        TasbError: the disk is full.
    """
    with scratch(path) as folder:
        part = folder / path.name
        yield part
        _flush(part)
        os.replace(part, path.with_name(path.name.replace(digest_in, sha256(part))))
    _flush(path.parent)


def is_sealed(path: Path) -> bool:
    """Return whether a file is as it was written: its name holds its digest."""
    return path.is_file() and sha256(path) in path.name


class RoomFor:
    """Context of writing a file: says that the disk is full where a writer failed for it.

    Each library's writer fails in a way of its own, so the room that is left is looked at.
    """

    def __init__(self, target: Path) -> None:
        self.target = target

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, TasbError):
            return
        said = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        folder = self.target.parent  # absent where making it was what failed
        if said or (folder.is_dir() and shutil.disk_usage(folder).free < FULL):
            raise TasbError(
                f"{self.target}: the disk (or your share of it) is full; make room and run the "
                "same command again, what is finished stays"
            ) from error


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Yield an empty folder next to a path; what a kill leaves of it, the next call removes.

    Raises:
        TasbError: the disk is full.
    """
    folder = path.with_name(f".{path.name}.part")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with RoomFor(path):
            folder.mkdir(parents=True)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: Any) -> None:
    """Write a value as indented JSON with sorted keys, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def refuse_pointer(path: Path, first: bytes) -> None:
    """Refuse what Git LFS leaves in the place of a file that it did not fetch.

    Args:
        path: the file.
        first: its first bytes.

    Raises:
        TasbError: names the file, and the command that fetches it.
    """
    if first.startswith(POINTER):
        raise TasbError(f"{path}: a pointer of Git LFS in place of the file; run 'git lfs pull'")


def existing(path: str | Path, key: str) -> Path:
    """Return the path of a file or folder that the config names.

    Raises:
        TasbError: it does not exist; the message names the config key.
    """
    found = Path(path).expanduser()
    if not found.exists():
        raise TasbError(f"{key}: '{path}' does not exist (looked at {found.resolve()})")
    return found


def fingerprint(recipe: Mapping[str, Any], files: Iterable[str]) -> str:
    """Return a digest of a recipe and of the contents of files: equal inputs, equal digest."""
    parts = [json.dumps(recipe, sort_keys=True), *(f"{file} {sha256(file)}" for file in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
