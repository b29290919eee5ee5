"""Training pairs published with a collection, with or without teacher scores."""

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from tasb.collection.faults import Faults
from tasb.collection.positions import UNKNOWN, Positions
from tasb.collection.tables import read_ids, same_text
from tasb.collection.text import is_gzip, lines, opened
from tasb.errors import TasbError
from tasb.files import existing, whole
from tasb.jobs import Job, log, progress

BLOCK = 1 << 22
"""Bytes of the file that are read at once."""
ROWS = 1 << 20
"""Pairs that are put in order together, about."""
SCORES = ["positive_score", "negative_score"]
IDS = ["query_id", "positive_id", "negative_id"]


def make(job: Job) -> None:
    """Read the pairs that were published with the collection."""
    settings = job.recipe
    file = existing(Path(settings["folder"] or "", settings["pairs"]), "collections: pairs")
    job.about["counts"] = write_published_pairs(
        file,
        job.file("queries"),
        job.file("qrels"),
        job.file("passages"),
        settings["ways"],
        job.output("pairs"),
    )


def write_published_pairs(
    file: Path,
    queries: str | Path,
    qrels: str | Path,
    passages: str | Path,
    ways: Mapping[str, str],
    path: str | Path,
) -> dict[str, int]:
    """Read pairs as positions, sorted by query.

    The file has lines ``query positive negative`` or, as the published teacher scores of
    Margin-MSE, ``positive_score negative_score query positive negative``, separated by tabs.
    Pairs of queries that do not train (held out, or without judgment) are left out and counted,
    and so are those that teach what is wrong, see `_Sound`.

    Args:
        file: the pairs, plain or gzipped.
        queries: those that train.
        qrels: their judgments.
        passages: the passages table.
        ways: whether ``blank_lines`` are let pass.
        path: Parquet to write.

    Returns:
        How many pairs were left out, by kind.

    Raises:
        TasbError: a line with another number of fields, an empty one, a score that is no
            number, or a passage that the collection lacks; or no pair of a query that trains.
    """
    names, sound = _columns(file), _Sound(qrels, same_text(passages))
    training, known = Positions.read(queries), Positions.read(passages)
    parts, total, kept = [], 0, 0
    try:
        for part in _parts(file, names, ways.get("blank_lines") == "drop"):
            found = _as_positions(part, training, known)
            total, kept = total + len(part), kept + len(found)
            parts.append(_columns_of(sound.of(found)))
    except (pa.ArrowInvalid, ValueError) as error:
        _refuse(file, names, passages, ways, str(error))
    counts = {"pairs of queries that do not train left out": total - kept, **sound.counts}
    log.info("%s: %d pairs; %s", file, total, ", ".join(f"{n} {k}" for k, n in counts.items()))
    if not any(len(part["query"]) for part in parts):
        raise TasbError(f"{file}: no pair is of a query that trains")
    del training, known, sound  # the order of all pairs needs their room
    with whole(path) as whole_file:
        _write_by_query(parts, whole_file)
    return counts


class _Sound:
    """Leaves out pairs whose negative is relevant, or is their positive, by position or text."""

    def __init__(self, qrels: str | Path, text_of: npt.NDArray[np.int64]) -> None:
        """Read what decides it.

        Args:
            qrels: judgments of the queries.
            text_of: (passages,) equal numbers for equal texts.
        """
        judged = pl.col("grade") >= 1, pl.col("passage").is_not_null()
        relevant = pl.read_parquet(qrels).filter(*judged)
        self.relevant = relevant.select("query", negative="passage", relevant=pl.lit(True)).unique()
        self.text_of = text_of
        self.counts = {
            "pairs whose negative is judged relevant left out": 0,
            "pairs of two equal texts left out": 0,
        }
        """Of each kind."""

    def of(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """Return the pairs that are kept of some: query, positive, negative (positions)."""
        known = self.relevant
        marked = pairs.join(known, on=["query", "negative"], how="left", maintain_order="left")
        positive, negative = (pairs[side].to_numpy() for side in ("positive", "negative"))
        same = pl.Series(self.text_of[positive] == self.text_of[negative], dtype=pl.Boolean)
        wrong = marked["relevant"].fill_null(False)
        for kind, count in zip(self.counts, (int((wrong & ~same).sum()), int(same.sum()))):
            self.counts[kind] += count
        return pairs.filter(~(wrong | same))


def _columns_of(pairs: pl.DataFrame) -> dict[str, npt.NDArray[Any]]:
    """Return copies of the columns, so that the whole of what was read is let go."""
    return {name: pairs[name].to_numpy().copy() for name in pairs.columns}


def _write_by_query(parts: list[dict[str, npt.NDArray[Any]]], path: Path) -> None:
    """Write pairs sorted by query, those of one query in order, some queries at a time.

    40 million pairs are 800 MB. Their order would be 320 more, so that of some is found at once.
    """
    columns: dict[str, npt.NDArray[Any]] = {}
    for name in list(parts[0]):
        columns[name] = np.concatenate([part.pop(name) for part in parts])
    query = columns["query"]
    bounds = np.linspace(0, query.max() + 1, 2 + len(query) // ROWS).astype(query.dtype)
    schema = pa.schema([(name, pa.from_numpy_dtype(part.dtype)) for name, part in columns.items()])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first, end in pairwise(bounds):
            rows = np.flatnonzero((query >= first) & (query < end))
            rows = rows[np.argsort(query[rows], kind="stable")]
            found = [pa.array(column[rows]) for column in columns.values()]
            writer.write_batch(pa.record_batch(found, schema))


def _columns(file: Path) -> list[str]:
    first = next((line for _, line in lines(file, Faults(str(file)))), "")
    names = {3: IDS, 5: SCORES + IDS}.get(len(first.split("\t")))
    if names is None:
        raise TasbError(f"{file}:1: expected 3 or 5 fields separated by tabs, found '{first[:60]}'")
    return names


def _parts(file: Path, names: list[str], skip_blank: bool) -> Iterator[pl.DataFrame]:
    """Yield the lines of a file, some megabytes at a time, with progress."""
    blocks = None if is_gzip(file) else -(-file.stat().st_size // BLOCK)
    types = {name: pa.float32() if name in SCORES else pa.string() for name in names}
    with opened(file) as source:
        batches = csv.open_csv(
            source,
            read_options=csv.ReadOptions(column_names=names, block_size=BLOCK),
            parse_options=csv.ParseOptions(
                delimiter="\t", quote_char=False, ignore_empty_lines=skip_blank
            ),
            convert_options=csv.ConvertOptions(column_types=types),
        )
        yield from map(pl.DataFrame, progress(batches, blocks, "blocks of pairs read"))


def _refuse(
    file: Path, names: list[str], passages: str | Path, ways: Mapping[str, str], reason: str
) -> NoReturn:
    """Raise an error that names the bad lines; read slowly, for the error alone."""
    known, faults = set(read_ids(passages)), Faults(str(file), ways)
    for number, line in lines(file, faults):
        fields = line.split("\t")
        if len(fields) != len(names):
            found = f"{len(fields)} fields in '{line[:60]}'; expected {len(names)}"
            faults.refuse(number, found)
            continue
        for name, field in zip(names, fields):
            if not field or (name in SCORES and not _is_number(field)):
                faults.refuse(number, f"{name} '{field}' is empty or no number")
            elif name in IDS[1:] and field not in known:
                faults.refuse(number, f"passage '{field}' is not in the collection")
    faults.close()
    raise TasbError(f"{file}: {reason}")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _as_positions(part: pl.DataFrame, queries: Positions, passages: Positions) -> pl.DataFrame:
    scores = [name for name in SCORES if name in part.columns]
    filled = [pl.col("query_id") != "", *(pl.col(name).is_finite() for name in scores)]
    if part.filter(pl.all_horizontal(filled)).height < part.height:
        raise ValueError("an empty field, or a score that is no number")
    query = queries.of(part["query_id"])
    part = part.filter(query != UNKNOWN)
    columns = {"query": query[query != UNKNOWN]}
    for side in ("positive", "negative"):
        columns[side] = passages.of(part[f"{side}_id"])
        if (columns[side] == UNKNOWN).any():
            raise ValueError(f"a {side} passage is not in the collection")
    return part.select(*(pl.Series(name, found) for name, found in columns.items()), *scores)
