"""Write the queries and judgments of one split."""

from tasb.collection.source import source
from tasb.collection.tables import write_query_set
from tasb.jobs import job

with job(snakemake.log[0], snakemake.wildcards.set):
    recipe = snakemake.params.recipe
    write_query_set(
        source(recipe["collection"]),
        recipe["split"],
        recipe["exclude"],
        next(iter(snakemake.input.get("passages", [])), None),
        recipe["collection"]["allow_unknown_ids"],
        snakemake.output.queries,
        snakemake.output.qrels,
    )
