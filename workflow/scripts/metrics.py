"""Evaluate a ranking."""

from tasb.jobs import job
from tasb.metrics.evaluate import write_metrics

with job(snakemake.log[0], snakemake.wildcards.system):
    recipe = snakemake.params.recipe
    write_metrics(
        snakemake.input.ranking,
        snakemake.input.qrels,
        recipe["names"],
        recipe["level"],
        *snakemake.output,
    )
