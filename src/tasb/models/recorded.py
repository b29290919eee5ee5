"""Passes over packed texts; on a GPU those of whole batches are recorded once and then replayed.

A pass is hundreds of small kernels. To launch them one by one takes a processor longer than the
card needs to run them; a recorded CUDA graph launches all of them at once.
"""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from tasb.models.attention import Layout
from tasb.models.batches import Group
from tasb.models.device import ALONE

MOST = 12
"""Sizes of passes that are recorded; the gradients of each take memory of their own."""
FREE = 0.3
"""Share of a card's memory that must be free for one more size to be recorded."""


def run_packed(transformer: PreTrainedModel, group: Group) -> torch.Tensor:
    """Return the last hidden states of packed texts, (1, tokens or texts, dimensions)."""
    inputs, longest = _inputs(group)
    return _states(transformer, longest, *inputs)


def _inputs(group: Group) -> tuple[tuple[torch.Tensor, ...], int]:
    """Return what differs from one pass of a size to the next, and the tokens of a text at most."""
    packed = group.packed
    if packed is None:
        raise TypeError("the group is padded")
    inputs = group.ids, packed.positions, packed.layout.offsets, packed.layout.each
    given = inputs if group.segments is None else (*inputs, group.segments)
    return given, packed.layout.longest


def _states(
    transformer: PreTrainedModel,
    longest: int,
    ids: torch.Tensor,
    positions: torch.Tensor,
    offsets: torch.Tensor,
    each: torch.Tensor,
    segments: torch.Tensor | None = None,
) -> torch.Tensor:
    more: dict[str, Any] = {} if segments is None else {"token_type_ids": segments}
    states: torch.Tensor = transformer(
        input_ids=ids, position_ids=positions, layout=Layout(offsets, each, longest), **more
    ).last_hidden_state
    return states


class Pass(nn.Module):
    """A forward pass for all groups of one size."""

    def __init__(self, transformer: PreTrainedModel, longest: int) -> None:
        super().__init__()
        self.transformer, self.longest, self.training = transformer, longest, transformer.training

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Return the last hidden states."""
        return _states(self.transformer, self.longest, *inputs)


class Recorder:
    """The recorded passes of an encoder, by their sizes; it stays in training, or out of it.

    All share one memory, so the backward pass of one must come before the next forward pass.
    """

    def __init__(self) -> None:
        self._passes: dict[tuple[int, ...], nn.Module] = {}
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, transformer: PreTrainedModel, group: Group) -> torch.Tensor:
        """Return the states of a group, and of what fills it up, as `run_packed`."""
        inputs, longest = _inputs(group)
        size = (group.ids.shape[1], len(inputs[2]), longest)
        if size not in self._passes:
            free, total = torch.cuda.mem_get_info()
            if len(self._passes) == MOST or free < FREE * total:
                return run_packed(transformer, group)
            self._passes[size] = self._record(Pass(transformer, longest), inputs)
        states: torch.Tensor = self._passes[size](*inputs)
        return states

    def _record(self, run: Pass, inputs: tuple[torch.Tensor, ...]) -> nn.Module:
        """Record a pass, backward too where weights are trained; the random state stays."""
        state = torch.cuda.get_rng_state()
        precision, lowers = torch.get_autocast_dtype("cuda"), torch.is_autocast_enabled("cuda")
        samples = tuple(tensor.clone() for tensor in inputs)
        with ALONE, torch.autocast("cuda", precision, lowers, cache_enabled=False):
            torch.cuda.make_graphed_callables(
                run, samples, allow_unused_input=True, pool=self._pool
            )
        torch.cuda.set_rng_state(state)
        return run
