"""Faiss indexes that must be trained; a flat index needs none."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log
from tasb.vectors.shards import ROWS, read_all_blocks, read_blocks

TRAINING_VECTORS = 500_000
TOO_FEW = re.compile(r"training points \((\d+)\) should be at least as large as .*\((\d+)\)")
INNER = ("index", "storage", "quantizer", "base_index", "refine_index")
"""Where an index keeps others."""


def make(job: Job) -> None:
    """Train and fill the index of a job."""
    faiss.omp_set_num_threads(job.threads)
    write_index(job.files("vectors"), job.recipe["index"], job.output("index"))


def write_index(shards: Sequence[str | Path], factory: str, path: str | Path) -> None:
    """Train an inner-product index on the first vectors, add all of them, and write it.

    Args:
        shards: files of passage vectors, in order of position.
        factory: a Faiss factory string, such as ``IVF1024,PQ64``.
        path: the file to write.

    Raises:
        TasbError: Faiss does not know the factory string, cannot train it on these vectors, or
            makes an index of it that ranks by distance.
    """
    sample = _sample(shards)
    try:
        index = faiss.index_factory(sample.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
        index.train(sample)
    except RuntimeError as error:
        raise TasbError(f"index '{factory}': {_reason(str(error))}") from None
    refuse_distances(index, factory)
    for block in read_all_blocks(shards, f"blocks of {ROWS} vectors added"):
        index.add(block)
    log.info("index %s of %d vectors", factory, index.ntotal)
    with whole(path) as part:
        faiss.write_index(index, str(part))


def _reason(text: str) -> str:
    """Return why Faiss does not train an index, in its own words or in plainer ones."""
    short = TOO_FEW.search(text)
    if short is None:
        return text.splitlines()[-1]
    return (
        f"{short[2]} centroids need as many vectors, and there are {short[1]}; name an index of "
        "fewer, such as PQ8x4 in place of PQ8, or a smaller IVF, or Flat"
    )


def refuse_distances(index: Any, factory: str) -> None:
    """Refuse an index that ranks by distance, or by another index inside of it that does.

    Raises:
        TasbError: names the index and the part of it.
    """
    waiting = [index]
    while waiting:
        part = faiss.downcast_index(waiting.pop())
        if part.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise TasbError(
                f"index '{factory}': its {type(part).__name__} ranks by distance, not by inner "
                "product; HNSW32, IVF1024,PQ64 and SQ8 rank by inner product"
            )
        inner = (getattr(part, name, None) for name in INNER)
        waiting += [found for found in inner if isinstance(found, faiss.Index)]


def _sample(shards: Sequence[str | Path]) -> np.ndarray:
    blocks, count = [], 0
    for shard in shards:
        for block in read_blocks(shard):
            blocks.append(block)
            count += len(block)
            if count >= TRAINING_VECTORS:
                return np.concatenate(blocks)[:TRAINING_VECTORS]
    return np.concatenate(blocks)
