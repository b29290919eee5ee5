"""Training pairs published with a collection, with or without teacher scores."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NoReturn

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import csv

from tasb.collection.faults import Faults
from tasb.collection.tables import same_text
from tasb.collection.text import is_gzip, lines, opened
from tasb.errors import TasbError
from tasb.files import existing, whole
from tasb.jobs import Job, log, progress

BLOCK = 1 << 25
"""Bytes of the file that are read at once."""
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
    and so are those that teach what is wrong, see `_sound`.

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
    names = _columns(file)
    training, known = _ids(queries), _ids(passages)
    parts, total = [], 0
    try:
        blocks = None if is_gzip(file) else -(-file.stat().st_size // BLOCK)
        skip = ways.get("blank_lines") == "drop"
        for part in progress(_parts(file, names, skip), blocks, "blocks of pairs read"):
            total += len(part)
            parts.append(_as_positions(part, training, known))
    except (pa.ArrowInvalid, ValueError) as error:
        _refuse(file, names, known, ways, str(error))
    pairs = pl.concat(parts).sort("query", maintain_order=True)
    counts = {"pairs of queries that do not train left out": total - len(pairs)}
    pairs = _sound(pairs, qrels, same_text(passages), counts)
    log.info("%s: %d pairs; %s", file, total, ", ".join(f"{n} {k}" for k, n in counts.items()))
    if pairs.is_empty():
        raise TasbError(f"{file}: no pair is of a query that trains")
    with whole(path) as whole_file:
        pairs.write_parquet(whole_file)
    return counts


def _sound(
    pairs: pl.DataFrame, qrels: str | Path, text_of: npt.NDArray[np.int64], counts: dict[str, int]
) -> pl.DataFrame:
    """Leave out pairs whose negative is relevant, or is their positive, by position or text.

    Args:
        pairs: query, positive, negative (positions).
        qrels: judgments of the queries.
        text_of: (passages,) equal numbers for equal texts.
        counts: gets how many are left out of each kind.
    """
    judged = pl.read_parquet(qrels).filter(pl.col("grade") >= 1, pl.col("passage").is_not_null())
    relevant = judged.select("query", negative="passage", relevant=pl.lit(True)).unique()
    marked = pairs.join(relevant, on=["query", "negative"], how="left", maintain_order="left")
    positive, negative = (pairs[side].to_numpy() for side in ("positive", "negative"))
    same = pl.Series(text_of[positive] == text_of[negative])
    wrong = marked["relevant"].fill_null(False)
    counts["pairs whose negative is judged relevant left out"] = int((wrong & ~same).sum())
    counts["pairs of two equal texts left out"] = int(same.sum())
    return pairs.filter(~(wrong | same))


def _columns(file: Path) -> list[str]:
    first = next((line for _, line in lines(file, Faults(str(file)))), "")
    names = {3: IDS, 5: SCORES + IDS}.get(len(first.split("\t")))
    if names is None:
        raise TasbError(f"{file}:1: expected 3 or 5 fields separated by tabs, found '{first[:60]}'")
    return names


def _parts(file: Path, names: list[str], skip_blank: bool) -> Iterator[pl.DataFrame]:
    """Yield the lines of a file, some megabytes at a time."""
    types = {name: pa.float32() if name in SCORES else pa.string() for name in names}
    with opened(file) as source:
        yield from map(
            pl.DataFrame,
            csv.open_csv(
                source,
                read_options=csv.ReadOptions(column_names=names, block_size=BLOCK),
                parse_options=csv.ParseOptions(
                    delimiter="\t", quote_char=False, ignore_empty_lines=skip_blank
                ),
                convert_options=csv.ConvertOptions(column_types=types),
            ),
        )


def _refuse(
    file: Path, names: list[str], passages: pl.DataFrame, ways: Mapping[str, str], reason: str
) -> NoReturn:
    """Raise an error that names the bad lines; read slowly, for the error alone."""
    known, faults = set(passages["id"]), Faults(str(file), ways)
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


def _ids(texts: str | Path) -> pl.DataFrame:
    return pl.read_parquet(texts, columns=["id", "position"])


def _as_positions(
    part: pl.DataFrame, queries: pl.DataFrame, passages: pl.DataFrame
) -> pl.DataFrame:
    scores = [name for name in SCORES if name in part.columns]
    filled = [pl.col("query_id") != "", *(pl.col(name).is_finite() for name in scores)]
    if part.filter(pl.all_horizontal(filled)).height < part.height:
        raise ValueError("an empty field, or a score that is no number")
    for side, ids in (("query", queries), ("positive", passages), ("negative", passages)):
        named = ids.rename({"id": f"{side}_id", "position": side})
        how: Literal["inner", "left"] = "inner" if side == "query" else "left"
        part = part.join(named, on=f"{side}_id", how=how, maintain_order="left")
        if part[side].has_nulls():
            raise ValueError(f"a {side} passage is not in the collection")
    return part.select("query", "positive", "negative", *scores)
