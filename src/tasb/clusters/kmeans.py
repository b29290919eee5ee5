"""Queries grouped into topics by k-means over the baseline's vectors (Eq. 10)."""

from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.clusters.config import Clusters
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log
from tasb.machine import has_gpu
from tasb.vectors.shards import read_vectors

Vectors = npt.NDArray[np.float32]
MANY = 100_000
"""Vectors above which Faiss prints the time of each iteration."""


def cluster(vectors: Vectors, settings: Clusters) -> npt.NDArray[np.int64]:
    """Assign each vector to one of k centroids.

    By default as released: centroids of length one, trained and assigned by inner product
    (the vectors are not normalised); or Euclidean k-means, which minimises Eq. 10.

    Args:
        vectors: (queries, dimensions).
        settings: k, iterations, distance, seed.

    Returns:
        (queries,) cluster numbers below k; a cluster may be empty.

    Raises:
        TasbError: there are fewer queries than clusters.
    """
    if len(vectors) < settings.k:
        raise TasbError(f"clusters: k is {settings.k} for {len(vectors)} training queries")
    kmeans = faiss.Kmeans(
        vectors.shape[1],
        settings.k,
        niter=settings.iterations,
        verbose=len(vectors) > MANY,
        spherical=settings.distance == "inner-product",
        seed=settings.seed,
        gpu=faiss.get_num_gpus() > 0,
        min_points_per_centroid=1,
        max_points_per_centroid=max(256, -(-len(vectors) // settings.k)),
    )
    kmeans.train(vectors)
    _, nearest = kmeans.assign(vectors)
    return np.asarray(nearest, dtype=np.int64)


def make(job: Job) -> None:
    """Group the training queries into topics."""
    faiss.omp_set_num_threads(job.threads)
    if has_gpu() and not faiss.get_num_gpus():
        log.warning(
            "there is a GPU, but Faiss is a build for CPUs, so the clusters are made on the CPU; "
            "faiss-gpu makes them on the GPU"
        )
    settings = Clusters.model_validate(job.recipe["clusters"])
    write_clusters(read_vectors(job.file("vectors")), settings, job.output("clusters"))


def write_clusters(vectors: Vectors, settings: Clusters, path: str | Path) -> None:
    """Write query, cluster (int32) for the training queries, in order of position."""
    assigned = cluster(vectors, settings)
    sizes = np.bincount(assigned, minlength=settings.k)
    log.info(
        "%d queries in %d clusters; sizes: smallest %d, median %d, largest %d",
        len(vectors), int((sizes > 0).sum()), sizes.min(), np.median(sizes), sizes.max(),
    )  # fmt: skip
    query = np.arange(len(vectors), dtype=np.int32)
    with whole(path) as part:
        pl.DataFrame({"query": query, "cluster": assigned.astype(np.int32)}).write_parquet(part)
