"""Group the training queries into topics."""

from tasb.clusters.config import Clusters
from tasb.clusters.kmeans import write_clusters
from tasb.jobs import job
from tasb.vectors.shards import read_vectors

with job(snakemake.log[0], "clusters"):
    settings = Clusters.model_validate(snakemake.params.recipe["clusters"])
    write_clusters(read_vectors(snakemake.input.vectors), settings, snakemake.output[0])
