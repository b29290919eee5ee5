"""A memory-mapped store of token ids: texts of any length, found by position."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from tasb.files import whole
from tasb.tokens.special import Ids, SpecialTokens
from tasb.tokens.texts import Lengths, Positions, Texts

ROWS = 65_536
"""Texts in one record batch of the file; the last one may hold fewer."""


def write_tokens(texts: Iterable[Sequence[int]], vocabulary: int, path: str | Path) -> None:
    """Write the token ids of texts, in order, as an Arrow file with one list column.

    Ids are `uint16`, or `uint32` for a vocabulary above 65,536.
    """
    ids = pa.list_(pa.uint16() if vocabulary <= 1 << 16 else pa.uint32())
    schema = pa.schema([("ids", ids)])
    rest = iter(texts)
    with (
        whole(path) as part,
        pa.OSFile(str(part), "wb") as file,
        pa.ipc.new_file(file, schema) as writer,
    ):
        while rows := list(islice(rest, ROWS)):
            writer.write_batch(pa.record_batch([pa.array(rows, ids)], schema))


class TokenStore:
    """Token ids by text position; only the pages that are used are read from disk.

    ``store[i]`` is the ids of text ``i``, without special tokens.
    """

    def __init__(self, path: str | Path) -> None:
        file = pa.memory_map(str(path))
        whole = file.read_buffer().slice(0, file.size() // 8 * 8)
        reader = pa.ipc.open_file(file)
        batches = [reader.get_batch(i).column(0) for i in range(reader.num_record_batches)]
        self._count = sum(map(len, batches))
        width = reader.schema.field("ids").type.value_type.bit_width // 8
        self._offsets = np.frombuffer(whole, np.int32)
        self._ids: Ids = (
            np.frombuffer(whole, np.uint16) if width == 2 else np.frombuffer(whole, np.uint32)
        )
        # Where the offsets and the ids of each record batch begin, seen from that of the file.
        begins = [[part.buffers()[1], part.values.buffers()[1]] for part in batches]
        at = np.array([[buffer.address - whole.address if buffer else 0 for buffer in pair]
                       for pair in begins], np.int64).reshape(-1, 2)  # fmt: skip
        self._first_offset, self._first_id = at[:, 0] // 4, at[:, 1] // width

    def __len__(self) -> int:
        return self._count

    def _bounds(self, positions: Positions) -> tuple[Lengths, Lengths]:
        """Return where each text begins and ends among all ids."""
        batch, row = np.divmod(np.asarray(positions, np.int64), ROWS)
        offset, first = self._first_offset[batch] + row, self._first_id[batch]
        return first + self._offsets[offset], first + self._offsets[offset + 1]

    def __getitem__(self, position: int) -> Ids:
        if not 0 <= position < self._count:
            raise IndexError(f"text {position} of {self._count}")
        (start,), (stop,) = self._bounds(np.array([position]))
        ids: Ids = self._ids[start:stop]
        return ids

    def texts(self, positions: Positions | range, special: SpecialTokens, length: int) -> Texts:
        """Return texts as a model reads them.

        Args:
            positions: of the texts.
            special: the special tokens that are added.
            length: tokens that are kept of a text, special tokens included.
        """
        return special.around(self._ids, *self._bounds(np.asarray(positions)), length)

    def longest(self, count: int) -> Lengths:
        """Return the positions of the longest texts, so many at most."""
        starts, stops = self._bounds(np.arange(self._count))
        return np.argsort(starts - stops, kind="stable")[:count]

    def __iter__(self) -> Iterator[Ids]:
        return (self[position] for position in range(len(self)))
