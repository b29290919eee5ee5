"""Rank the passages of a query set by a dense system."""

from tasb.collection.tables import read_ids
from tasb.jobs import job
from tasb.rankings.ranking import ranking_of, write_ranking
from tasb.rankings.search import search
from tasb.vectors.shards import read_vectors

with job(snakemake.log[0], snakemake.wildcards.system):
    files = snakemake.input
    positions, scores = search(
        read_vectors(files.vectors), files.index, snakemake.params.recipe["depth"]
    )
    found = list(zip(positions, scores))
    ranking = ranking_of(read_ids(files.queries), read_ids(files.passages[0]), found)
    write_ranking(
        ranking, snakemake.wildcards.system, snakemake.output.ranking, snakemake.output.trec
    )
