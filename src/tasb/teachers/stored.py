"""In-batch margins of a plan, made beforehand and read back batch by batch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasb.plans.plan import Batch

Margins = npt.NDArray[np.float16]
"""(b, 2b): score of each passage (positives, then negatives) less the own positive's."""


class StoredMargins:
    """Reads the margins that were made beforehand."""

    def __init__(self, shards: Sequence[str | Path]) -> None:
        self._readers = [pa.ipc.open_file(pa.memory_map(str(shard))) for shard in shards]
        self._first = [self._step(reader, 0) for reader in self._readers]

    @staticmethod
    def _step(reader: pa.ipc.RecordBatchFileReader, row: int) -> int:
        return int(reader.get_batch(row).column(0)[0].as_py())

    def margins(self, batch: Batch) -> Margins:
        """Return the margins of all passages of the batch, fp16 (b, 2b)."""
        shard = int(np.searchsorted(self._first, batch.step, side="right")) - 1
        record = self._readers[shard].get_batch(batch.step - self._first[shard])
        values: Margins = record.column(1).values.to_numpy()
        return values.reshape(len(batch.query), -1)
