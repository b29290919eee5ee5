"""Encode a shard of the passages, or a query set."""

from tasb.jobs import job
from tasb.models.device import prepare
from tasb.tokens.store import TokenStore
from tasb.vectors.encode import open_encoder, shard_range

with job(snakemake.log[0], snakemake.wildcards.system):
    recipe = snakemake.params.recipe
    encoder = open_encoder(recipe, snakemake.input, prepare(snakemake.threads))
    store, card = TokenStore(snakemake.input.tokens), encoder.model.card
    if "shard" in recipe:
        rows = shard_range(len(store), recipe["shard"], recipe["vectors"]["shards"])
        encoder.write(store, card.passage_length, rows, snakemake.output[0])
    else:
        encoder.write(store, card.query_length, (0, len(store)), snakemake.output[0])
