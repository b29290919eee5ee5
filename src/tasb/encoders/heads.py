"""The heads of released models: which weights they are, by the names that each release uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from tasb.models.card import Card, Dense, HeadLayer, LayerNorm
from tasb.models.weights import HEAD, stored_shapes

Shapes = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Released:
    """What a release has in addition to the weights of an encoder."""

    card: Card
    """What it says of how texts become vectors."""
    head: Mapping[str, str] = field(default_factory=dict)
    """Names in the file of the encoder's weights, by our names."""
    tensors: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """Weights of a head that are in other files, by our names."""


LINEAR = {"head.weight": "{}.weight", "head.bias": "{}.bias"}
KNOWN: tuple[dict[str, str], ...] = (
    {key: name.format("compressor") for key, name in LINEAR.items()},  # ColBERT, the teacher
    {key: name.format("_classification_layer") for key, name in LINEAR.items()},  # BERT_CAT
    {"head.weight": "linear.weight"},  # ColBERT v1
    {
        "head.0.weight": "bert.pooler.dense.weight",
        "head.0.bias": "bert.pooler.dense.bias",
        "head.3.weight": "classifier.weight",
        "head.3.bias": "classifier.bias",
    },  # monoBERT
    {
        "head.0.0.weight": "embeddingHead.weight",
        "head.0.0.bias": "embeddingHead.bias",
        "head.1.weight": "norm.weight",
        "head.1.bias": "norm.bias",
    },  # ANCE
)
"""Names of the weights of heads by ours, release by release."""
ANCE = KNOWN[-1]


def named_head(weights: Path) -> Released:
    """Return the head that a file of weights has, by the names that releases use."""
    shapes = stored_shapes(weights)
    own = {name: name for name in shapes if name.startswith(HEAD)}
    found = own or next((names for names in KNOWN if set(names.values()) <= set(shapes)), {})
    return Released(Card(head=_layers(shapes) if found is ANCE else ()), found)


def _layers(shapes: Shapes) -> tuple[HeadLayer, ...]:
    """Return the layers of an ANCE: a linear one, and a normalisation."""
    outputs, inputs = shapes[ANCE["head.0.0.weight"]]
    return Dense(inputs=inputs, outputs=outputs), LayerNorm(dimensions=outputs)
