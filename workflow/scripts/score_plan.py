"""Score the batches of a shard of a plan with the in-batch teacher."""

from tasb.jobs import job
from tasb.models.device import prepare
from tasb.teachers.in_batch import LiveTeacher, write_in_batch_scores
from tasb.teachers.scoring import open_scorer

with job(snakemake.log[0], f"{snakemake.wildcards.plan} by {snakemake.wildcards.teacher}"):
    recipe = snakemake.params.recipe
    teacher = LiveTeacher(open_scorer(recipe, snakemake.input, prepare(snakemake.threads)))
    write_in_batch_scores(
        [snakemake.input.plan], tuple(recipe["steps"]), teacher, snakemake.output[0]
    )
