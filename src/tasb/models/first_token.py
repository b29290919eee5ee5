"""The last layer for [CLS] alone, where a model reads no other state: the same values for less."""

from typing import Any

from torch import nn
from transformers import PreTrainedModel

AFTER_ATTENTION = {
    "bert": "encoder.layer.{last}.attention.output",
    "distilbert": "transformer.layer.{last}.sa_layer_norm",
}
"""The module of the last layer behind which no token reads another, by architecture."""


def keep_first_token(transformer: PreTrainedModel) -> None:
    """Make a model's last hidden states (texts, 1, dimensions): those of the first tokens.

    The others are not computed beyond the last attention, which spares most of a layer. An
    architecture that is not listed goes on computing all.
    """
    config = transformer.config
    if config.model_type in AFTER_ATTENTION:
        last = config.num_hidden_layers - 1
        path = AFTER_ATTENTION[config.model_type].format(last=last)
        transformer.get_submodule(path).register_forward_pre_hook(_first)


def _first(module: nn.Module, states: tuple[Any, ...]) -> tuple[Any, ...]:
    """Cut each input of a module, (texts, tokens, dimensions), to the first token."""
    return tuple(tensor[:, :1] for tensor in states)
