"""A grid: a table of any columns and rows, as texts, from which every format is rendered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

NAMES = {"ndcg": "nDCG", "mrr": "MRR", "map": "MAP", "recall": "R"}


@dataclass(frozen=True)
class Column:
    """A column of a grid."""

    heading: str
    group: str = ""
    """Heading over this column and its neighbours of the same group."""
    numbers: bool = False
    """Whether it holds numbers, which are set to the right."""


@dataclass(frozen=True)
class Cell:
    """The text of one cell, and what is printed next to it."""

    text: str
    raised: str = ""
    """Letters above the line: the rows that this one beats."""
    bracketed: str = ""
    """In brackets: the paper's value."""


@dataclass(frozen=True)
class Line:
    """A row of cells, one a column; perhaps with a heading above it."""

    cells: Sequence[Cell]
    heading: str | None = None


@dataclass(frozen=True)
class Grid:
    """A whole table."""

    title: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    notes: Sequence[str] = field(default=())

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The headings over the columns, each with the number of columns below it."""
        named = groupby(self.columns, key=lambda column: column.group)
        return [(group, len(list(columns))) for group, columns in named]


def number(value: float | None) -> str:
    """Return a value in the style of the paper, such as .712; a dash for a missing one."""
    if value is None:
        return "–"
    return f"{value:.3f}".removeprefix("0")


def metric_name(metric: str) -> str:
    """Return a metric as it is printed, with its cutoff: nDCG@10, R@1000."""
    measure, _, cutoff = metric.partition("@")
    return NAMES[measure] + (f"@{cutoff}" if cutoff else "")
