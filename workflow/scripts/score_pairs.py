"""Score all training pairs with the pairwise teacher."""

from tasb.jobs import job
from tasb.models.device import prepare
from tasb.teachers.pair_scores import write_pair_scores, write_published_scores
from tasb.teachers.scoring import open_scorer

with job(snakemake.log[0], snakemake.wildcards.name):
    recipe = snakemake.params.recipe
    if recipe.get("published"):
        write_published_scores(snakemake.input.pairs, snakemake.output[0])
    else:
        scorer = open_scorer(recipe, snakemake.input, prepare(snakemake.threads))
        write_pair_scores(snakemake.input.pairs, scorer, snakemake.output[0])
