"""Make a figure of topics."""

from tasb.jobs import job
from tasb.tables.topics import make_topics_figure

with job(snakemake.log[0], snakemake.wildcards.figure):
    make_topics_figure(snakemake.params.recipe, snakemake.input, *snakemake.output)
