"""Training pairs from BM25 negatives, as MS MARCO's official pairs were made."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.collection.tables import read_text_column
from tasb.files import whole
from tasb.jobs import Job, log
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Negatives
from tasb.seeds import stream


def make(job: Job) -> None:
    """Write the pairs of a job."""
    write_pairs(
        job.file("passages"),
        job.file("queries"),
        job.file("qrels"),
        Negatives.model_validate(job.recipe["negatives"]),
        stream(job.recipe["seed"]),
        job.output("pairs"),
    )


def write_pairs(
    passages: str | Path,
    queries: str | Path,
    qrels: str | Path,
    settings: Negatives,
    random: np.random.Generator,
    path: str | Path,
) -> None:
    """Write every relevant passage of a query with each of its drawn negatives, by query.

    Columns: query, positive, negative (positions, int32).
    """
    index = Bm25Index(passages, settings.bm25)
    relevant = pl.read_parquet(qrels).filter(pl.col("grade") >= 1).group_by("query").agg("passage")
    judged = {query: np.sort(rows) for query, rows in relevant.iter_rows()}
    texts = [text for part in read_text_column(queries) for text in part]
    frames, filled = [], 0
    depth = settings.depth + max((len(rows) for rows in judged.values()), default=0)
    for query, (found, _) in enumerate(index.search(texts, depth)):
        if query not in judged:
            continue
        candidates = found[~np.isin(found, judged[query])][: settings.depth]
        negatives = _draw(candidates, judged[query], settings.per_query, index.size, random)
        filled += max(0, settings.per_query - len(candidates))
        positives = np.repeat(judged[query], len(negatives))
        repeated = np.tile(negatives, len(judged[query]))
        frames.append(pl.DataFrame({"query": query, "positive": positives, "negative": repeated}))
    pairs = pl.concat(frames).select(pl.all().cast(pl.Int32))
    log.info(
        "%d pairs of %d queries; %d negatives drawn from all passages",
        len(pairs),
        len(frames),
        filled,
    )
    with whole(path) as part:
        pairs.write_parquet(part)


def _draw(
    candidates: npt.NDArray[np.int64],
    relevant: npt.NDArray[np.int64],
    count: int,
    size: int,
    random: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Draw negatives from the BM25 candidates; where these are too few, the rest from all."""
    if len(candidates) >= count:
        return random.choice(candidates, count, replace=False)
    others = np.setdiff1d(np.arange(size), np.union1d(candidates, relevant), assume_unique=True)
    more = random.choice(others, min(count - len(candidates), len(others)), replace=False)
    return np.concatenate((candidates, more))
