"""Train and fill a Faiss index."""

from tasb.jobs import job
from tasb.vectors.index import write_index

with job(snakemake.log[0], snakemake.wildcards.system):
    factory = snakemake.params.recipe["index"]
    write_index(snakemake.input.vectors, factory, snakemake.output[0])
