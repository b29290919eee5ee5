"""One table in its four formats."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tasb.collection.tables import count_texts
from tasb.files import whole, write_text
from tasb.jobs import log
from tasb.metrics.config import METRIC
from tasb.tables.config import Table
from tasb.tables.layout import grid, metric_name
from tasb.tables.render import html, latex, markdown
from tasb.tables.table import NO_PAPER, cells, read_metrics, read_paper, read_steps

LARGE = 0.05
"""Share of the collection above which a recall cutoff says little."""


def make_table(recipe: Mapping[str, Any], files: Any, outputs: Sequence[str]) -> None:
    """Make a table from the metrics of its rows.

    Args:
        recipe: its name, table, query_sets, test, runs and collection.
        files: with attribute metrics: pairs of files (per query, means), for each row and
            query set in order; and, where there are any, logs: of the trainings of `runs`;
            passages: the passages table; paper: the published table.
        outputs: the files to write: .parquet, .md, .tex, .html.
    """
    table = Table.model_validate(recipe["table"])
    systems = dict.fromkeys(row.system for row in table.rows)
    keys = [(system, query_set) for system in systems for query_set in recipe["query_set_names"]]
    pairs = zip(files.metrics[::2], files.metrics[1::2])
    found = {key: read_metrics(*pair) for key, pair in zip(keys, pairs)}
    logs = dict(zip(recipe["runs"], files.get("logs", [])))
    passages, paper = (next(iter(files.get(name, [])), None) for name in ("passages", "paper"))
    filled = cells(
        recipe["name"],
        table,
        found,
        {name: recipe["query_sets"][name] for name in recipe["query_set_names"]},
        read_paper(paper) if paper else NO_PAPER,
        {system: read_steps(file) for system, file in logs.items()},
        recipe["test"]["p"],
        recipe["test"]["correction"],
    )
    count = count_texts(passages) if passages else None
    write_table(table, filled, recipe["collection"], count, outputs)


def write_table(
    table: Table,
    filled: pl.DataFrame,
    collection: str,
    passages: int | None,
    outputs: Sequence[str],
) -> None:
    """Write a table as Parquet, Markdown, LaTeX and HTML.

    Args:
        table: what the table is made of.
        filled: see `tasb.tables.table.cells`.
        collection: name of the collection.
        passages: number of passages, if the collection has any.
        outputs: the four files, in that order.
    """
    notes = [_about(filled, collection, passages), *_warnings(table, passages)]
    for note in notes[1:]:
        log.warning(note)
    arranged = grid(table, filled, notes)
    with whole(outputs[0]) as part:
        filled.write_parquet(part)
    for path, render in zip(outputs[1:], (markdown, latex, html)):
        write_text(path, render(arranged))


def _about(cells: pl.DataFrame, collection: str, passages: int | None) -> str:
    size = f" of {passages:,} passages" if passages else ""
    paper = " In brackets: the paper's value." if cells["paper"].count() else ""
    return (
        f"Collection '{collection}'{size}. Raised letters: rows that this row significantly "
        f"exceeds (paired t-test).{paper}"
    )


def _warnings(table: Table, passages: int | None) -> list[str]:
    warnings = []
    for metric in table.metrics:
        matched = METRIC.match(metric)
        cutoff = int((matched.group(2) or "@0")[1:]) if matched else 0
        if passages and metric.startswith("recall") and cutoff > LARGE * passages:
            warnings.append(
                f"{metric_name(metric)} reads {cutoff / passages:.0%} of the collection; "
                f"a cutoff above {LARGE:.0%} tells systems hardly apart."
            )
    return warnings
