"""Draw BM25 negatives for the training queries."""

from tasb.jobs import job
from tasb.lexical.config import Negatives
from tasb.lexical.negatives import write_pairs
from tasb.seeds import stream

with job(snakemake.log[0], "BM25 negatives"):
    recipe = snakemake.params.recipe
    write_pairs(
        snakemake.input.passages[0],
        snakemake.input.queries,
        snakemake.input.qrels,
        Negatives.model_validate(recipe["negatives"]),
        stream(recipe["seed"]),
        snakemake.output[0],
    )
