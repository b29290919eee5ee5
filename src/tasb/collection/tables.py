"""The Parquet tables of a collection: ids, and their dense positions."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasb.collection.source import Source, source
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log, progress

TEXTS = pa.schema([("position", pa.int32()), ("id", pa.string()), ("text", pa.string())])
QRELS = {"query_id": pl.String, "passage_id": pl.String, "grade": pl.Int32}
"""Judgments as they are read; `with_positions` adds the positions of both ids."""


def make_passages(job: Job) -> None:
    """Write the passages of the collection."""
    collection = source(job.recipe["collection"])
    texts = progress(collection.passages(), collection.passage_count(), "passages")
    write_texts(texts, collection.where("passages"), job.output("passages"))


def make_query_set(job: Job) -> None:
    """Write the queries and judgments of a split."""
    settings = job.recipe["collection"]
    write_query_set(
        source(settings),
        job.recipe["split"],
        job.recipe["exclude"],
        job.optional("passages"),
        settings["allow_unknown_ids"],
        job.output("queries"),
        job.output("qrels"),
    )


def write_texts(texts: Iterable[tuple[str, str]], where: str, path: str | Path) -> None:
    """Stream (id, text) to Parquet: position, id, text.

    Raises:
        TasbError: an id occurs twice, or there is no text at all.
    """
    with whole(path) as part:
        count = _stream(texts, part)
        if count == 0:
            raise TasbError(f"{where}: empty; at least one line is needed")
        _refuse_duplicates(part, where)
    log.info("%s: %d texts", where, count)


def _stream(texts: Iterable[tuple[str, str]], path: Path) -> int:
    count = 0
    with pq.ParquetWriter(path, TEXTS, compression="zstd") as writer:
        for rows in _batches(texts, 100_000):
            positions = range(count, count + len(rows))
            columns = [positions, [row[0] for row in rows], [row[1] for row in rows]]
            writer.write_batch(
                pa.record_batch([pa.array(c, f.type) for c, f in zip(columns, TEXTS)], TEXTS)
            )
            count += len(rows)
    return count


def _batches(texts: Iterable[tuple[str, str]], size: int) -> Iterator[list[tuple[str, str]]]:
    rest = iter(texts)
    while rows := list(islice(rest, size)):
        yield rows


def _refuse_duplicates(path: Path, where: str) -> None:
    ids = pl.read_parquet(path, columns=["position", "id"])
    twice = ids.filter(pl.col("id").is_duplicated()).sort("position")
    if twice.height:
        first = twice.row(0, named=True)
        again = twice.filter(pl.col("id") == first["id"]).row(1, named=True)
        raise TasbError(
            f"{where}: id '{first['id']}' occurs twice, in lines {first['position'] + 1} "
            f"and {again['position'] + 1}; ids must be unique"
        )


def write_query_set(
    collection: Source,
    split: str,
    exclude: str | None,
    passages: str | Path | None,
    allow_unknown: bool,
    queries_path: str | Path,
    qrels_path: str | Path,
) -> None:
    """Write the queries and judgments of a split.

    Args:
        collection: where its texts come from.
        split: name of the split.
        exclude: a split whose queries are left out.
        passages: the passages table, against which judgments are checked, if there is one.
        allow_unknown: drop and count judgments of unknown ids, in place of an error.
        queries_path: Parquet to write: position, id, text.
        qrels_path: Parquet to write: query, passage (positions), query_id, passage_id, grade.

    Raises:
        TasbError: the data is not as `tasb.collection.text` and `read_qrels` demand.
    """
    left_out = {query for query, _ in collection.queries(exclude)} if exclude else set()
    where = collection.where("queries", split)
    with whole(queries_path) as part:
        write_texts(collection.queries(split), where, part)
        _leave_out(left_out, f"{where} without those of '{exclude}'", part)
    known = set(pl.read_parquet(queries_path, columns=["id"])["id"])
    qrels = read_qrels(collection, split, known | left_out, passages, allow_unknown)
    qrels = qrels.filter(~pl.col("query_id").is_in(list(left_out)))
    unjudged = known - set(qrels["query_id"])
    if unjudged:
        log.info("%s: %d queries without judgments; no metric counts them", where, len(unjudged))
    with whole(qrels_path) as part:
        with_positions(qrels, queries_path, passages).write_parquet(part)


def with_positions(
    table: pl.DataFrame, queries: str | Path, passages: str | Path | None
) -> pl.DataFrame:
    """Return a table of judgments or of a ranking with the positions of its ids.

    Args:
        table: query_id, passage_id, and what else there is.
        queries: the query set's texts table.
        passages: the passages table, if the collection has passages.

    Returns:
        query, passage (int32; null for an id that is not in the texts), then the table's columns.
    """
    columns = [name for name in table.columns if name not in ("query", "passage")]
    table = table.select(columns).with_columns(passage=pl.lit(None, pl.Int32))
    for path, side in ((queries, "query"), (passages, "passage")):
        if path is not None:
            ids = pl.read_parquet(path, columns=["position", "id"])
            known = ids.rename({"position": side, "id": f"{side}_id"})
            table = table.drop(side, strict=False)
            table = table.join(known, on=f"{side}_id", how="left", maintain_order="left")
    return table.select("query", "passage", *columns)


def _leave_out(queries: set[str], where: str, path: Path) -> None:
    """Remove queries from a table, after its duplicates were looked for by line."""
    if not queries:
        return
    texts = pl.read_parquet(path)
    table = texts.filter(~pl.col("id").is_in(list(queries)))
    if table.is_empty():
        raise TasbError(f"{where}: no query is left")
    log.info("%s: %d queries, %d left out", where, table.height, texts.height - table.height)
    positions = pl.int_range(pl.len(), dtype=pl.Int32)
    table.with_columns(position=positions).write_parquet(path, compression="zstd")


def read_qrels(
    collection: Source,
    split: str,
    queries: set[str],
    passages: str | Path | None,
    allow_unknown: bool,
) -> pl.DataFrame:
    """Return the judgments of a split: query_id, passage_id, grade.

    Raises:
        TasbError: no judgment at all, a pair judged twice, or an unknown query or passage.
    """
    where = collection.where("qrels", split)
    rows = list(collection.judgments(split))
    qrels = pl.DataFrame(rows, schema=QRELS, orient="row").with_row_index("line", offset=1)
    if qrels.is_empty():
        raise TasbError(f"{where}: no judgments")
    twice = qrels.filter(~pl.struct("query_id", "passage_id").is_first_distinct())
    if twice.height:
        row = twice.row(0, named=True)
        pair = f"query '{row['query_id']}' with passage '{row['passage_id']}'"
        raise TasbError(f"{where}:{row['line']}: {pair} is judged twice")
    for column, what, known in _known_ids(queries, passages):
        unknown = qrels.filter(~pl.col(column).is_in(known.implode()))
        if unknown.height and not allow_unknown:
            row = unknown.row(0, named=True)
            raise TasbError(
                f"{where}:{row['line']}: {what} '{row[column]}' is not in the collection "
                f"({unknown.height} such lines); correct the file, or set allow_unknown_ids: true"
            )
        if unknown.height:
            log.warning("%s: %d judgments of unknown %s dropped", where, unknown.height, what)
            qrels = qrels.filter(pl.col(column).is_in(known.implode()))
    if qrels.is_empty():
        raise TasbError(f"{where}: no judgment is of a known query and passage")
    return qrels.drop("line")


def _known_ids(
    queries: set[str], passages: str | Path | None
) -> Iterator[tuple[str, str, pl.Series]]:
    yield "query_id", "query", pl.Series(sorted(queries), dtype=pl.String)
    if passages is not None:
        yield "passage_id", "passage", pl.read_parquet(passages, columns=["id"])["id"]


def read_ids(path: str | Path) -> list[str]:
    """Return the ids of a texts table, in order of position."""
    return pl.read_parquet(path, columns=["id"])["id"].to_list()


def read_text_column(path: str | Path, rows: int = 100_000) -> Iterator[list[str]]:
    """Yield the texts of a texts table in order, in lists of at most `rows`."""
    file = pq.ParquetFile(path)
    for batch in file.iter_batches(batch_size=rows, columns=["text"]):
        yield batch.column(0).to_pylist()


def count_texts(path: str | Path) -> int:
    """Return the number of texts in a table without reading them."""
    return int(pq.read_metadata(path).num_rows)
