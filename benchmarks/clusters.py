"""k-means of MS MARCO's queries: Faiss as we call it, and scikit-learn's, equal iterations."""

import argparse

import numpy as np
from alternate import alternate
from sklearn.cluster import KMeans

from tasb.clusters.config import Clusters
from tasb.clusters.kmeans import cluster

QUERIES, DIMENSIONS = 400_000, 384


def main() -> None:
    """Print one row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=2)
    parser.add_argument("--k", type=int, default=2_000)
    options = parser.parse_args()
    vectors = np.random.default_rng(0).standard_normal((QUERIES, DIMENSIONS), dtype=np.float32)
    settings = Clusters(k=options.k, iterations=options.iterations, distance="euclidean")
    peer = KMeans(options.k, init="random", n_init=1, max_iter=options.iterations, tol=0)
    alternate(
        f"k-means, 400,000 × 384, k = {options.k:,}, {options.iterations} iterations",
        QUERIES * options.iterations,
        "assignments",
        lambda: cluster(vectors, settings),
        lambda: peer.fit(vectors),
        options.repetitions,
    )


if __name__ == "__main__":
    main()
