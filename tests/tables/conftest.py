"""Metrics of made-up systems."""

import polars as pl
import pytest

from tasb.tables.table import Metrics


@pytest.fixture
def measured():
    """Make the metrics of a system from its values of each query."""

    def make(values, reason=None):
        rows = [
            (f"q{number}", metric, float(value))
            for metric, column in values.items()
            for number, value in enumerate(column)
        ]
        per_query = pl.DataFrame(rows, schema=["query_id", "metric", "value"], orient="row")
        means = per_query.group_by("metric", maintain_order=True).agg(
            pl.col("value").mean(),
            queries=pl.len().cast(pl.Int64),
            reason=pl.lit(reason, pl.String),
            depth=pl.lit(1000, pl.Int64),
        )
        if reason is not None:
            means = means.with_columns(value=pl.lit(None, pl.Float64))
        return Metrics(per_query, means)

    return make
