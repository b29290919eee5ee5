import faiss
import numpy as np
import pytest

from tasb.errors import TasbError
from tasb.vectors.index import write_index
from tasb.vectors.shards import write_vectors


@pytest.fixture
def vectors():
    return np.random.default_rng(2).normal(size=(60, 8)).astype(np.float16).astype(np.float32)


@pytest.fixture
def shards(tmp_path, vectors):
    for number, (start, stop) in enumerate([(0, 25), (25, 25), (25, 60)]):
        blocks = [vectors[start : start + 10], vectors[start + 10 : stop]] if stop > start else []
        write_vectors(blocks, 8, tmp_path / f"{number}.arrow")
    return [tmp_path / f"{number}.arrow" for number in range(3)]


@pytest.mark.parametrize("factory", ["Flat", "IVF3,Flat", "HNSW8,Flat"])
def test_an_index_holds_all_vectors_by_position(tmp_path, shards, vectors, factory):
    write_index(shards, factory, tmp_path / "a.faiss")
    index = faiss.read_index(str(tmp_path / "a.faiss"))
    assert index.metric_type == faiss.METRIC_INNER_PRODUCT
    if factory.startswith("IVF"):
        index.make_direct_map()
    stored = np.stack([index.reconstruct(position) for position in range(index.ntotal)])
    np.testing.assert_array_equal(stored, vectors)


@pytest.mark.parametrize("factory", ["Flatt", "IVF0x,Flat", ""])
def test_an_unknown_factory_string_is_an_error_that_names_it(tmp_path, shards, factory):
    with pytest.raises(TasbError, match=f"^index '{factory}': "):
        write_index(shards, factory, tmp_path / "a.faiss")
    assert not (tmp_path / "a.faiss").exists()


@pytest.mark.parametrize("factory", ["HNSW8_PQ2", "IVF2_HNSW4,ZnLattice1x8_4", "RR8,HNSW8_PQ2"])
def test_an_index_that_ranks_by_distance_is_refused(tmp_path, shards, factory):
    with pytest.raises(TasbError, match=f"^index '{factory}': "):
        write_index(shards, factory, tmp_path / "a.faiss")
    assert not (tmp_path / "a.faiss").exists()


def test_too_few_vectors_to_train_on_are_an_error(tmp_path, shards):
    with pytest.raises(TasbError, match=r"^index 'IVF61,Flat': .*60"):
        write_index(shards, "IVF61,Flat", tmp_path / "a.faiss")


def test_only_the_first_vectors_train_the_index(tmp_path, shards, vectors, monkeypatch):
    monkeypatch.setattr("tasb.vectors.index.TRAINING_VECTORS", 30)
    write_index(shards, "IVF1,Flat", tmp_path / "a.faiss")
    index = faiss.read_index(str(tmp_path / "a.faiss"))
    centroid = index.quantizer.reconstruct(0)
    mean = vectors[:30].mean(axis=0)
    np.testing.assert_allclose(centroid, mean / np.linalg.norm(mean), atol=1e-5)
    assert index.ntotal == 60


def test_fewer_vectors_than_centroids_are_refused(tmp_path):
    write_vectors([np.eye(40, 16)], 16, tmp_path / "few.arrow")
    with pytest.raises(TasbError) as caught:
        write_index([tmp_path / "few.arrow"], "PQ4", tmp_path / "index")
    assert str(caught.value) == (
        "index 'PQ4': 256 centroids need as many vectors, and there are 40; name an index of "
        "fewer, such as PQ8x4 in place of PQ8, or a smaller IVF, or Flat"
    )
