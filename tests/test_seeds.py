import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasb.seeds import derive, random_words, stream

MASK = 2**64 - 1
SEEDS = st.integers(0, MASK)


def philox_block(counter, key):
    """Philox4x64-10 (Salmon et al., 2011) in whole numbers; counter and key as tuples of words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * c0, 0xCA5A826395121157 * c2
        c0, c1, c2, c3 = (
            (second >> 64) ^ c1 ^ k0,
            second & MASK,
            (first >> 64) ^ c3 ^ k1,
            first & MASK,
        )
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & MASK, (k1 + 0xBB67AE8584CAA73B) & MASK
    return [c0, c1, c2, c3]


def slow_row(seed, row, width):
    """One row: the blocks of the counters row * blocks + 1 and on, as many as the width needs."""
    blocks = (width + 3) // 4
    made = []
    for block in range(blocks):
        counter = row * blocks + block + 1
        made += philox_block((counter & MASK, counter >> 64, 0, 0), (seed, 0))
    return made[:width]


def test_the_slow_philox_gives_the_published_test_vectors():
    zeros = "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"
    ones = "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"
    assert " ".join(f"{w:016x}" for w in philox_block((0, 0, 0, 0), (0, 0))) == zeros
    assert " ".join(f"{w:016x}" for w in philox_block((MASK,) * 4, (MASK, MASK))) == ones


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, start=st.integers(0, 10**6), rows=st.integers(1, 4), width=st.integers(1, 13))
def test_a_row_is_its_own_stretch_of_philox(seed, start, rows, width):
    expected = [slow_row(seed, row, width) for row in range(start, start + rows)]
    assert random_words(seed, start, start + rows, width).tolist() == expected


def test_rows_far_into_a_long_training_are_right():
    row = 800_000 * 4096
    assert random_words(5, row, row + 1, 1024)[0].tolist() == slow_row(5, row, 1024)


@settings(max_examples=25, deadline=None)
@given(
    seed=SEEDS,
    width=st.integers(1, 20),
    bounds=st.lists(st.integers(0, 40), min_size=2, max_size=2).map(sorted),
)
def test_a_range_of_rows_equals_the_same_rows_of_a_larger_one(seed, width, bounds):
    start, stop = bounds
    table = random_words(seed, 0, 40, width)
    np.testing.assert_array_equal(random_words(seed, start, stop, width), table[start:stop])


def test_words_have_the_shape_and_type_that_are_promised():
    table = random_words(1, 3, 8, 6)
    assert (table.shape, table.dtype) == ((5, 6), np.uint64)
    assert random_words(1, 3, 3, 6).shape == (0, 6)


def test_no_word_of_a_table_occurs_twice():
    table = random_words(9, 0, 500, 7)
    assert len(np.unique(table)) == table.size


@pytest.mark.parametrize("other", [(4, "plan"), (3, "early"), (3, "plan", 0), (3,)])
def test_another_seed_or_name_is_another_stream(other):
    drawn = stream(3, "plan").integers(0, 2**63, 4)
    assert not np.intersect1d(drawn, stream(*other).integers(0, 2**63, 4)).size


def test_the_same_name_is_the_same_stream_on_every_machine():
    # sha256 of "3/plan" begins with the bytes c3 91 5c 2a 24 e6 48 3f.
    assert derive(3, "plan") == 0x3F48E6242A5C91C3
    np.testing.assert_array_equal(stream(3, "plan").random(5), stream(3, "plan").random(5))
