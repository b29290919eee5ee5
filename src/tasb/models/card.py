"""What a checkpoint has in addition to its weights, because released ones differ in it."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tasb.files import read_json
from tasb.settings import Settings

FILE = "card.json"
"""Where a folder of a model keeps its card."""


class Card(Settings):
    """How texts become vectors, and vectors scores."""

    pooling: Literal["cls", "mean"] = "cls"
    """[CLS], or the mean over all tokens."""
    similarity: Literal["dot", "cosine"] = "dot"
    """Dot product, or cosine."""
    query_length: int = Field(30, ge=3)
    """Tokens of a query, special tokens included."""
    passage_length: int = Field(200, ge=3)
    """Tokens of a passage, special tokens included."""


class OwnCard(Settings):
    """The same keys for released weights; null is what their folder's own card says."""

    pooling: Literal["cls", "mean"] | None = None
    """[CLS], or the mean over all tokens."""
    similarity: Literal["dot", "cosine"] | None = None
    """Dot product, or cosine."""
    query_length: int | None = Field(None, ge=3)
    """Tokens of a query, special tokens included."""
    passage_length: int | None = Field(None, ge=3)
    """Tokens of a passage, special tokens included."""


def read_card(path: str | Path) -> Card:
    """Return the card of a folder; a folder without one has the defaults."""
    found: dict[str, Any] = read_json(path) if Path(path).is_file() else {}
    return Card.model_validate({key: found[key] for key in Card.model_fields if key in found})


def completed_card(given: dict[str, Any], own: str | Path | None) -> Card:
    """Return the card that a job reads a model with.

    Args:
        given: what the config says; null for what the model's own card says.
        own: the model's own card, if any of it is needed.
    """
    base = read_card(own).plain() if own is not None else {}
    return Card.model_validate({**base, **{k: v for k, v in given.items() if v is not None}})
