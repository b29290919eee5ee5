"""Batches drawn a second at MS MARCO's size, and a plain loop over queries."""

import resource
import time

import numpy as np
from alternate import options

from tasb.plans.pairs import PairTable, group_pairs
from tasb.plans.sampler import Clusters, draw_batches
from tasb.seeds import derive

QUERIES, PAIRS, K, BINS = 400_000, 40_000_000, 2_000, 10


def table(rng: np.random.Generator, queries: int, pairs: int) -> PairTable:
    """Return pairs whose number per query is skewed, with normal margins, in bins."""
    weight = rng.lognormal(0.0, 1.0, queries)
    counts = np.maximum(1, (weight / weight.sum() * pairs).astype(np.int64))
    query = np.repeat(np.arange(queries, dtype=np.int32), counts)
    size = len(query)
    positive = rng.integers(0, 8_800_000, size, dtype=np.int32)
    negative = rng.integers(0, 8_800_000, size, dtype=np.int32)
    margin = rng.standard_normal(size, dtype=np.float32)
    return group_pairs(query, positive, negative, margin, BINS)


def clusters(rng: np.random.Generator, queries: int) -> Clusters:
    """Return clusters of skewed sizes."""
    weight = rng.lognormal(0.0, 0.7, K)
    return Clusters.of(rng.choice(K, queries, p=weight / weight.sum()))


def plain_loop(pairs: PairTable, topics: Clusters, size: int, steps: int) -> None:
    """Draw batches as Eq. 13 reads, one query after another."""
    rng = np.random.default_rng(0)
    for _ in range(steps):
        batch: list[tuple[int, int]] = []
        while len(batch) < size:
            topic = rng.integers(len(topics.bounds) - 1)
            members = topics.items[topics.bounds[topic] : topics.bounds[topic + 1]]
            count = min(len(members), size - len(batch))
            for item in rng.choice(members, count, replace=False):
                first, last = pairs.item_groups[item : item + 2]
                group = rng.integers(first, last)
                batch.append((item, rng.integers(*pairs.group_pairs[group : group + 2])))


def main() -> None:
    """Print one row for each batch size, then the peak memory."""
    given = options(__doc__)
    rng = np.random.default_rng(0)
    started = time.perf_counter()
    pairs = table(rng, QUERIES, PAIRS)
    topics = clusters(rng, QUERIES)
    loaded = time.perf_counter() - started
    for size, steps, few in ((32, 40_960, 200), (256, 4_096, 30)):
        ours, theirs = [], []
        for repetition in range(given.repetitions):
            started = time.perf_counter()
            for start in range(0, steps, 4_096):
                seed = derive(repetition, "plans")
                draw_batches(pairs, topics, size, 1, seed, start, start + 4_096)
            ours.append(steps / (time.perf_counter() - started))
            started = time.perf_counter()
            plain_loop(pairs, topics, size, few)
            theirs.append(few / (time.perf_counter() - started))
        ratios = np.array(ours) / np.array(theirs)
        print(
            f"| plans, batch {size} | {np.median(ours):,.0f} batches/s "
            f"| {np.median(theirs):,.0f} batches/s | {np.median(ratios):.0f} "
            f"| {ratios.min():.0f} to {ratios.max():.0f} |",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\n{PAIRS:,} pairs generated and grouped in {loaded:.0f} s; peak memory {peak:.1f} GiB")


if __name__ == "__main__":
    main()
