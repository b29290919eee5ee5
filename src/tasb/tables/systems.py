"""A table of systems as a grid: a column for each metric on each query set."""

from typing import Any

import polars as pl

from tasb.tables.config import LETTERS, Table
from tasb.tables.grid import Cell, Column, Grid, Line, metric_name, number
from tasb.tables.latency import milliseconds
from tasb.tables.latency_columns import arranged


def systems_grid(
    table: Table, cells: pl.DataFrame, notes: list[str], latency: pl.DataFrame | None = None
) -> Grid:
    """Arrange the cells of a table of systems.

    Args:
        table: its title, columns, rows and statistics.
        cells: see `tasb.tables.table.cells`.
        notes: what is said below it; reasons for missing values are added.
        latency: see `tasb.tables.latency_columns.latency_cells`; None for no such columns.
    """
    every = cells if latency is None else pl.concat([cells, latency])
    missing = every.filter(pl.col("value").is_null(), pl.col("reason").is_not_null())
    reasons = missing["reason"].unique().sort().to_list()
    shown = arranged(table, latency)
    groups = [None, *(group for _, group in shown)]
    lines = [
        _row(table, place, cells, latency, group if group != before else None)
        for (place, group), before in zip(shown, groups)
    ]
    lines += [_statistic(table, statistic, cells, latency) for statistic in table.statistics]
    notes = [*notes, *(f"–: {reason}" for reason in reasons)]
    return Grid(table.title, _columns(table, cells, latency), lines, notes)


def _columns(table: Table, cells: pl.DataFrame, latency: pl.DataFrame | None) -> list[Column]:
    sets = cells["query_set"].unique(maintain_order=True)
    return [
        Column(""),
        *(Column(heading) for heading in table.columns),
        Column("Steps", numbers=True),
        *(Column(heading, numbers=True) for heading in _latencies(latency)),
        *(
            Column(metric_name(metric), name, numbers=True)
            for name in sets
            for metric in table.metrics or ()
        ),
    ]


def _latencies(latency: pl.DataFrame | None) -> list[str]:
    """Return the headings of the columns of latencies; the paper's where there is one."""
    if latency is None:
        return []
    paper = ["Latency in the paper (ms)"] if latency["paper"].count() else []
    return ["Latency (ms)", *paper]


def _row(
    table: Table,
    place: int,
    cells: pl.DataFrame,
    latency: pl.DataFrame | None,
    heading: str | None,
) -> Line:
    row, own = table.rows[place], cells.filter(pl.col("letter") == LETTERS[place])
    steps = _steps(own["steps"][0], own["chosen_step"][0])
    texts = [Cell(text) for text in (LETTERS[place], *row.labels, steps)]
    times = []
    if latency is not None:
        both = latency.select("value", "paper").row(place)
        shown = both[: len(_latencies(latency))]
        times = [Cell("–" if time is None else milliseconds(time)) for time in shown]
    values = [_cell(cell) for cell in own.iter_rows(named=True)]
    return Line([*texts, *times, *values], heading)


def _statistic(
    table: Table, statistic: str, cells: pl.DataFrame, latency: pl.DataFrame | None
) -> Line:
    own = cells.filter(pl.col("row") == statistic, pl.col("letter") == "")
    label = statistic.replace("-", " ").capitalize()
    empty = [Cell("")] * (len(table.columns) + len(_latencies(latency)))
    return Line([Cell(""), Cell(label), *empty, *map(_cell, own.iter_rows(named=True))])


def _steps(steps: int | None, chosen: int | None) -> str:
    """Return the steps of a run, such as "50 of 100" if step 50 was kept."""
    if steps is None or chosen is None:
        return ""
    return f"{steps:,}" if chosen == steps else f"{chosen:,} of {steps:,}"


def _cell(values: dict[str, Any]) -> Cell:
    paper = number(values["paper"]) if values["paper"] is not None else ""
    return Cell(number(values["value"]), str(values["better_than"]), paper)
