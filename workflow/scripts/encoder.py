"""Copy an encoder's files, verified."""

from pathlib import Path

from tasb.encoders.config import Encoder
from tasb.encoders.source import copy_encoder
from tasb.jobs import job

with job(snakemake.log[0], snakemake.wildcards.encoder):
    encoder = Encoder.model_validate(snakemake.params.recipe["encoder"])
    copy_encoder(snakemake.wildcards.encoder, encoder, Path(snakemake.output[0]).parent)
