"""Queries that train or choose something and are reported, too: such numbers would mislead."""

from pathlib import Path

import polars as pl

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log

SHOWN = 5
SCHEMA = {
    "query_set": pl.String, "query_id": pl.String, "used_for": pl.String, "used_id": pl.String,
}  # fmt: skip


def make(job: Job) -> None:
    """Write which reported queries are used for something else, see `shared_queries`."""
    recipe = job.recipe
    found = [
        shared_queries(reported, used)
        .with_columns(query_set=pl.lit(query_set), used_for=pl.lit(use))
        .select(SCHEMA.keys())
        for query_set, reported in zip(recipe["query_sets"], job.files("reported"))
        for use, used in zip(recipe["uses"], job.files("used"))
    ]  # fmt: skip
    table = pl.concat([pl.DataFrame(schema=SCHEMA), *found])
    if table.height and not recipe["allow_shared_queries"]:
        raise TasbError(f"{_told(table)}; take other queries, or set allow_shared_queries: true")
    for line in _told(table).split("\n") if table.height else ():
        log.warning(line)
    with whole(job.output("shared")) as part:
        table.write_parquet(part)


def shared_queries(reported: str | Path, used: str | Path) -> pl.DataFrame:
    """Return the queries of one table that are in another, by id or by text.

    Texts are the same if their words are, whatever their case and punctuation.

    Args:
        reported: a table of texts.
        used: another.

    Returns:
        query_id of the first, used_id of the second table.
    """
    words = pl.col("text").str.to_lowercase().str.replace_all(r"[\W_]+", " ").str.strip_chars()
    ours, theirs = (
        pl.read_parquet(path, columns=["id", "text"]).with_columns(words=words)
        for path in (reported, used)
    )
    by_id = ours.join(theirs, on="id").select(query_id="id", used_id="id")
    told = theirs.filter(pl.col("words") != "").rename({"id": "used_id"})
    by_text = ours.join(told, on="words", maintain_order="left").select("used_id", query_id="id")
    both = pl.concat([by_id, by_text.select("query_id", "used_id")])
    return both.unique("query_id", keep="first", maintain_order=True)


def _told(table: pl.DataFrame) -> str:
    """Return a line for each query set and use."""
    lines = []
    for (query_set, use), part in table.group_by(["query_set", "used_for"], maintain_order=True):
        pairs = part.select("query_id", "used_id").head(SHOWN).iter_rows()
        named = ", ".join(one if one == other else f"{one} (as {other})" for one, other in pairs)
        more = " …" if part.height > SHOWN else ""
        lines.append(
            f"query set '{query_set}': {part.height:,} of its queries are {use} queries, too, by "
            f"id or text: {named}{more}"
        )
    return "\n".join(lines)
