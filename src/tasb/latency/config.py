"""Config of the latency measurements."""

from pydantic import Field

from tasb.settings import Settings


class Latency(Settings):
    """How times of systems are measured."""

    query_set: str | None = None
    """A reported query set, whose queries are asked; null for the first."""
    repetitions: int = Field(100, ge=100)
    """Single queries that are timed."""
    batch_repetitions: int = Field(10, ge=1)
    """Batches of more than one query that are timed."""
    warm_up: int = Field(3, ge=0)
    """Batches before them that are not counted."""
