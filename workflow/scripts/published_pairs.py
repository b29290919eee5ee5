"""Read the training pairs that were published with the collection."""

from pathlib import Path

from tasb.collection.pairs import write_published_pairs
from tasb.files import existing
from tasb.jobs import job

with job(snakemake.log[0], "published pairs"):
    settings = snakemake.params.recipe["collection"]
    file = existing(Path(settings["folder"] or "", settings["pairs"]), "collections: pairs")
    write_published_pairs(
        file, snakemake.input.queries, snakemake.input.passages[0], snakemake.output[0]
    )
