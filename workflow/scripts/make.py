"""Make an artifact: the one script of all rules."""

from tasb.jobs import run

run(
    snakemake.params.recipe,
    dict(snakemake.input.items()),
    dict(snakemake.output.items()),
    snakemake.log[0],
    snakemake.threads,
)
