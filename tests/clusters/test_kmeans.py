import faiss
import numpy as np
import polars as pl
import pytest

from tasb.clusters.config import Clusters
from tasb.clusters.kmeans import cluster, write_clusters
from tasb.errors import TasbError

SHORT_AND_LONG = np.array(
    [[1, 0.1], [1.2, -0.05], [30, 0], [-1, 0.1], [-1.2, -0.05]], dtype=np.float32
)
"""Short vectors in two directions, and a long one in the first."""


def config(k=2, **other):
    return Clusters(k=k, **other)


def parts(assigned):
    """Return the clusters as sets of positions, whatever their numbers."""
    return {frozenset(np.flatnonzero(assigned == number).tolist()) for number in set(assigned)}


@pytest.mark.parametrize("seed", range(5))
def test_inner_product_groups_by_direction(seed):
    assigned = cluster(SHORT_AND_LONG, config(distance="inner-product", seed=seed))
    assert parts(assigned) == {frozenset({0, 1, 2}), frozenset({3, 4})}


@pytest.mark.parametrize("seed", range(5))
def test_euclidean_groups_by_distance(seed):
    assigned = cluster(SHORT_AND_LONG, config(distance="euclidean", seed=seed))
    assert parts(assigned) == {frozenset({0, 1, 3, 4}), frozenset({2})}


@pytest.mark.parametrize("gpus", [0, 1])
def test_a_gpu_is_used_where_faiss_has_one(monkeypatch, gpus):
    seen, on_the_cpu = [], faiss.Kmeans

    def kmeans(*arguments, gpu, **options):
        seen.append(gpu)
        return on_the_cpu(*arguments, **options)

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: gpus)
    monkeypatch.setattr(faiss, "Kmeans", kmeans)
    cluster(SHORT_AND_LONG, config())
    assert seen == [gpus == 1]


@pytest.fixture(scope="module")
def vectors():
    """More vectors than the 256 a cluster that Faiss by itself would train on."""
    random = np.random.default_rng(8)
    centres = np.repeat(random.normal(0, 2, (6, 5)), 400, axis=0)
    noisy = centres + random.normal(size=(2400, 5))
    return (noisy * random.uniform(0.5, 2, (2400, 1))).astype(np.float32)


def means(vectors, assigned, k):
    return np.stack([vectors[assigned == number].mean(axis=0) for number in range(k)])


def test_euclidean_clusters_cannot_be_bettered_by_moving_a_vector(vectors):
    """At a minimum of Eq. 10 each vector is nearest to the mean of its own cluster."""
    assigned = cluster(vectors, config(6, distance="euclidean", iterations=100))
    centres = means(vectors, assigned, 6)
    distances = ((vectors[:, None] - centres) ** 2).sum(axis=2)
    np.testing.assert_array_equal(assigned, distances.argmin(axis=1))


def test_spherical_clusters_cannot_be_bettered_by_moving_a_vector(vectors):
    """Each vector has the largest inner product with the direction of its own cluster's mean."""
    assigned = cluster(vectors, config(6, iterations=100))
    centres = means(vectors, assigned, 6)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    np.testing.assert_array_equal(assigned, (vectors @ centres.T).argmax(axis=1))


def test_the_same_seed_gives_the_same_clusters_and_another_one_others(vectors):
    first, again, other = (cluster(vectors, config(20, seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert parts(first) != parts(other)


def test_more_clusters_than_queries_are_an_error(vectors):
    with pytest.raises(TasbError, match="clusters: k is 2401 for 2400 training queries"):
        cluster(vectors, config(2401))


def test_as_many_clusters_as_queries_is_one_each():
    assigned = cluster(np.eye(4, dtype=np.float32), config(4))
    assert sorted(assigned) == [0, 1, 2, 3]


def test_the_table_has_a_row_for_each_query_in_order(tmp_path):
    write_clusters(SHORT_AND_LONG, config(), tmp_path / "clusters.parquet")
    table = pl.read_parquet(tmp_path / "clusters.parquet")
    assert table.schema == {"query": pl.Int32, "cluster": pl.Int32}
    assert table["query"].to_list() == list(range(5))
    assert table["cluster"].to_list() == cluster(SHORT_AND_LONG, config()).tolist()
