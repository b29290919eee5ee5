"""Rankings by words."""

from tasb.collection.tables import read_ids, read_text_column
from tasb.jobs import Job
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Bm25
from tasb.rankings.ranking import ranking_of, search_depth, write_ranking


def make(job: Job) -> None:
    """Rank the passages of a query set by BM25."""
    queries, passages = job.file("queries"), job.file("passages")
    index = Bm25Index(passages, Bm25.model_validate(job.recipe["bm25"]))
    texts = [text for part in read_text_column(queries) for text in part]
    found = list(index.search(texts, search_depth(job.recipe)))
    write_ranking(job, ranking_of(read_ids(queries), read_ids(passages), found))
