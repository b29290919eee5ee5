"""Record where the metrics of a system come from."""

from tasb.jobs import job
from tasb.metrics.record import write_record

with job(snakemake.log[0], snakemake.wildcards.system):
    write_record(snakemake.params.recipe, snakemake.input, snakemake.output[0])
