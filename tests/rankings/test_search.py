import logging

import faiss
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.jobs import Job
from tasb.rankings.blocked import DeviceVectors, top_passages
from tasb.rankings.exact import search_flat
from tasb.rankings.search import UNSET, recall, search, search_index
from tasb.vectors.index import write_index
from tasb.vectors.shards import write_vectors

CPU = torch.device("cpu")


def brute_force(queries, passages, depth):
    """Positions and scores, best first; a stable sort keeps equal scores in order of position."""
    scores = queries @ passages.T
    order = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    return order, np.take_along_axis(scores, order, axis=1)


def write_shards(folder, passages, cuts):
    """Write a file for each part between the cuts, each in blocks of 200 passages."""
    files = []
    for start, stop in zip([0, *cuts], [*cuts, len(passages)]):
        files.append(folder / f"{len(files)}.arrow")
        blocks = [passages[at : min(at + 200, stop)] for at in range(start, stop, 200)]
        write_vectors(blocks, passages.shape[1], files[-1])
    return files


def whole_numbers(seed, rows, highest=2):
    """Vectors whose products are exact, and often equal."""
    random = np.random.default_rng(seed)
    return random.integers(-highest, highest + 1, (rows, 4)).astype(np.float32)


def on_a_gpu(queries, files, depth):
    """Search as on a GPU, with tensors of the CPU."""
    return top_passages(queries, DeviceVectors(files, CPU), depth)


WAYS = pytest.mark.parametrize("search_flat", [search_flat, on_a_gpu])


@WAYS
@pytest.mark.parametrize("depth", [1, 10, 100, 150, 1000])
def test_search_over_shards_is_brute_force(tmp_path, search_flat, depth):
    random = np.random.default_rng(1)
    passages = random.normal(size=(400, 16)).astype(np.float16).astype(np.float32)
    queries = random.normal(size=(30, 16)).astype(np.float16).astype(np.float32)
    files = write_shards(tmp_path, passages, [90, 90, 350])
    positions, scores = search_flat(queries, files, depth)
    expected_positions, expected_scores = brute_force(queries, passages, depth)
    np.testing.assert_array_equal(positions, expected_positions)
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-5, atol=1e-5)
    assert (positions.dtype, scores.dtype) == (np.int64, np.float32)


@WAYS
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    passages=st.integers(1, 500),
    queries=st.sampled_from([1, 3, 30]),
    depth=st.one_of(st.integers(1, 20), st.integers(1, 520)),
    cuts=st.lists(st.floats(0, 1), max_size=3),
)
def test_equal_scores_are_found_and_kept_in_order_of_position(
    search_flat, tmp_path_factory, seed, passages, queries, depth, cuts
):
    texts, asked = whole_numbers(seed, passages), whole_numbers(seed + 1, queries)
    cuts = sorted(int(cut * passages) for cut in cuts)
    files = write_shards(tmp_path_factory.mktemp("shards"), texts, cuts)
    positions, scores = search_flat(asked, files, depth)
    expected_positions, expected_scores = brute_force(asked, texts, depth)
    np.testing.assert_array_equal(scores, expected_scores)
    np.testing.assert_array_equal(positions, expected_positions)


def test_vectors_that_do_not_fit_a_device_are_fetched_for_each_pass(tmp_path, monkeypatch):
    monkeypatch.setattr("tasb.rankings.blocked.STREAMED", 64)
    monkeypatch.setattr("tasb.rankings.blocked.SCORES", 200)
    passages, queries = whole_numbers(1, 500), whole_numbers(2, 7)
    files = write_shards(tmp_path, passages, [90])
    stay, leave = DeviceVectors(files, CPU), DeviceVectors(files, CPU)
    leave._stay = False
    expected = brute_force(queries, passages, 20)
    for vectors, sizes in ((stay, [100] * 5), (leave, [90, 200, 200, 10])):
        for _ in range(2):
            assert [len(block) for block in vectors.blocks(100)] == sizes
            for found, value in zip(top_passages(queries, vectors, 20), expected):
                np.testing.assert_array_equal(found, value)


@WAYS
def test_a_depth_beyond_the_collection_ranks_all_of_it(tmp_path, search_flat):
    passages = np.array([[1.0], [3.0], [2.0]], dtype=np.float32)
    files = write_shards(tmp_path, passages, [2])
    positions, scores = search_flat(np.array([[1.0], [-1.0]], dtype=np.float32), files, 10)
    assert positions.tolist() == [[1, 2, 0], [0, 2, 1]]
    assert scores.tolist() == [[3, 2, 1], [-1, -2, -3]]


@pytest.mark.parametrize("factory", ["Flat", "IVF1,Flat", "HNSW16,Flat"])
def test_an_index_that_reads_everything_finds_what_flat_search_finds(tmp_path, factory):
    random = np.random.default_rng(3)
    passages = random.normal(size=(60, 8)).astype(np.float16).astype(np.float32)
    queries = random.normal(size=(5, 8)).astype(np.float32)
    files = write_shards(tmp_path, passages, [20])
    write_index(files, factory, tmp_path / "a.faiss")
    positions, scores = search_index(queries, tmp_path / "a.faiss", 10)
    expected_positions, expected_scores = brute_force(queries, passages, 10)
    np.testing.assert_array_equal(positions, expected_positions)
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-4, atol=1e-5)


@pytest.fixture
def two_lists(tmp_path):
    """An index of two inverted lists, of which a query reads one."""
    passages = np.array([[9, 0], [0, 9], [8, 0], [0, 8], [0, 8], [0, 7]], dtype=np.float32)
    files = write_shards(tmp_path, passages, [])
    write_index(files, "IVF2,Flat", tmp_path / "a.faiss")
    return tmp_path / "a.faiss"


def test_passages_that_an_index_does_not_find_are_minus_one_and_last(two_lists):
    positions, scores = search_index(np.eye(2, dtype=np.float32), two_lists, 100)
    assert positions.tolist() == [[0, 2, -1, -1, -1, -1], [1, 3, 4, 5, -1, -1]]
    assert scores[0, :2].tolist() == [9, 8]
    assert scores[1, :4].tolist() == [9, 8, 8, 7]


def job_of(tmp_path, index, settings, depth):
    files = {"vectors": [str(tmp_path / "0.arrow")], "index": [str(index)]}
    return Job({"depth": depth, "index": settings, "drop_own_passage": False}, files, {})


def test_vectors_and_an_index_are_searched_alike(tmp_path, two_lists):
    query = np.array([[1, 0.5]], dtype=np.float32)
    vectors, _ = search(job_of(tmp_path, two_lists, None, 3), query, CPU)
    lists, _ = search(job_of(tmp_path, two_lists, UNSET, 3), query, CPU)
    assert vectors.tolist() == [[0, 2, 1]]
    assert lists.tolist() == [[0, 2, -1]]


def test_the_share_that_an_index_finds_is_measured_and_rises_with_nprobe(
    tmp_path, two_lists, caplog
):
    """The exact top three of the query are passages 0, 2 and 1; the one list holds 0 and 2."""
    query = np.array([[1, 0.5]], dtype=np.float32)
    with caplog.at_level(logging.INFO, logger="tasb"):
        one, two = (job_of(tmp_path, two_lists, {**UNSET, "nprobe": n}, 3) for n in (1, 2))
        search(one, query, CPU)
        found, _ = search(two, query, CPU)
    assert (one.about["recall"], two.about["recall"]) == (0.6667, 1)
    assert found.tolist() == [[0, 2, 1]]
    assert "finds 66.7 % of the exact top 3 passages of 1 queries" in caplog.text


def test_places_that_faiss_leaves_empty_rank_last_whatever_their_score(two_lists, monkeypatch):
    class Padded:
        ntotal = 3

        def search(self, queries, depth):
            return np.array([[3.4e38, 2.0, 5.0]], np.float32), np.array([[-1, 7, 4]])

    monkeypatch.setattr(faiss, "read_index", lambda path: Padded())
    positions, _ = search_index(np.ones((1, 2), np.float32), two_lists, 3)
    assert positions.tolist() == [[4, 7, -1]]


def test_ef_search_reaches_an_index_behind_a_transform(tmp_path):
    random = np.random.default_rng(5)
    passages = random.normal(size=(3000, 16)).astype(np.float16).astype(np.float32)
    queries = random.normal(size=(40, 16)).astype(np.float32)
    files = write_shards(tmp_path, passages, [])
    write_index(files, "RR16,HNSW4", tmp_path / "a.faiss")
    exact, _ = search_flat(queries, files, 10)
    shares = [
        recall(search_index(queries, tmp_path / "a.faiss", 10, {"ef_search": width})[0], exact)
        for width in (1, 400)
    ]
    assert shares[0] < shares[1]


def test_what_an_index_ranks_lower_is_not_found():
    """Of the exact top two, one is second and the other third in the index's ranking."""
    exact, found = np.array([[4, 7]]), np.array([[9, 4, 7]])
    assert recall(found, exact) == 0.5
    assert recall(exact[:, ::-1], exact) == 1
