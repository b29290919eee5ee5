"""Reading text files line by line; whatever is wrong is refused with file and line."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from tasb.errors import TasbError

INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
"""Up to nine digits, so that it fits 32 bits."""


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, line) of a UTF-8 file, gzipped if its name ends in .gz.

    Raises:
        TasbError: the file is missing or damaged, or a line is not UTF-8.
    """
    for number, raw in enumerate(_raw_lines(path), start=1):
        try:
            encoding = "utf-8-sig" if number == 1 else "utf-8"  # a mark is no part of an id
            yield number, raw.decode(encoding).rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise TasbError(
                f"{path}:{number}: not UTF-8 (byte 0x{raw[error.start]:02x} at position "
                f"{error.start}); convert the file to UTF-8"
            ) from None


def line_count(path: Path) -> int | None:
    """Return how many lines a file has; None if it is missing, or gzipped."""
    if path.suffix == ".gz" or not path.is_file():
        return None
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _raw_lines(path: Path) -> Iterator[bytes]:
    if not path.is_file():
        raise TasbError(f"{path}: no such file (looked at {path.resolve()})")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        try:
            yield from file
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise TasbError(f"{path}: damaged gzip file ({error}); fetch it again") from None


def texts(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of a file with lines ``id<TAB>text``.

    Raises:
        TasbError: a line without a tab, with an empty id, or with an empty text.
    """
    for number, line in lines(path):
        identifier, tab, text = line.partition("\t")
        if not tab:
            raise TasbError(f"{path}:{number}: no tab in '{line[:60]}'; expected id<TAB>text")
        yield checked(identifier, text, f"{path}:{number}")


def checked(identifier: str, text: str, where: str) -> tuple[str, str]:
    """Return an id and its text.

    Raises:
        TasbError: the id is empty or holds white space, or the text is empty.
    """
    if not identifier or any(character.isspace() for character in identifier):
        raise TasbError(f"{where}: id '{identifier}' is empty or holds white space")
    if not text.strip():
        raise TasbError(f"{where}: empty text of '{identifier}'")
    return identifier, text


def judgments(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (query id, passage id, grade) of a TREC qrels file ``qid 0 pid grade``.

    Raises:
        TasbError: a line with another number of fields, or a grade that is no integer.
    """
    for number, line in lines(path):
        fields = line.split()
        if len(fields) != 4:
            raise TasbError(
                f"{path}:{number}: {len(fields)} fields in '{line[:60]}'; expected qid 0 pid grade"
            )
        query, _, passage, grade = fields
        if not INTEGER.fullmatch(grade):
            raise TasbError(f"{path}:{number}: grade '{grade}' is no integer of up to nine digits")
        yield query, passage, int(grade)
