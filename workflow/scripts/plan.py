"""Draw the batches of a shard of a plan."""

from tasb.jobs import job
from tasb.plans.plan import write_plan

with job(snakemake.log[0], snakemake.wildcards.plan):
    recipe = snakemake.params.recipe
    write_plan(
        snakemake.input.pairs,
        next(iter(snakemake.input.get("clusters", [])), None),
        recipe["plan"],
        tuple(recipe["steps"]),
        snakemake.output[0],
    )
