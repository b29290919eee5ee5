"""Rankings by words."""

import polars as pl

from tasb.collection.tables import count_texts, read_ids, read_text_column
from tasb.jobs import Job
from tasb.lexical.bm25 import Bm25Index, TermIndex
from tasb.lexical.config import Bm25
from tasb.lexical.expanded import read_expansions
from tasb.lexical.weighted import WeightedIndex, frequencies
from tasb.rankings.ranking import ranking_of, search_depth, write_ranking


def make(job: Job) -> None:
    """Rank the passages of a query set by BM25."""
    _write(job, open_index(job))


def make_deepct(job: Job) -> None:
    """Rank the passages of a query set by BM25 over weighted terms."""
    _write(job, open_weighted(job))


def open_index(job: Job) -> Bm25Index:
    """Return the index of a job that reads texts, perhaps with expansions."""
    added = read_expansions(job.files("expansions")) if job.files("expansions") else None
    return Bm25Index(job.file("passages"), Bm25.model_validate(job.recipe["bm25"]), added)


def open_weighted(job: Job) -> WeightedIndex:
    """Return the index of a job that reads weights of words."""
    found = frequencies(pl.read_parquet(job.file("weights")), job.recipe["scale"])
    count = count_texts(job.file("passages"))
    return WeightedIndex(found, count, Bm25.model_validate(job.recipe["bm25"]))


def _write(job: Job, index: TermIndex) -> None:
    queries, passages = job.file("queries"), job.file("passages")
    texts = [text for part in read_text_column(queries) for text in part]
    found = list(index.search(texts, search_depth(job.recipe)))
    write_ranking(job, ranking_of(read_ids(queries), read_ids(passages), found))
