"""Make one table."""

from tasb.jobs import job
from tasb.tables.write import make_table

with job(snakemake.log[0], snakemake.wildcards.table):
    make_table(snakemake.params.recipe, snakemake.input, snakemake.output)
