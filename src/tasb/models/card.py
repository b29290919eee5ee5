"""What a checkpoint has in addition to its encoder, because released ones differ in it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from tasb.files import read_json
from tasb.settings import Settings

FILE = "card.json"
"""Where a folder of a model keeps its card."""


class Dense(Settings):
    """A linear layer over a text's vector."""

    kind: Literal["dense"] = "dense"
    inputs: int = Field(ge=1)
    outputs: int = Field(ge=1)
    bias: bool = True
    activation: Literal["identity", "tanh", "gelu", "relu"] = "identity"
    """What is applied to its outputs."""


class LayerNorm(Settings):
    """A layer normalisation of a text's vector."""

    kind: Literal["layer-norm"] = "layer-norm"
    dimensions: int = Field(ge=1)


HeadLayer = Annotated[Dense | LayerNorm, Field(discriminator="kind")]


class Reading(Settings):
    """How texts become vectors, and vectors scores."""

    pooling: Literal["cls", "mean"] = "cls"
    """[CLS], or the mean over all tokens."""
    pooled_from: int = Field(0, ge=0)
    """With pooling mean: the place of the first token that counts, [CLS] being at 0."""
    similarity: Literal["dot", "cosine"] = "dot"
    """Dot product, or cosine."""
    query_length: int = Field(30, ge=3)
    """Tokens of a query, special tokens and prefix included."""
    passage_length: int = Field(200, ge=3)
    """Tokens of a passage, special tokens and prefix included."""
    query_prefix: str = ""
    """Text before each query."""
    passage_prefix: str = ""
    """Text before each passage."""
    separator: bool = True
    """Whether [SEP] ends a text."""
    masked_queries: bool = False
    """Whether queries are filled up to `query_length` with [MASK], which count as tokens."""
    precision: Literal["auto", "fp32", "tf32", "bf16", "fp16"] | None = None
    """Of the passes, see `vectors`; null: the one that is set there."""


class Card(Reading):
    """The same, with the layers over a text's vector."""

    head: tuple[HeadLayer, ...] = ()
    """Layers between the pooled state and the vector, whose weights are with the encoder's."""


def read_card(path: str | Path) -> Card:
    """Return the card of a folder; a folder without one has the defaults."""
    found: dict[str, Any] = read_json(path) if Path(path).is_file() else {}
    return Card.model_validate({key: found[key] for key in Card.model_fields if key in found})


def completed_card(given: dict[str, Any], own: str | Path | None) -> Card:
    """Return the card that a job reads a model with.

    Args:
        given: keys of the config, which win over the model's own card.
        own: the model's own card, if it may say the rest.
    """
    base = read_card(own).plain() if own is not None else {}
    return Card.model_validate({**base, **given})
