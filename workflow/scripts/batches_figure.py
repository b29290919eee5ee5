"""Make a figure of batches."""

from tasb.jobs import job
from tasb.tables.batches_figure import make_batches_figure

with job(snakemake.log[0], snakemake.wildcards.figure):
    make_batches_figure(snakemake.params.recipe, snakemake.input, *snakemake.output)
