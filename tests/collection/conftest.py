"""Small collections, as folders of files and as tables."""

import polars as pl
import pytest


@pytest.fixture
def folder(tmp_path):
    """Write a folder of files, given by name with underscores for dots."""

    def write(**files):
        place = tmp_path / "collection"
        place.mkdir(exist_ok=True)
        for name, content in files.items():
            (place / name.replace("_", ".")).write_text(content, encoding="utf-8")
        return place

    return write


@pytest.fixture
def texts_table(tmp_path):
    """Write a table of texts with these ids."""

    def write(name, ids):
        path = tmp_path / f"{name}.parquet"
        columns = {"position": range(len(ids)), "id": ids, "text": [f"text {i}" for i in ids]}
        types = {"position": pl.Int32, "id": pl.String, "text": pl.String}
        pl.DataFrame(columns, schema=types).write_parquet(path)
        return path

    return write
