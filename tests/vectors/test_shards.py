import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.vectors.encode import shard_range
from tasb.vectors.shards import read_blocks, read_vectors, write_vectors


@settings(max_examples=50)
@given(texts=st.integers(0, 2000), shards=st.integers(1, 40))
def test_shards_cover_every_text_once_and_in_order(texts, shards):
    ranges = [shard_range(texts, shard, shards) for shard in range(shards)]
    assert [text for rows in ranges for text in rows] == list(range(texts))
    sizes = [len(rows) for rows in ranges]
    assert max(sizes) - min(sizes) <= 1


def test_vectors_come_back_rounded_to_fp16(tmp_path):
    blocks = [
        np.random.default_rng(1).normal(0, 10, (rows, 8)).astype(np.float32) for rows in (5, 1)
    ]
    write_vectors(blocks, 8, tmp_path / "vectors")
    vectors = read_vectors(tmp_path / "vectors")
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, np.concatenate(blocks).astype(np.float16))
    np.testing.assert_allclose(vectors, np.concatenate(blocks), rtol=2**-11)


def test_no_more_is_read_at_a_time_than_is_asked_for(tmp_path):
    blocks = [np.full((rows, 2), rows, dtype=np.float32) for rows in (3, 4, 1, 2)]
    write_vectors(blocks, 2, tmp_path / "vectors")
    read = list(read_blocks(tmp_path / "vectors", rows=5))
    assert [len(block) for block in read] == [7, 3]
    np.testing.assert_array_equal(np.concatenate(read), np.concatenate(blocks))


def test_a_vector_takes_two_bytes_a_dimension(tmp_path):
    write_vectors([np.zeros((1000, 64), dtype=np.float32)], 64, tmp_path / "vectors")
    assert (tmp_path / "vectors").stat().st_size == pytest.approx(1000 * 64 * 2, rel=0.05)


def test_a_shard_may_hold_no_text(tmp_path):
    write_vectors([], 8, tmp_path / "vectors")
    assert list(read_blocks(tmp_path / "vectors")) == []
