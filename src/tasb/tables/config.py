"""Config of the tables: a table is a list of systems."""

from pydantic import Field

from tasb.settings import Settings


class Row(Settings):
    """One system of a table."""

    system: str
    labels: list[str] = Field(min_length=1)
    """What stands in the label columns of the row."""
    paper: str | None = None
    """Row of `resources/paper` whose values may stand beside ours."""
    group: str | None = None
    """Heading above the row, where it differs from that of the row before."""


class Table(Settings):
    """A table of the paper."""

    title: str
    columns: list[str] = Field(min_length=1)
    """Headings of the label columns."""
    metrics: list[str] = Field(min_length=1)
    rows: list[Row] = Field(min_length=1)
