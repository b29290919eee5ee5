"""Config of the vectors and of the index over them."""

from typing import Literal

from pydantic import Field

from tasb.settings import Settings


class Vectors(Settings):
    """How vectors are made."""

    shards: int = Field(1, ge=1, le=10_000)
    """Passage vectors are written in this many files, each made by a job of its own."""
    batch_tokens: int = Field(8192, ge=512)
    """Padded tokens in one forward pass."""
    precision: Literal["auto", "fp32", "tf32", "bf16", "fp16"] = "auto"
    """Of encoding and scoring; auto: bf16 where the device computes in it."""
