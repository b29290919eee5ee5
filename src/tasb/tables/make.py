"""One table in its four formats."""

from collections.abc import Iterable, Mapping

import polars as pl

from tasb.collection.tables import count_texts
from tasb.files import read_json, whole, write_text
from tasb.jobs import Job, log
from tasb.metrics.config import cutoff_of
from tasb.tables.config import Table
from tasb.tables.grid import metric_name
from tasb.tables.latency_columns import latency_cells
from tasb.tables.render import html, latex, markdown
from tasb.tables.systems import systems_grid
from tasb.tables.table import NO_PAPER, Metrics, cells, read_metrics, read_paper, read_steps

LARGE = 0.05
"""Share of the collection above which a recall cutoff says little."""


def make(job: Job) -> None:
    """Make a table from the metrics of its rows, see `tasb.tables.artifacts.table`."""
    recipe, table = job.recipe, Table.model_validate(job.recipe["table"])
    paper, passages = job.optional("paper"), job.optional("passages")
    query_sets = dict(recipe["query_sets"])
    published = read_paper(paper) if paper else NO_PAPER
    systems = list(dict.fromkeys(row.system for row in table.rows if row.system))
    metrics = read_metrics(job.files("metrics"), systems, list(query_sets))
    filled = cells(
        recipe["name"],
        table,
        metrics,
        query_sets,
        published,
        {system: read_steps(path) for system, path in zip(recipe["runs"], job.files("times"))},
        recipe["test"]["p"],
        recipe["test"]["correction"],
    )  # fmt: skip
    count = count_texts(passages) if passages else None
    notes = [_about(filled, recipe["collection"], count), *_warnings(table, count)]
    notes += [*_shallow(table, metrics, count), *_let_pass(query_sets, job.files("sets"))]
    notes += _shared(job.optional("shared"))
    for note in notes[1:]:
        log.warning(note)
    latency = None
    if table.latency is not None:
        shown = published if any(query_sets.values()) else NO_PAPER
        latency = latency_cells(recipe["name"], table, recipe["latency"], shown)
    grid = systems_grid(table, filled, notes, latency)
    with whole(job.output("data")) as part:
        pl.concat([filled, *([] if latency is None else [latency])]).write_parquet(part)
    for name, render in (("markdown", markdown), ("latex", latex), ("html", html)):
        write_text(job.output(name), render(grid))


def _about(cells: pl.DataFrame, collection: str, passages: int | None) -> str:
    size = f" of {passages:,} passages" if passages else ""
    paper = " In brackets: the paper's value." if cells["paper"].count() else ""
    judged = cells.filter(pl.col("queries").is_not_null()).select("query_set", "queries")
    sets = judged.unique("query_set", maintain_order=True)
    counts = ", ".join(f"{queries:,} in {name}" for name, queries in sets.iter_rows())
    return (
        f"Collection '{collection}'{size}; judged queries: {counts}. Raised letters: rows that "
        f"this row significantly exceeds (paired t-test).{paper}"
    )


def _warnings(table: Table, passages: int | None) -> list[str]:
    warnings = []
    for metric in table.metrics or ():
        cutoff = cutoff_of(metric)
        if passages and metric.startswith("recall") and cutoff > LARGE * passages:
            warnings.append(
                f"{metric_name(metric)} reads {cutoff / passages:.0%} of the collection; "
                f"above {LARGE:.0%}, recall hardly tells systems apart."
            )
    return warnings


def _shallow(
    table: Table, metrics: Mapping[tuple[str, str], Metrics], passages: int | None
) -> list[str]:
    """Return a note for each metric that reads deeper than some rankings are."""
    notes = []
    for metric in table.metrics or ():
        for depth in sorted({int(found.means["depth"][0]) for found in metrics.values()}):
            if depth < min(cutoff_of(metric), passages or depth + 1):
                names = sorted({system for (system, _), found in metrics.items()
                                if found.means["depth"][0] == depth})  # fmt: skip
                notes.append(
                    f"{metric_name(metric)} of {', '.join(names)} reads rankings of {depth:,} "
                    "passages a query at most."
                )
    return notes


def _let_pass(query_sets: Iterable[str], sidecars: Iterable[str]) -> list[str]:
    """Return what was let pass in the data of each query set, counted."""
    return [
        f"{query_set}: {count:,} {kind}."
        for query_set, sidecar in zip(query_sets, sidecars)
        for kind, count in read_json(sidecar).get("counts", {}).items()
    ]


def _shared(path: str | None) -> list[str]:
    """Return a note for each query set of which queries train or choose something, too."""
    if path is None:
        return []
    counts = pl.read_parquet(path).group_by("query_set", "used_for", maintain_order=True).len()
    return [f"{query_set}: {count:,} of its queries are {use} queries, too."
            for query_set, use, count in counts.iter_rows()]  # fmt: skip
