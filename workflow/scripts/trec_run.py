"""Read a run file from elsewhere."""

from pathlib import Path

from tasb.collection.tables import read_ids
from tasb.jobs import job
from tasb.rankings.ranking import write_ranking
from tasb.rankings.trec import read_trec

with job(snakemake.log[0], snakemake.wildcards.system):
    queries = read_ids(snakemake.input.queries)
    ranking = read_trec(Path(snakemake.input.file), queries, snakemake.params.recipe["repair"])
    write_ranking(
        ranking, snakemake.wildcards.system, snakemake.output.ranking, snakemake.output.trec
    )
