"""The last layer for [CLS] alone, where a model reads no other state: the same values for less."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from tasb.models.attention import Layout, attention
from tasb.models.layers import ARCHITECTURES, Layers


def keep_first_token(transformer: PreTrainedModel) -> None:
    """Make a model's last hidden states (texts, 1, dimensions): those of the first tokens.

    Of packed texts, they are (1, texts, dimensions). The others are not computed in the last
    layer, which spares nearly all of it. An architecture that is not listed goes on computing
    all.
    """
    layers = ARCHITECTURES.get(transformer.config.model_type)
    if layers is None:
        return
    last = transformer.get_submodule(f"{layers.path}.{transformer.config.num_hidden_layers - 1}")
    first = FirstTokenAttention(last.get_submodule(layers.attention), layers)
    last.set_submodule(layers.attention, first)
    last.get_submodule(layers.after).register_forward_pre_hook(first.cut)


def keeps_first_token(transformer: PreTrainedModel) -> bool:
    """Return whether a model's last hidden states are those of the first tokens."""
    return any(isinstance(module, FirstTokenAttention) for module in transformer.modules())


class FirstTokenAttention(nn.Module):
    """Attention with one query a text, that of the first token, and the weights of a whole one."""

    def __init__(self, whole: nn.Module, names: Layers) -> None:
        super().__init__()
        for name, child in whole.named_children():
            self.add_module(name, child)
        self.names = names
        self.head_size = int(whole.attention_head_size)  # type: ignore[arg-type]
        self.layout: Layout | None = None
        """Of the texts of the pass under way, where they are packed."""
        self.train(whole.training)

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        layout: Layout | None = None,
        **_: Any,
    ) -> tuple[torch.Tensor, None]:
        """Return what the first tokens read, (texts, 1, dimensions).

        Of packed texts it is (1, tokens, dimensions), zero where another token stands.

        Args:
            hidden_states: (texts, tokens, dimensions), packed with texts = 1.
            attention_mask: bool (texts, 1, any, tokens), True where a token may be read; None
                where all are.
            layout: of packed texts.
            _: what else transformers hands to an attention.
        """
        names, self.layout = self.names, layout
        query = self._by_head(names.query, self._first(hidden_states))
        key, value = (self._by_head(name, hidden_states) for name in (names.key, names.value))
        mask = None if attention_mask is None else attention_mask[:, :, :1]
        dropout = float(self.get_submodule("dropout").p) if self.training else 0.0  # type: ignore[arg-type]
        read = attention(
            self, query, key, value, mask, dropout=dropout, scaling=self.head_size**-0.5,
            layout=layout, query_layout=layout and layout.first_tokens(),
        )[0].flatten(2)  # fmt: skip
        if names.output is not None:
            read = self.get_submodule(names.output)(read)
        if layout is not None:
            spread = read.new_zeros((1, hidden_states.shape[1], read.shape[2]))
            read = spread.index_copy(1, layout.offsets[:-1], read)
        return read, None

    def cut(self, _: nn.Module, states: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """Cut each input of the module behind to the first tokens."""
        return tuple(map(self._first, states))

    def _first(self, states: torch.Tensor) -> torch.Tensor:
        """Return the states of the first tokens."""
        if self.layout is None:
            return states[:, :1]
        return states.index_select(1, self.layout.offsets[:-1])

    def _by_head(self, projection: str, states: torch.Tensor) -> torch.Tensor:
        """Project states, (texts, heads, tokens, dimensions of a head)."""
        projected: torch.Tensor = self.get_submodule(projection)(states)
        return projected.view(*states.shape[:2], -1, self.head_size).transpose(1, 2)
