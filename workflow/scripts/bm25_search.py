"""Rank the passages of a query set by BM25."""

from tasb.collection.tables import read_ids, read_text_column
from tasb.jobs import job
from tasb.lexical.bm25 import Bm25Index
from tasb.lexical.config import Bm25
from tasb.rankings.ranking import ranking_of, write_ranking

with job(snakemake.log[0], snakemake.wildcards.system):
    recipe, passages = snakemake.params.recipe, snakemake.input.passages[0]
    index = Bm25Index(passages, Bm25.model_validate(recipe["bm25"]))
    texts = [text for part in read_text_column(snakemake.input.queries) for text in part]
    found = list(index.search(texts, recipe["depth"]))
    ranking = ranking_of(read_ids(snakemake.input.queries), read_ids(passages), found)
    write_ranking(
        ranking, snakemake.wildcards.system, snakemake.output.ranking, snakemake.output.trec
    )
