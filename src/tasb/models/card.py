"""What a checkpoint has in addition to its weights, because released ones differ in it."""

from typing import Literal

from pydantic import Field

from tasb.settings import Settings


class Card(Settings):
    """How texts become vectors, and vectors scores."""

    pooling: Literal["cls", "mean"] = "cls"
    similarity: Literal["dot", "cosine"] = "dot"
    query_length: int = Field(30, ge=3)
    """Tokens of a query, special tokens included."""
    passage_length: int = Field(200, ge=3)
    """Tokens of a passage, special tokens included."""
