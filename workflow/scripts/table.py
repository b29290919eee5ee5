"""Make one table."""

from tasb.jobs import job
from tasb.tables.write import make_table

with job(snakemake.log[0], snakemake.wildcards.table):
    files = snakemake.input
    passages, paper = (next(iter(files.get(name, [])), None) for name in ("passages", "paper"))
    make_table(snakemake.params.recipe, files.metrics, passages, paper, snakemake.output)
