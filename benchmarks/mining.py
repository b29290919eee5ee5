"""Mined pairs at MS MARCO's size: queries a second after the search, and peak memory."""

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasb.collection.relevant import Relevant
from tasb.mining.candidates import SCHEMA
from tasb.mining.config import Choice
from tasb.mining.pairs import write_pairs

QUERIES, DEPTH, PASSAGES, AT_ONCE = 400_000, 200, 8_841_823, 20_000


def write_candidates(path: Path) -> None:
    """Write random rankings."""
    random = np.random.default_rng(1)
    rank = np.tile(np.arange(1, DEPTH + 1, dtype=np.int32), AT_ONCE)
    with pq.ParquetWriter(path, SCHEMA) as writer:
        for start in range(0, QUERIES, AT_ONCE):
            query = np.repeat(np.arange(start, start + AT_ONCE, dtype=np.int32), DEPTH)
            passage = random.integers(0, PASSAGES, len(query), dtype=np.int32)
            columns = [pa.array(column) for column in (query, passage, rank)]
            writer.write_batch(pa.record_batch(columns, SCHEMA))


def main() -> None:
    """Mine twenty random negatives of 400,000 queries with one relevant passage each."""
    positives = np.random.default_rng(2).integers(0, PASSAGES, QUERIES)
    relevant = Relevant(np.arange(QUERIES + 1), positives)
    with tempfile.TemporaryDirectory() as folder:
        candidates = Path(folder, "candidates.parquet")
        write_candidates(candidates)
        started = time.perf_counter()
        counts = write_pairs(
            candidates, None, relevant, np.arange(PASSAGES), None, Choice().plain(), 1,
            Path(folder, "pairs.parquet"), "benchmark",
        )  # fmt: skip
        seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{counts['pairs']:,} pairs of {QUERIES:,} queries in {seconds:.1f} s: "
          f"{QUERIES / seconds:,.0f} queries a second, {memory:.1f} GB at most")  # fmt: skip


if __name__ == "__main__":
    main()
