"""Draw the candidates that are re-ranked for early stopping."""

from tasb.jobs import job
from tasb.seeds import stream
from tasb.students.config import EarlyStoppingSet
from tasb.students.early_stopping import write_early_stopping_set

with job(snakemake.log[0], "early-stopping set"):
    recipe = snakemake.params.recipe
    write_early_stopping_set(
        snakemake.input.ranking,
        snakemake.input.qrels,
        snakemake.input.passages[0],
        snakemake.input.queries,
        EarlyStoppingSet.model_validate(recipe["early_stopping_set"]),
        stream(recipe["seed"]),
        snakemake.output[0],
    )
