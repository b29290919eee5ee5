"""Config of the plans."""

from pydantic import Field

from tasb.settings import Settings


class Plans(Settings):
    """How plans are cut into files, each made and scored by a job of its own."""

    shard_steps: int = Field(10_000, ge=1)
    """Steps in a file of a plan."""
    stored_gigabytes: float = Field(10.0, ge=0)
    """In-batch scores of a run are made before its training as long as they take less."""
