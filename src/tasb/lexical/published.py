"""Published predicted queries, in the two formats that there are."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import polars as pl

from tasb.collection.tables import count_texts
from tasb.errors import TasbError
from tasb.files import existing
from tasb.jobs import Job
from tasb.lexical.expanded import Expansion, write_expansions
from tasb.lexical.objects import opened, read_objects


def make(job: Job) -> None:
    """Read published expansions: one JSON object a line, or files of one query a line."""
    passages, files = job.file("passages"), job.recipe["files"]
    for file in files:
        existing(file, f"systems.{job.recipe['system']}.files")
    if job.recipe["format"] == "jsonl":
        ids = pl.read_parquet(passages, columns=["id"])["id"]
        found = read_objects(files, ids, Path(job.output("expansions")).parent)
    else:
        found = read_columns(files, count_texts(passages), job.recipe["queries"])
    write_expansions(found, job.output("expansions"))


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
        with opened(path) as file:
            for line in file:
                number += 1
                if number > count:
                    raise TasbError(f"{path}: a line too many in '{name}': the collection has "
                                    f"{count:,} passages")  # fmt: skip
                yield line.strip()
    if number < count:
        raise TasbError(f"{paths[-1]}: '{name}' has {number:,} lines for {count:,} passages; is a "
                        "file of it missing or cut off?")  # fmt: skip
