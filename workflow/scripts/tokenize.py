"""Tokenize the passages, or a query set."""

from tasb.jobs import job
from tasb.tokens.tokenize import tokenize

with job(snakemake.log[0], "tokens"):
    texts = snakemake.input.texts
    tokenize(
        texts if isinstance(texts, str) else texts[0],
        snakemake.input.encoder[-1],
        snakemake.params.recipe["limit"],
        snakemake.output[0],
    )
