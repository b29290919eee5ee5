"""LTRe's step without its encoder: the search of 16 queries and the loss, for each kind of index.

The loss is timed next to a plain loop over the pairs of each query.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import torch

from tasb.students.search_loss import weighted_ranknet
from tasb.students.searches import ExactSearch, IndexSearch, Search
from tasb.vectors.shards import write_vectors
from tasb.vectors.stored import StoredVectors

BATCH, DEPTH, ROWS = 16, 200, 50_000
CPU = torch.device("cpu")


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the mean time, after a first call that is not measured."""
    work()
    started = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - started) / times


def loop(scores: torch.Tensor, relevant: torch.Tensor) -> torch.Tensor:
    """The loss, query by query and pair by pair."""
    total = torch.zeros(())
    for row, flags in zip(scores, relevant):
        ones, others = flags.nonzero()[:, 0].tolist(), (~flags).nonzero()[:, 0].tolist()
        terms = [abs(1 / (i + 1) - 1 / (j + 1)) * torch.log1p((row[j] - row[i]).exp())
                 for i in ones for j in others]  # fmt: skip
        total = total + torch.stack(terms).mean() / len(scores)
    return total


def step(search: Search, queries: torch.Tensor, relevant: torch.Tensor) -> None:
    """Search, score and differentiate."""
    asked = queries.clone().requires_grad_()
    vectors = search.vectors(search.find(queries, DEPTH))
    scores = torch.einsum("bd,bkd->bk", asked, vectors)
    weighted_ranknet(scores, relevant, torch.ones_like(relevant), DEPTH).backward()  # type: ignore[no-untyped-call]


def main() -> None:
    """Print one line for each index, and one for the loss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--indexes", nargs="*", default=["IVF1024,PQ96", "OPQ96,IVF1024,PQ96"])
    given = parser.parse_args()
    torch.manual_seed(0)
    relevant = torch.zeros(BATCH, DEPTH, dtype=torch.bool)
    relevant[:, 3] = True
    scores = torch.randn(BATCH, DEPTH)
    fast = seconds(lambda: weighted_ranknet(scores, relevant, torch.ones_like(relevant), DEPTH))
    slow = seconds(lambda: loop(scores, relevant), 1)
    print(f"loss of {BATCH} queries: {1e3 * fast:.2f} ms, by a loop {1e3 * slow:.0f} ms "
          f"({slow / fast:.0f} times)", flush=True)  # fmt: skip
    random, queries = np.random.default_rng(0), torch.randn(BATCH, given.dimensions)
    with tempfile.TemporaryDirectory() as folder:
        shard = Path(folder, "passages.arrow")
        blocks = (random.standard_normal((ROWS, given.dimensions), np.float32)
                  for _ in range(given.vectors // ROWS))  # fmt: skip
        write_vectors(blocks, given.dimensions, shard)
        exact = ExactSearch([shard], CPU)
        _report("exact", exact, queries, relevant, shard, given.vectors)
        for name in given.indexes:
            path = Path(folder, "index.faiss")
            _write_index(name, shard, path)
            settings = {"nprobe": 32 if "IVF" in name else None, "ef_search": None}
            index = IndexSearch(path, settings, StoredVectors([shard], CPU), CPU)
            _report(name, index, queries, relevant, path, given.vectors)


def _report(
    name: str,
    search: Search,
    queries: torch.Tensor,
    relevant: torch.Tensor,
    path: Path,
    vectors: int,
) -> None:
    each, size = seconds(lambda: step(search, queries, relevant)), path.stat().st_size / vectors
    print(f"{name}: {1 / each:.1f} steps a second, {size:,.0f} bytes a passage", flush=True)


def _write_index(name: str, shard: Path, path: Path) -> None:
    stored = StoredVectors([shard], CPU)
    index = faiss.index_factory(stored.dimensions, name, faiss.METRIC_INNER_PRODUCT)
    index.train(stored.vectors(np.arange(40_000)[None])[0].numpy())
    for start in range(0, len(stored), ROWS):
        index.add(stored.vectors(np.arange(start, min(start + ROWS, len(stored)))[None])[0].numpy())
    faiss.write_index(index, str(path))


if __name__ == "__main__":
    main()
