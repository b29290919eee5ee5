"""A table as a grid of texts, from which every format is rendered."""

from dataclasses import dataclass

import polars as pl

from tasb.tables.config import Table
from tasb.tables.table import LETTERS

NAMES = {"ndcg": "nDCG", "mrr": "MRR", "map": "MAP", "recall": "R"}


@dataclass(frozen=True)
class Cell:
    """What stands in one cell."""

    value: str
    better_than: str = ""
    paper: str = ""


@dataclass(frozen=True)
class Line:
    """One row: its group, letter, labels, steps ("50 of 100" if step 50 was kept) and cells."""

    group: str | None
    letter: str
    labels: list[str]
    steps: str
    cells: list[Cell]


@dataclass(frozen=True)
class Grid:
    """A whole table."""

    title: str
    label_columns: list[str]
    query_sets: list[tuple[str, int]]
    """Name and number of judged queries."""
    metrics: list[str]
    lines: list[Line]
    notes: list[str]


def metric_name(metric: str) -> str:
    """Return a metric as it is printed, with its cutoff: nDCG@10, R@1000."""
    measure, _, cutoff = metric.partition("@")
    return NAMES[measure] + (f"@{cutoff}" if cutoff else "")


def number(value: float | None) -> str:
    """Return a value in the style of the paper, such as .712; a dash for a missing one."""
    if value is None:
        return "–"
    return f"{value:.3f}".removeprefix("0")


def grid(table: Table, cells: pl.DataFrame, notes: list[str]) -> Grid:
    """Arrange the cells of a table."""
    sets = cells.select("query_set", "queries").unique("query_set", maintain_order=True)
    lines = []
    for place, row in enumerate(table.rows):
        own = cells.filter(pl.col("letter") == LETTERS[place])
        before = table.rows[place - 1].group if place else None
        lines.append(
            Line(
                group=row.group if row.group != before else None,
                letter=LETTERS[place],
                labels=row.labels,
                steps=_steps(own["steps"][0], own["chosen_step"][0]),
                cells=[_cell(values) for values in own.iter_rows(named=True)],
            )
        )
    for statistic in table.statistics:
        own = cells.filter(pl.col("row") == statistic, pl.col("letter") == "")
        label = statistic.replace("-", " ").capitalize()
        labels = [label, *[""] * (len(table.columns) - 1)]
        values = [_cell(cell) for cell in own.iter_rows(named=True)]
        lines.append(Line(group=None, letter="", labels=labels, steps="", cells=values))
    reasons = cells.filter(pl.col("value").is_null())["reason"].unique().sort().to_list()
    return Grid(
        title=table.title,
        label_columns=table.columns,
        query_sets=list(sets.iter_rows()),
        metrics=[metric_name(metric) for metric in table.metrics],
        lines=lines,
        notes=[*notes, *(f"–: {reason}" for reason in reasons)],
    )


def _steps(steps: int | None, chosen: int | None) -> str:
    if steps is None or chosen is None:
        return ""
    return f"{steps:,}" if chosen == steps else f"{chosen:,} of {steps:,}"


def _cell(values: dict[str, object]) -> Cell:
    paper = values["paper"]
    return Cell(
        value=number(values["value"] if isinstance(values["value"], float) else None),
        better_than=str(values["better_than"]),
        paper=number(paper) if isinstance(paper, float) else "",
    )
