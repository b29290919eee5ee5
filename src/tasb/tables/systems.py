"""A table of systems as a grid: a column for each metric on each query set."""

from typing import Any

import polars as pl

from tasb.tables.config import LETTERS, Table
from tasb.tables.grid import Cell, Column, Grid, Line, metric_name, number


def systems_grid(table: Table, cells: pl.DataFrame, notes: list[str]) -> Grid:
    """Arrange the cells of a table of systems.

    Args:
        table: its title, columns, rows and statistics.
        cells: see `tasb.tables.table.cells`.
        notes: what is said below it; reasons for missing values are added.
    """
    reasons = cells.filter(pl.col("value").is_null())["reason"].unique().sort().to_list()
    lines = [_row(table, place, cells) for place in range(len(table.rows))]
    lines += [_statistic(table, statistic, cells) for statistic in table.statistics]
    notes = [*notes, *(f"–: {reason}" for reason in reasons)]
    return Grid(table.title, _columns(table, cells), lines, notes)


def _columns(table: Table, cells: pl.DataFrame) -> list[Column]:
    sets = cells["query_set"].unique(maintain_order=True)
    return [
        Column(""),
        *(Column(heading) for heading in table.columns),
        Column("Steps", numbers=True),
        *(
            Column(metric_name(metric), name, numbers=True)
            for name in sets
            for metric in table.metrics or ()
        ),
    ]


def _row(table: Table, place: int, cells: pl.DataFrame) -> Line:
    row, own = table.rows[place], cells.filter(pl.col("letter") == LETTERS[place])
    before = table.rows[place - 1].group if place else None
    steps = _steps(own["steps"][0], own["chosen_step"][0])
    texts = [Cell(text) for text in (LETTERS[place], *row.labels, steps)]
    values = [_cell(cell) for cell in own.iter_rows(named=True)]
    return Line([*texts, *values], row.group if row.group != before else None)


def _statistic(table: Table, statistic: str, cells: pl.DataFrame) -> Line:
    own = cells.filter(pl.col("row") == statistic, pl.col("letter") == "")
    label = statistic.replace("-", " ").capitalize()
    empty = [Cell("")] * len(table.columns)
    return Line([Cell(""), Cell(label), *empty, *map(_cell, own.iter_rows(named=True))])


def _steps(steps: int | None, chosen: int | None) -> str:
    """Return the steps of a run, such as "50 of 100" if step 50 was kept."""
    if steps is None or chosen is None:
        return ""
    return f"{steps:,}" if chosen == steps else f"{chosen:,} of {steps:,}"


def _cell(values: dict[str, Any]) -> Cell:
    paper = number(values["paper"]) if values["paper"] is not None else ""
    return Cell(number(values["value"]), str(values["better_than"]), paper)
