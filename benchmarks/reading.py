"""Reading a collection at MS MARCO's size: rows a second and peak memory of each job.

Files are generated, with the number of rows of MS MARCO or a share of it.
"""

import argparse
import gzip
import json
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from tasb.collection.config import Collection, QuerySet
from tasb.jobs import Job

PASSAGES, QUERIES, PAIRS, PREDICTED = 8_841_823, 808_731, 39_780_704, 40
WORDS, AT_ONCE = 56, 100_000
SETTINGS = Collection(folder=".", query_sets={"dev": QuerySet()})


def write_texts(path: Path, count: int, words: int, opened: Callable[..., object] = open) -> None:
    """Write lines of an id and random words."""
    random = np.random.default_rng(1)
    vocabulary = np.array([f"w{number:05d}" for number in range(30_000)], object)
    sentences = [" ".join(vocabulary[random.integers(0, 30_000, words)]) for _ in range(2_000)]
    with opened(path, "wt") as file:  # type: ignore[attr-defined]
        for number in range(count):
            file.write(f"{number}\t{number} {sentences[number % 2_000]}\n")


def write_pairs(path: Path, passages: int, queries: int, pairs: int) -> None:
    """Write lines of two scores, a query and two passages, in no order of query."""
    random = np.random.default_rng(2)
    with path.open("wb") as file:
        for start in range(0, pairs, AT_ONCE * 10):
            count = min(AT_ONCE * 10, pairs - start)
            table = pl.DataFrame({
                "p": random.normal(6, 3, count), "n": random.normal(0, 3, count),
                "q": random.integers(0, queries // 2, count),
                "a": random.integers(0, passages, count), "b": random.integers(0, passages, count),
            })  # fmt: skip
            table.write_csv(file, separator="\t", include_header=False, float_precision=6)


def write_expansions(path: Path, passages: int) -> None:
    """Write an object a line, gzipped, as docT5query's predictions are published."""
    queries = [f"what is the meaning of w{number:05d}" for number in range(PREDICTED)]
    with gzip.open(path, "wt", compresslevel=1) as file:
        for number in range(passages):
            file.write(json.dumps({"id": str(number), "predicted_queries": queries}) + "\n")


def prepare(folder: Path, share: float) -> None:
    """Write all files."""
    passages, queries = int(PASSAGES * share), int(QUERIES * share)
    write_texts(folder / "passages.tsv", passages, WORDS)
    write_texts(folder / "queries.train.tsv", queries, 6)
    with (folder / "qrels.train.txt").open("w") as file:
        for query in range(queries // 2):
            file.write(f"{query} 0 {query} 1\n")
    write_pairs(folder / "pairs.tsv", passages, queries, int(PAIRS * share))
    write_expansions(folder / "d2q.jsonl.gz", passages)


def passages(folder: Path) -> int:
    """Read the passages."""
    from tasb.collection.tables import make_passages

    recipe = {"collection": {"folder": str(folder), "passages": "passages.tsv"},
              "ways": SETTINGS.ways}  # fmt: skip
    make_passages(Job(recipe, {}, {"passages": [str(folder / "passages.parquet")]}))
    return (folder / "passages.tsv").stat().st_size


def query_set(folder: Path) -> int:
    """Read the training queries and their judgments."""
    from tasb.collection.tables import make_query_set

    recipe = {"collection": {"folder": str(folder)}, "split": "train", "exclude": None,
              "ways": SETTINGS.ways}  # fmt: skip
    outputs = {name: [str(folder / f"{name}.parquet")] for name in ("queries", "qrels")}
    make_query_set(Job(recipe, {"passages": [str(folder / "passages.parquet")]}, outputs))
    return (folder / "queries.train.tsv").stat().st_size


def pairs(folder: Path) -> int:
    """Read the pairs."""
    from tasb.collection.pairs import make

    files = {name: [str(folder / f"{name}.parquet")] for name in ("queries", "qrels", "passages")}
    recipe = {"folder": str(folder), "pairs": "pairs.tsv", "ways": SETTINGS.ways}
    make(Job(recipe, files, {"pairs": [str(folder / "pairs.parquet")]}))
    return (folder / "pairs.tsv").stat().st_size


def expansions(folder: Path) -> int:
    """Read predicted queries."""
    from tasb.lexical.published import make

    recipe = {"system": "doct5query", "files": [str(folder / "d2q.jsonl.gz")], "format": "jsonl",
              "queries": PREDICTED}  # fmt: skip
    files = {"passages": [str(folder / "passages.parquet")]}
    make(Job(recipe, files, {"expansions": [str(folder / "expansions.parquet")]}))
    return (folder / "d2q.jsonl.gz").stat().st_size


STAGES = {stage.__name__: stage for stage in (passages, query_set, pairs, expansions)}
INPUT = {"passages": "passages.tsv", "query_set": "queries.train.tsv", "pairs": "pairs.tsv",
         "expansions": "d2q.jsonl.gz"}  # fmt: skip


def alone(path: Path) -> float:
    """Return the seconds of reading a file, unpacked."""
    started = time.perf_counter()
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while file.read(1 << 24):
            pass
    return time.perf_counter() - started


def run(
    name: str, folder: Path, results: "multiprocessing.Queue[tuple[float, float, int]]"
) -> None:
    """Run a job in a process of its own."""
    started = time.perf_counter()
    size = STAGES[name](folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    results.put((time.perf_counter() - started, memory, size))


def main() -> None:
    """Print a row for each job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.1, help="of MS MARCO's rows")
    parser.add_argument("--only", choices=STAGES, action="append", help="these jobs alone")
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))
    try:
        prepare(folder, given.share)
        for name in STAGES:
            if given.only and name not in (*given.only, "passages", "query_set"):
                continue
            results = context.Queue()
            process = context.Process(target=run, args=(name, folder, results))
            process.start()
            seconds, memory, size = results.get()
            process.join()
            bare = alone(folder / INPUT[name])
            print(f"{name:12} {size / 1e6:8,.0f} MB {seconds:7.1f} s, {memory:5.2f} GB at most; "
                  f"the file alone {bare:.1f} s", flush=True)  # fmt: skip
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
