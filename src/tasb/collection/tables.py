"""The Parquet tables of a collection: ids, and their dense positions."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasb.collection.faults import Faults
from tasb.collection.positions import UNKNOWN, Positions
from tasb.collection.qrels import read_qrels
from tasb.collection.source import Source, source
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log, progress

TEXTS = pa.schema([("position", pa.int32()), ("id", pa.string()), ("text", pa.string())])


def make_passages(job: Job) -> None:
    """Write the passages of the collection."""
    collection = source(job.recipe["collection"])
    faults = collection.faults("passages", None, job.recipe["ways"])
    texts = progress(collection.passages(faults), collection.passage_count(), "passages")
    characters = job.recipe["collection"].get("characters")
    cut = ((name, text[:characters]) for name, text in texts)
    write_texts(cut, faults, job.output("passages"))
    job.about["counts"] = dict(faults.counts)


def make_query_set(job: Job) -> None:
    """Write the queries and judgments of a split."""
    job.about["counts"] = write_query_set(
        source(job.recipe["collection"]),
        job.recipe["split"],
        job.recipe["exclude"],
        job.optional("passages"),
        job.recipe["ways"],
        job.output("queries"),
        job.output("qrels"),
    )


def write_texts(texts: Iterable[tuple[str, str]], faults: Faults, path: str | Path) -> None:
    """Stream (id, text) to Parquet: position, id, text.

    Args:
        texts: the texts.
        faults: those of the file that the texts are read from.
        path: Parquet to write.

    Raises:
        TasbError: the file has faults, an id occurs twice, or there is no text at all.
    """
    with whole(path) as part:
        count = _stream(texts, part)
        _note_duplicates(part, faults)
        faults.close()
        if count == 0:
            raise TasbError(f"{faults.where}: empty; at least one line is needed")
    log.info("%s: %d texts", faults.where, count)


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


def _note_duplicates(path: Path, faults: Faults) -> None:
    ids = pl.read_parquet(path, columns=["position", "id"])
    twice = ids.filter(pl.col("id").is_duplicated()).group_by("id", maintain_order=True).all()
    for identifier, positions in twice.iter_rows():
        first, second = (faults.line_of(position) for position in positions[:2])
        faults.refuse(
            None,
            f"id '{identifier}' occurs twice, in lines {first} and {second}; ids must be unique",
        )


def write_query_set(
    collection: Source,
    split: str,
    exclude: str | None,
    passages: str | Path | None,
    ways: Mapping[str, str],
    queries_path: str | Path,
    qrels_path: str | Path,
) -> dict[str, int]:
    """Write the queries and judgments of a split.

    Args:
        collection: where its texts come from.
        split: name of the split.
        exclude: a split whose queries are left out.
        passages: the passages table, against which judgments are checked, if there is one.
        ways: what is let pass, see `tasb.collection.faults.Faults`.
        queries_path: Parquet to write: position, id, text.
        qrels_path: Parquet to write: query, passage (positions; null for an unknown id),
            query_id, passage_id, grade.

    Returns:
        How many of each kind were let pass.

    Raises:
        TasbError: the data is not as `tasb.collection.text` and `read_qrels` demand.
    """
    left_out: set[str] = set()
    if exclude:
        others = collection.faults("queries", exclude, ways)
        left_out = {query for query, _ in collection.queries(exclude, others)}
        others.close()
    faults = collection.faults("queries", split, ways)
    with whole(queries_path) as part:
        write_texts(collection.queries(split, faults), faults, part)
        _leave_out(left_out, f"{faults.where} without those of '{exclude}'", part)
    known = set(pl.read_parquet(queries_path, columns=["id"])["id"])
    judged = collection.faults("qrels", split, ways)
    qrels = read_qrels(collection.judgments(split, judged), judged, known | left_out, passages)
    qrels = qrels.filter(~pl.col("query_id").is_in(list(left_out)))
    unjudged = known - set(qrels["query_id"])
    if unjudged:
        log.info("%s: %d queries without judgments; no metric counts them", faults.where,
                 len(unjudged))  # fmt: skip
    with whole(qrels_path) as part:
        with_positions(qrels, queries_path, passages).write_parquet(part)
    return dict(faults.counts + judged.counts)


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
            found = pl.Series(side, Positions.read(path).of(table[f"{side}_id"]))
            table = table.with_columns(pl.when(found != UNKNOWN).then(found).alias(side))
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


def read_ids(path: str | Path) -> list[str]:
    """Return the ids of a texts table, in order of position."""
    return pl.read_parquet(path, columns=["id"])["id"].to_list()


def read_text_column(path: str | Path, rows: int = 100_000) -> Iterator[list[str]]:
    """Yield the texts of a texts table in order, in lists of at most `rows`."""
    file = pq.ParquetFile(path)
    for batch in file.iter_batches(batch_size=rows, columns=["text"]):
        yield batch.column(0).to_pylist()


def same_text(path: str | Path) -> npt.NDArray[np.int64]:
    """Return equal numbers for equal texts, (texts,); case and white space aside.

    The numbers are hashes of 64 bits.
    """
    plain = pl.col("text").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    hashes = pl.scan_parquet(path).select(plain.hash(1)).collect(engine="streaming")
    return hashes["text"].to_numpy().view(np.int64)


def own_passages(queries: str | Path, passages: str | Path) -> npt.NDArray[np.int64]:
    """Return for each query the position of the passage of its id, or -1; (queries,)."""
    asked = pl.read_parquet(queries, columns=["id"])
    known = pl.read_parquet(passages, columns=["id", "position"])
    found = asked.join(known, on="id", how="left", maintain_order="left")["position"]
    return found.fill_null(-1).cast(pl.Int64).to_numpy()


def count_texts(path: str | Path) -> int:
    """Return the number of texts in a table without reading them."""
    return int(pq.read_metadata(path).num_rows)
