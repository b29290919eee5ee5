"""Re-rank the top of a ranking with a teacher."""

from tasb.jobs import job
from tasb.models.device import prepare
from tasb.rankings.ranking import write_ranking
from tasb.rankings.rerank import rerank
from tasb.teachers.scoring import open_scorer

with job(snakemake.log[0], snakemake.wildcards.system):
    recipe, files = snakemake.params.recipe, snakemake.input
    scorer = open_scorer(recipe, files, prepare(snakemake.threads))
    ranking = rerank(files.first, files.queries, files.passages[0], scorer, recipe["depth"])
    write_ranking(
        ranking, snakemake.wildcards.system, snakemake.output.ranking, snakemake.output.trec
    )
