"""Run files from elsewhere, read strictly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tasb.collection.faults import Faults
from tasb.collection.tables import read_ids, with_positions
from tasb.collection.text import INTEGER, lines
from tasb.errors import TasbError
from tasb.jobs import Job, log
from tasb.rankings.ranking import write_ranking

SCHEMA = {
    "line": pl.Int64,
    "query_id": pl.String,
    "passage_id": pl.String,
    "rank": pl.Int64,
    "score": pl.Float64,
}


def make(job: Job) -> None:
    """Read a run file from elsewhere."""
    queries = job.file("queries")
    ranking = read_run(job.recipe["run"], read_ids(queries))
    write_ranking(job, with_positions(ranking, queries, job.optional("passages")))


def read_run(settings: Mapping[str, Any], queries: Iterable[str]) -> pl.DataFrame:
    """Return the ranking of a run file; settings: ``file``, ``format``, ``repair``."""
    path = Path(settings["file"]).expanduser()
    return read_trec(path, queries, settings["repair"], settings["format"])


def read_trec(
    path: Path, queries: Iterable[str], repair: Sequence[str], form: str = "trec"
) -> pl.DataFrame:
    """Return a ranking from a run file with lines ``qid Q0 pid rank score tag``.

    The order is that of the scores; equal scores keep the order of the file's ranks (metrics
    order them by themselves, as trec_eval does). Ranks may begin at 0 or 1.

    Args:
        path: the file, plain or gzipped.
        queries: ids of the query set.
        repair: what is repaired in place of an error: order, duplicates, unknown-queries,
            blank-lines.
        form: ``trec``, or ``msmarco``: lines ``qid pid rank``, whose scores are minus the rank.

    Raises:
        TasbError: with file and line, for lines that are malformed, scores that are no
            numbers, a passage twice in a query, an unknown query, or ranks that do not follow
            the scores.
    """
    drop = "drop" if "blank-lines" in repair else "refuse"
    hint = "add 'blank-lines' to the system's repair"
    found = Faults(str(path), {"blank_lines": drop}, hint=hint)
    table = pl.DataFrame(list(_rows(path, form, found)), schema=SCHEMA, orient="row")
    if table.is_empty():
        found.close()
        raise TasbError(f"{path}: no lines")
    known = pl.Series(sorted(queries), dtype=pl.String).implode()
    faults = {
        "unknown-queries": (~pl.col("query_id").is_in(known), "query is not in the query set"),
        "duplicates": (_is_repeated(), "passage occurs twice for its query"),
        "order": (_is_out_of_order(), "ranks do not follow the scores"),
    }
    for name, (wrong, reason) in faults.items():
        bad = table.filter(wrong)
        if bad.height and name not in repair:
            row = bad.row(0, named=True)
            found.refuse(
                row["line"],
                f"{reason} (query '{row['query_id']}', passage '{row['passage_id']}'; "
                f"{bad.height} such lines); correct it, or add '{name}' to the system's repair",
            )
        elif bad.height:
            log.warning("%s: %s: %d lines repaired", path, reason, bad.height)
        if name != "order":
            table = table.filter(~wrong)
    found.close()
    return _ranked(table)


FIELDS = {"trec": "qid Q0 pid rank score tag", "msmarco": "qid pid rank"}
"""What a line holds, by the format."""


def _rows(path: Path, form: str, faults: Faults) -> Iterator[tuple[int, str, str, int, float]]:
    expected = FIELDS[form].split()
    for number, line in lines(path, faults):
        fields = line.split()
        if len(fields) != len(expected):
            faults.refuse(number, f"{len(fields)} fields in '{line[:60]}'; expected {FIELDS[form]}")
            continue
        named = dict(zip(expected, fields))
        if not INTEGER.fullmatch(named["rank"]):
            faults.refuse(number, f"rank '{named['rank']}' is no number")
            continue
        score = _score(named, number, faults)
        if score is not None:
            yield number, named["qid"], named["pid"], int(named["rank"]), score


def _score(fields: Mapping[str, str], number: int, faults: Faults) -> float | None:
    """Return a score that is finite as a 32-bit float, in which metrics compare it."""
    if "score" not in fields:
        return -float(fields["rank"])
    text = fields["score"]
    try:
        score = float(text.replace("_", " "))  # Python would read 1_0 as 10
    except ValueError:
        faults.refuse(number, f"score '{text}' is no number")
        return None
    with np.errstate(over="ignore"):
        finite = np.isfinite(np.float32(score))
    if not finite:
        faults.refuse(number, f"score '{text}' is not finite in 32 bits")
    return score if finite else None


def _is_repeated() -> pl.Expr:
    """Whether the same query has the passage with a better score, or earlier with the same."""
    best = pl.struct(-pl.col("score"), "line").rank("ordinal").over("query_id", "passage_id")
    return best > 1


def _is_out_of_order() -> pl.Expr:
    """Whether a line's score is above that of the line of next smaller rank in its query."""
    by_rank = pl.col("score").sort_by("rank", maintain_order=True)
    above = (by_rank > by_rank.shift(1)).fill_null(False)
    return above.gather(pl.col("rank").rank("ordinal").cast(pl.Int64) - 1).over("query_id")


def _ranked(table: pl.DataFrame) -> pl.DataFrame:
    first_seen = pl.col("line").min().over("query_id")
    ordered = table.sort(first_seen, -pl.col("score"), "rank", "line")
    return ordered.select(
        "query_id",
        "passage_id",
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("query_id"),
        score=pl.col("score").cast(pl.Float32),
    )
