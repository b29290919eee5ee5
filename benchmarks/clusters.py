"""k-means of MS MARCO's queries: Faiss as we call it, and scikit-learn's, equal iterations."""

import numpy as np
from alternate import alternate, options
from sklearn.cluster import KMeans

from tasb.clusters.config import Clusters
from tasb.clusters.kmeans import cluster

QUERIES, DIMENSIONS = 400_000, 384


def main() -> None:
    """Print one row."""
    given = options(__doc__, iterations=2, k=2_000)
    vectors = np.random.default_rng(0).standard_normal((QUERIES, DIMENSIONS), dtype=np.float32)
    settings = Clusters(k=given.k, iterations=given.iterations, distance="euclidean")
    peer = KMeans(given.k, init="random", n_init=1, max_iter=given.iterations, tol=0)
    alternate(
        f"k-means, 400,000 × 384, k = {given.k:,}, {given.iterations} iterations",
        QUERIES * given.iterations,
        "assignments",
        lambda: cluster(vectors, settings),
        lambda: peer.fit(vectors),
        given.repetitions,
    )


if __name__ == "__main__":
    main()
