"""From the hidden states of a text to its vector."""

import torch
from torch import nn

from tasb.models.card import Card, Dense, HeadLayer

ACTIVATIONS = {"identity": nn.Identity, "tanh": nn.Tanh, "gelu": nn.GELU, "relu": nn.ReLU}


def pool(states: torch.Tensor, mask: torch.Tensor, card: Card) -> torch.Tensor:
    """Return the pooled states of texts, (n, dimensions) in fp32.

    The [CLS] state (Eq. 4) or the mean over the text's own tokens from a place on; zero for a
    text that has none there.
    """
    states = states.float()
    if card.pooling == "cls":
        return states[:, 0].clone()  # a view would keep the states of all tokens
    weights = mask.unsqueeze(-1).to(states.dtype)
    weights = torch.cat((torch.zeros_like(weights[:, : card.pooled_from]),
                         weights[:, card.pooled_from :]), dim=1)  # fmt: skip
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def head_of(layers: tuple[HeadLayer, ...]) -> nn.Sequential:
    """Return the layers over pooled states, with weights that are to be loaded."""
    return nn.Sequential(*map(_layer, layers))


def _layer(layer: HeadLayer) -> nn.Module:
    if not isinstance(layer, Dense):
        return nn.LayerNorm(layer.dimensions)
    linear = nn.Linear(layer.inputs, layer.outputs, bias=layer.bias)
    return nn.Sequential(linear, ACTIVATIONS[layer.activation]())
