"""What a dense system finds for the queries that are mined: positions alone, block by block."""

from collections.abc import Iterator

import faiss
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from tasb.files import whole
from tasb.jobs import Job, log
from tasb.models.sides import QUERIES
from tasb.rankings.exact import Positions
from tasb.rankings.search import find
from tasb.tokens.store import TokenStore
from tasb.vectors.encode import open_encoder

SCHEMA = pa.schema([("query", pa.int32()), ("passage", pa.int32()), ("rank", pa.int32())])
BLOCK = 65_536
"""Queries that are searched at once; on a CPU each such block reads all vectors."""


def make(job: Job) -> None:
    """Encode the queries of a part, and write what is found for each."""
    encoder, store = open_encoder(job), TokenStore(job.file("query_tokens"))
    faiss.omp_set_num_threads(job.threads)
    rows = range(job.recipe["part"], len(store), job.recipe["parts"])
    with whole(job.output("candidates")) as part, pq.ParquetWriter(part, SCHEMA) as writer:
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            vectors = np.concatenate(list(encoder.encode(store, QUERIES, block)))
            found, _ = find(job, vectors.astype(np.float32), job.recipe["depth"], encoder.device)
            for table in _tables(np.asarray(block), found):
                writer.write_batch(table)
    log.info("%d of %d queries searched", len(rows), len(store))


def _tables(queries: npt.NDArray[np.int64], found: Positions) -> Iterator[pa.RecordBatch]:
    """Yield rows of some queries at a time; places that an index left empty are left out."""
    for start in range(0, len(queries), 4096):
        block = found[start : start + 4096]
        place, rank = np.nonzero(block >= 0)
        columns = [queries[start : start + 4096][place], block[place, rank], rank + 1]
        yield pa.record_batch([pa.array(c.astype(np.int32)) for c in columns], SCHEMA)
