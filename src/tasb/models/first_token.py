"""The last layer for [CLS] alone, where a model reads no other state: the same values for less."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel


@dataclass(frozen=True)
class Layers:
    """Where an architecture keeps its layers, and the names of modules inside of one."""

    path: str
    attention: str
    query: str
    key: str
    value: str
    output: str | None
    """The projection that the attention itself applies to what it has read."""
    after: str
    """The first module behind the attention; from there on no token reads another."""


ARCHITECTURES = {
    "bert": Layers(
        path="encoder.layer",
        attention="attention.self",
        query="query",
        key="key",
        value="value",
        output=None,
        after="attention.output",
    ),
    "distilbert": Layers(
        path="transformer.layer",
        attention="attention",
        query="q_lin",
        key="k_lin",
        value="v_lin",
        output="out_lin",
        after="sa_layer_norm",
    ),
}


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
    """Attention in which the first token alone asks, with the weights of a whole one.

    With one query q a head, q · (K x + k) = (Kᵀ q) · x + q · k, and Σ a (V x + v) =
    V (Σ a x) + (Σ a) v: the states x are asked and read themselves, and no token needs a key
    or a value.
    """

    def __init__(self, attention: nn.Module, names: Layers) -> None:
        super().__init__()
        for name, child in attention.named_children():
            self.add_module(name, child)
        self.names = names
        self.head_size = int(attention.attention_head_size)  # type: ignore[arg-type]

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
        names, scale = self.names, self.head_size**-0.5
        query = self.get_submodule(names.query)(hidden_states[:, 0])
        query = query.view(len(query), -1, self.head_size) * scale
        key, key_bias = self._by_head(names.key)
        value, value_bias = self._by_head(names.value)
        scores = torch.einsum("thd,hde->the", query, key) @ hidden_states.transpose(1, 2)
        scores = scores + (query * key_bias).sum(-1, keepdim=True)
        if attention_mask is not None:
            scores = scores.masked_fill(~attention_mask[:, 0, :1], torch.finfo(scores.dtype).min)
        shares = self.get_submodule("dropout")(scores.softmax(-1))
        read = torch.einsum("the,hde->thd", shares @ hidden_states, value)
        read = (read + shares.sum(-1, keepdim=True) * value_bias).flatten(1).unsqueeze(1)
        return read if names.output is None else self.get_submodule(names.output)(read), None

    def _by_head(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a projection's weight and bias, (heads, head size, dimensions) and without it."""
        weight, bias = (self.get_parameter(f"{name}.{kind}") for kind in ("weight", "bias"))
        return weight.view(-1, self.head_size, weight.shape[1]), bias.view(-1, self.head_size)
