"""Training pairs from BM25 negatives, as MS MARCO's official pairs were made."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.collection.tables import own_passages, read_text_column, same_text
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Negatives
from tasb.seeds import stream

Positions = npt.NDArray[np.int64]


def make(job: Job) -> None:
    """Write the pairs of a job."""
    write_pairs(
        job.file("passages"),
        job.file("queries"),
        job.file("qrels"),
        Negatives.model_validate(job.recipe["negatives"]),
        stream(job.recipe["seed"]),
        job.output("pairs"),
        job.recipe["drop_own_passage"],
    )


def write_pairs(
    passages: str | Path,
    queries: str | Path,
    qrels: str | Path,
    settings: Negatives,
    random: np.random.Generator,
    path: str | Path,
    drop_own: bool = False,
) -> None:
    """Write every relevant passage of a query with each of its drawn negatives, by query.

    No negative is relevant to the query, nor equal in text to what is; with `drop_own` none has
    the query's id. Columns: query, positive, negative (positions, int32).

    Raises:
        TasbError: no query has a relevant passage.
    """
    index, text_of = Bm25Index(passages, settings.bm25), same_text(passages)
    judged = _relevant(qrels)
    own = own_passages(queries, passages) if drop_own else None
    texts = [text for part in read_text_column(queries) for text in part]
    frames, filled = [], 0
    depth = settings.depth + max(map(len, judged.values())) + 1
    for query, (found, _) in enumerate(index.search(texts, depth)):
        if query not in judged:
            continue
        relevant = judged[query]
        barred = relevant if own is None else np.append(relevant, own[query])
        allowed = ~np.isin(text_of[found], text_of[relevant]) & ~np.isin(found, barred)
        candidates = found[allowed][: settings.depth]
        negatives = _draw(candidates, barred, text_of, relevant, settings.per_query, random)
        filled += max(0, settings.per_query - len(candidates))
        positives = np.repeat(relevant, len(negatives))
        repeated = np.tile(negatives, len(relevant))
        frames.append(pl.DataFrame({"query": query, "positive": positives, "negative": repeated}))
    pairs = pl.concat(frames).select(pl.all().cast(pl.Int32))
    log.info(
        "%d pairs of %d queries; %d negatives drawn from all passages",
        len(pairs), len(frames), filled,
    )  # fmt: skip
    with whole(path) as part:
        pairs.write_parquet(part)


def _relevant(qrels: str | Path) -> dict[int, Positions]:
    """Return the relevant passages of each query, sorted."""
    known = pl.col("query").is_not_null() & pl.col("passage").is_not_null()
    table = pl.read_parquet(qrels).filter(pl.col("grade") >= 1, known)
    if table.is_empty():
        raise TasbError(f"{qrels}: no training query has a relevant passage")
    rows = table.group_by("query").agg("passage").iter_rows()
    return {query: np.sort(passages) for query, passages in rows}


def _draw(
    candidates: Positions,
    barred: Positions,
    text_of: Positions,
    relevant: Positions,
    count: int,
    random: np.random.Generator,
) -> Positions:
    """Draw negatives from the BM25 candidates; where these are too few, the rest from all."""
    if len(candidates) >= count:
        return random.choice(candidates, count, replace=False)
    others = np.flatnonzero(~np.isin(text_of, text_of[relevant]))
    others = np.setdiff1d(others, np.union1d(candidates, barred), assume_unique=True)
    more = random.choice(others, min(count - len(candidates), len(others)), replace=False)
    return np.concatenate((candidates, more))
