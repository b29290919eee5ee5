"""The last layer for [CLS] alone, where a model reads no other state: the same values for less."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from tasb.models.dropout import attention
from tasb.models.layers import ARCHITECTURES, Layers


def keep_first_token(transformer: PreTrainedModel) -> None:
    """Make a model's last hidden states (texts, 1, dimensions): those of the first tokens.

    The others are not computed in the last layer, which spares nearly all of it. An
    architecture that is not listed goes on computing all.
    """
    layers = ARCHITECTURES.get(transformer.config.model_type)
    if layers is None:
        return
    last = transformer.get_submodule(f"{layers.path}.{transformer.config.num_hidden_layers - 1}")
    attention = last.get_submodule(layers.attention)
    last.set_submodule(layers.attention, FirstTokenAttention(attention, layers))
    last.get_submodule(layers.after).register_forward_pre_hook(_first)


def _first(module: nn.Module, states: tuple[Any, ...]) -> tuple[Any, ...]:
    """Cut each input of a module, (texts, tokens, dimensions), to the first token."""
    return tuple(tensor[:, :1] for tensor in states)


class FirstTokenAttention(nn.Module):
    """Attention with one query a text, that of the first token, and the weights of a whole one."""

    def __init__(self, whole: nn.Module, names: Layers) -> None:
        super().__init__()
        for name, child in whole.named_children():
            self.add_module(name, child)
        self.names = names
        self.head_size = int(whole.attention_head_size)  # type: ignore[arg-type]
        self.train(whole.training)

    def forward(
        self, hidden_states: torch.Tensor, attention_mask: torch.Tensor | None = None, **_: Any
    ) -> tuple[torch.Tensor, None]:
        """Return what the first tokens read, (texts, 1, dimensions).

        Args:
            hidden_states: (texts, tokens, dimensions).
            attention_mask: bool (texts, 1, any, tokens), True where a token may be read; None
                where all are.
            _: what else transformers hands to an attention.
        """
        names = self.names
        query = self._by_head(names.query, hidden_states[:, :1])
        key, value = (self._by_head(name, hidden_states) for name in (names.key, names.value))
        mask = None if attention_mask is None else attention_mask[:, :, :1]
        dropout = float(self.get_submodule("dropout").p) if self.training else 0.0  # type: ignore[arg-type]
        scale = self.head_size**-0.5
        read = attention(self, query, key, value, mask, dropout=dropout, scaling=scale)[0].flatten(
            2
        )
        return read if names.output is None else self.get_submodule(names.output)(read), None

    def _by_head(self, projection: str, states: torch.Tensor) -> torch.Tensor:
        """Project states, (texts, heads, tokens, dimensions of a head)."""
        projected: torch.Tensor = self.get_submodule(projection)(states)
        return projected.view(*states.shape[:2], -1, self.head_size).transpose(1, 2)
