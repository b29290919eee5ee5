"""Write the passages of the collection."""

from tasb.collection.source import source
from tasb.collection.tables import write_texts
from tasb.jobs import job, progress

with job(snakemake.log[0], "passages"):
    collection = source(snakemake.params.recipe["collection"])
    texts = progress(collection.passages(), collection.passage_count(), "passages")
    write_texts(texts, collection.where("passages"), snakemake.output[0])
