"""Published predicted queries, in the two formats that there are."""

import gzip
import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import IO

from tasb.collection.tables import count_texts, read_ids
from tasb.errors import TasbError
from tasb.files import existing
from tasb.jobs import Job, log
from tasb.lexical.expanded import Expansion, write_expansions


def make(job: Job) -> None:
    """Read published expansions: one JSON object a line, or files of one query a line."""
    passages, files = job.file("passages"), job.recipe["files"]
    for file in files:
        existing(file, f"systems.{job.recipe['system']}.files")
    if job.recipe["format"] == "jsonl":
        found = read_objects(files, read_ids(passages))
    else:
        found = read_columns(files, count_texts(passages), job.recipe["queries"])
    write_expansions(found, job.output("expansions"))


def read_objects(files: Sequence[str], ids: Sequence[str]) -> Iterator[Expansion]:
    """Yield the queries of all passages from lines of ``id`` and ``predicted_queries``.

    A passage may be absent.

    Raises:
        TasbError: a line is of an unknown passage, of one that was there before, or no such object.
    """
    position = {name: place for place, name in enumerate(ids)}
    found: dict[int, Expansion] = {}
    for path in files:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                try:
                    row = json.loads(line)
                    name, queries = (
                        str(row["id"]),
                        [str(query) for query in row["predicted_queries"]],
                    )
                except (ValueError, KeyError, TypeError):
                    raise TasbError(
                        f"{path}:{number}: no object with 'id' and 'predicted_queries'"
                    ) from None
                if name not in position:
                    raise TasbError(f"{path}:{number}: passage '{name}' is not in the collection")
                if position[name] in found:
                    raise TasbError(f"{path}:{number}: passage '{name}' was there before")
                found[position[name]] = queries
    log.info("expansions of %d of %d passages", len(found), len(ids))
    yield from (found.get(place, []) for place in range(len(ids)))


def read_columns(files: Sequence[str], count: int, queries: int) -> Iterator[Expansion]:
    """Yield the queries of all passages from files of one query a line.

    Files are those of sample 0, chunk by chunk, then those of sample 1 and so on, as the names
    of the published ones sort; each sample has a line for each passage.

    Args:
        files: all files, sorted by name.
        count: passages of the collection.
        queries: samples that are read; the first ones.

    Raises:
        TasbError: a sample has more or fewer lines than there are passages.
    """
    samples: dict[str, list[str]] = {}
    for path in sorted(files, key=lambda path: Path(path).name):
        samples.setdefault(Path(path).name.partition(".")[0], []).append(path)
    if len(samples) < queries:
        raise TasbError(f"expansions: {len(samples)} samples found, {queries} asked for; lower "
                        "queries, or add the files")  # fmt: skip
    chosen = list(samples.items())[:queries]
    for row in zip_longest(*(_lines(name, paths, count) for name, paths in chosen)):
        yield [query for query in row if query]


def _lines(name: str, paths: Sequence[str], count: int) -> Iterator[str]:
    """Yield the lines of a sample."""
    number = 0
    for path in paths:
        with _opened(path) as file:
            for line in file:
                number += 1
                if number > count:
                    raise TasbError(f"{path}: a line too many in '{name}': the collection has "
                                    f"{count:,} passages")  # fmt: skip
                yield line.strip()
    if number < count:
        raise TasbError(f"{paths[-1]}: '{name}' has {number:,} lines for {count:,} passages; is a "
                        "file of it missing or cut off?")  # fmt: skip


def _opened(path: str) -> IO[str]:
    return (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8")
