"""Write the queries that train, or the held-out ones."""

from tasb.collection.config import VALIDATION
from tasb.collection.split import write_part
from tasb.jobs import job
from tasb.seeds import stream

with job(snakemake.log[0], snakemake.wildcards.set):
    write_part(
        snakemake.input.queries,
        snakemake.input.qrels,
        snakemake.wildcards.set == VALIDATION,
        snakemake.params.recipe["draw"],
        stream(snakemake.params.recipe["seed"]),
        snakemake.output.queries,
        snakemake.output.qrels,
    )
