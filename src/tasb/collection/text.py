"""Reading text files line by line, plain or gzipped; what is wrong is told with file and line."""

import errno
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from tasb.collection.faults import Faults
from tasb.errors import TasbError
from tasb.files import POINTER, refuse_pointer
from tasb.jobs import log

INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
"""Up to nine digits, so that it fits 32 bits."""
GZIP = b"\x1f\x8b"
PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip", b"\x28\xb5\x2f\xfd": "zstd"}
"""First bytes of what is no text and no gzip."""
HEADINGS = {
    "id", "_id", "pid", "qid", "docid", "doc_id", "docno", "passage_id", "query_id", "query-id",
    "corpus-id", "topic",
}  # fmt: skip
"""What a first line's id is when it heads a column."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for its bytes, unpacked if its first ones are those of gzip, whatever its name.

    Raises:
        TasbError: it is missing, may not be read, is packed in another way, or is damaged.
    """
    try:
        with open(path, "rb") as file:
            first = file.peek(len(POINTER))
            refuse_pointer(path, first)
            _refuse_packed(path, first)
            if not first.startswith(GZIP):
                yield file
            else:
                with gzip.open(file) as unpacked:
                    yield unpacked  # type: ignore[misc]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TasbError(f"{path}: damaged gzip file ({error}); fetch it again") from None
    except FileNotFoundError:
        raise TasbError(f"{path}: no such file (looked at {Path.cwd() / path})") from None
    except IsADirectoryError:
        raise TasbError(f"{path}: a folder; a file is needed") from None
    except PermissionError:
        raise TasbError(f"{path}: no permission to read it; see chmod") from None
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise TasbError(f"{path}: a link that leads to itself; link it to the file") from None


def _refuse_packed(path: Path, first: bytes) -> None:
    """Refuse what is packed in another way than by gzip."""
    for beginning, kind in PACKED.items():
        if first.startswith(beginning):
            raise TasbError(f"{path}: packed as {kind}; unpack it, or pack it with gzip")


def lines(path: Path, faults: Faults) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of a UTF-8 file, plain or gzipped.

    A line that is blank, not UTF-8, or holds a carriage return goes to the faults.

    Raises:
        TasbError: the file is missing or damaged.
    """
    with opened(path) as file:
        for number, raw in enumerate(file, start=1):
            try:
                encoding = "utf-8-sig" if number == 1 else "utf-8"  # a mark is no part of an id
                line = raw.decode(encoding).rstrip("\r\n")
            except UnicodeDecodeError as error:
                faults.refuse(
                    number,
                    f"not UTF-8 (byte 0x{raw[error.start]:02x} at position {error.start}); "
                    "convert the file to UTF-8",
                )
                continue
            if not line.strip():
                faults.keeps("blank_lines", number, "blank line", "blank lines")
            elif "\r" in line:
                faults.refuse(number, "a carriage return in the line; lines end in LF or CR LF")
            else:
                yield number, line


def line_count(path: Path) -> int | None:
    """Return how many lines a plain file has; None for what is no plain file."""
    if not path.is_file() or is_gzip(path):
        return None
    with path.open("rb") as file:
        return sum(1 for _ in file)


def is_gzip(path: Path) -> bool:
    """Return whether a file is gzipped, by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


def texts(path: Path, faults: Faults) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of a file with lines ``id<TAB>text``.

    A line without a tab, with a bad id or with an empty text goes to the faults.
    """
    for number, line in lines(path, faults):
        identifier, tab, text = line.partition("\t")
        if not tab:
            faults.refuse(number, f"no tab in '{line[:60]}'; expected id<TAB>text")
            continue
        if number == 1 and identifier.lower() in HEADINGS:
            log.warning("%s:1: '%s' looks like a heading; it is read as a text", path, line[:60])
        if is_sound(identifier, text, number, faults):
            yield identifier, text


def is_sound(identifier: str, text: str, number: int, faults: Faults) -> bool:
    """Return whether a text is taken: its id is one word, and it is not empty or may be."""
    if not identifier or any(character.isspace() for character in identifier):
        faults.refuse(number, f"id '{identifier}' is empty or holds white space")
        return False
    if text.strip():
        return True
    return faults.keeps("empty_texts", number, f"empty text of '{identifier}'", "empty texts")


def judgments(path: Path, faults: Faults) -> Iterator[tuple[int, str, str, int]]:
    """Yield (line, query id, passage id, grade) of a TREC qrels file ``qid 0 pid grade``.

    A line with another number of fields, or a grade that is no integer, goes to the faults.
    """
    for number, line in lines(path, faults):
        fields = line.split()
        if len(fields) != 4:
            faults.refuse(
                number, f"{len(fields)} fields in '{line[:60]}'; expected qid 0 pid grade"
            )
        elif not INTEGER.fullmatch(fields[3]):
            faults.refuse(number, f"grade '{fields[3]}' is no integer of up to nine digits")
        else:
            yield number, fields[0], fields[2], int(fields[3])
