"""Config of the query clusters."""

from typing import Literal

from pydantic import Field

from tasb.settings import Settings


class Clusters(Settings):
    """k-means over the query vectors of a system, by default the baseline's."""

    system: str = "baseline"
    """The dense system whose query vectors are clustered."""
    queries: Literal["training", "unlabelled"] = "training"
    """Which queries are clustered: those that train, or those without judgments."""
    k: int = Field(2000, ge=1)
    """Number of clusters."""
    iterations: int = Field(10, ge=1)
    """Iterations of k-means."""
    distance: Literal["inner-product", "euclidean"] = "inner-product"
    """Spherical k-means with inner-product assignment (released), or Eq. 10 as printed."""
    seed: int = 0
    """Tells clusters apart that are equal otherwise."""
