"""Tables of texts for BM25."""

import polars as pl
import pytest


@pytest.fixture
def texts_table(tmp_path):
    """Write a table of texts; ids are a prefix and the position."""

    def write(name, texts):
        path = tmp_path / f"{name}.parquet"
        columns = {"position": range(len(texts)), "text": texts}
        columns["id"] = [f"{name}{i}" for i in range(len(texts))]
        types = {"position": pl.Int32, "id": pl.String, "text": pl.String}
        pl.DataFrame(columns).select(pl.col(c).cast(t) for c, t in types.items()).write_parquet(
            path
        )
        return path

    return write
