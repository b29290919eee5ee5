"""A memory-mapped store of token ids: texts of any length, found by position."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasb.files import whole
from tasb.tokens.special import Ids, SpecialTokens

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
        reader = pa.ipc.open_file(pa.memory_map(str(path)))
        batches = [reader.get_batch(i).column(0) for i in range(reader.num_record_batches)]
        self._offsets = [column.offsets.to_numpy() for column in batches]
        self._values = [column.values.to_numpy() for column in batches]

    def __len__(self) -> int:
        return sum(len(offsets) - 1 for offsets in self._offsets)

    def __getitem__(self, position: int) -> Ids:
        batch, row = divmod(int(position), ROWS)
        start, stop = self._offsets[batch][row : row + 2]
        ids: Ids = self._values[batch][start:stop]
        return ids

    def texts(
        self, positions: Iterable[int], special: SpecialTokens, length: int
    ) -> list[npt.NDArray[np.int64]]:
        """Return texts as a model reads them.

        Args:
            positions: of the texts.
            special: the special tokens that are added.
            length: tokens that are kept of a text, special tokens included.
        """
        return [special.single(self[position], length) for position in positions]

    def __iter__(self) -> Iterator[Ids]:
        return (self[position] for position in range(len(self)))
