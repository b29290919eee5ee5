import numpy as np
import pyarrow as pa
import pytest

from tasb.tokens.store import ROWS, TokenStore, write_tokens


def stored(texts, vocabulary, path):
    write_tokens(texts, vocabulary, path)
    return TokenStore(path)


@pytest.mark.parametrize(
    ("vocabulary", "kind"),
    [(30_522, np.uint16), (65_536, np.uint16), (65_537, np.uint32), (250_002, np.uint32)],
)
def test_ids_come_back_in_the_smallest_type_of_the_vocabulary(tmp_path, vocabulary, kind):
    texts = [[0, 5, vocabulary - 1], [], [7]]
    store = stored(texts, vocabulary, tmp_path / "tokens")
    assert [ids.tolist() for ids in store] == texts
    assert {ids.dtype for ids in store} == {np.dtype(kind)}


def test_texts_beyond_one_record_batch_are_found(tmp_path):
    count = 2 * ROWS + 3
    store = stored(([i % 1000] * (i % 3) for i in range(count)), 1000, tmp_path / "tokens")
    assert len(store) == count
    for position in (0, 1, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS - 1, 2 * ROWS, count - 1):
        assert store[position].tolist() == [position % 1000] * (position % 3)


def test_a_whole_number_of_record_batches_has_no_empty_one(tmp_path):
    store = stored(([1] for _ in range(ROWS)), 10, tmp_path / "tokens")
    assert len(store) == len(list(store)) == ROWS
    assert store[ROWS - 1].tolist() == [1]


def test_positions_may_be_numpy_integers(tmp_path):
    store = stored([[1], [2, 3]], 10, tmp_path / "tokens")
    assert store[np.int32(1)].tolist() == [2, 3]


def test_ids_are_views_of_the_mapped_file(tmp_path):
    store = stored([[1, 2], [3]], 10, tmp_path / "tokens")
    before = pa.total_allocated_bytes()
    assert not store[0].flags.owndata
    assert not store[0].flags.writeable
    assert pa.total_allocated_bytes() == before
    address = store[1].__array_interface__["data"][0]
    assert address == store[0].__array_interface__["data"][0] + 2 * 2
    assert "tokens" in mapped_file_at(address)


def mapped_file_at(address):
    """Return the line of this process's memory map that holds an address."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            start, stop = (int(part, 16) for part in line.split()[0].split("-"))
            if start <= address < stop:
                return line
    return ""


def test_an_id_above_the_type_is_an_error_and_leaves_no_file(tmp_path):
    with pytest.raises(pa.ArrowInvalid):
        write_tokens([[1], [65_536]], 65_536, tmp_path / "tokens")
    assert list(tmp_path.iterdir()) == []
