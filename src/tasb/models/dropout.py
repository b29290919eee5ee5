"""Dropout whose masks are drawn quickly on a CPU, 16 random bits an element.

torch draws a mask element by element there, which was a sixth of a training step.
"""

from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

LEVELS = 2**16


def drop(values: torch.Tensor, p: float) -> torch.Tensor:
    """Set each element to zero with probability p, and divide the others by 1 - p.

    On a CPU p is rounded to a multiple of 1/65,536; the masks follow torch's random state.
    """
    if values.device.type != "cpu":
        return nn.functional.dropout(values, p)
    cut = round(p * LEVELS)
    words = torch.empty(-(-values.numel() // 4), dtype=torch.int64)
    bits = words.random_(-(2**63), None).view(torch.int16)[: values.numel()]
    kept = bits.view(values.shape) >= cut - LEVELS // 2
    return values * kept.to(values.dtype).mul_(LEVELS / (LEVELS - cut))


class Dropout(nn.Dropout):
    """torch's module, with the masks of `drop`."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Return the values, with dropout in training."""
        return drop(input, self.p) if self.training and self.p else input


def attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend as transformers' "sdpa" does, with the masks of `drop` in training on a CPU.

    Args:
        module: the layer.
        query: (texts, heads, tokens, dimensions of a head), as key and value.
        key: as query.
        value: as query.
        attention_mask: bool, True where a token may be read; None where all are.
        dropout: its probability, 0 outside of training.
        options: ``scaling`` of the products, and what else "sdpa" takes.

    Returns:
        (texts, tokens, heads, dimensions of a head).
    """
    if not dropout or query.device.type != "cpu":
        found, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, **options
        )
        return found, None
    scores = (query * options["scaling"]) @ key.transpose(-1, -2)
    if attention_mask is not None:
        least = torch.finfo(scores.dtype).min
        scores += torch.zeros_like(attention_mask, dtype=scores.dtype).masked_fill_(
            ~attention_mask, least
        )
    return (drop(scores.softmax(-1), dropout) @ value).transpose(1, 2), None


AttentionInterface.register("tasb", attention)
AttentionMaskInterface.register("tasb", sdpa_mask)


def use_drop(model: nn.Module) -> None:
    """Make a model that is trained on a CPU draw its masks with `drop`; weights stay as they are.

    The rest of the library uses this function and `attention` alone.
    """
    for parent in list(model.modules()):
        if isinstance(parent, PreTrainedModel):
            parent.set_attn_implementation("tasb")
        for name, child in parent.named_children():
            if isinstance(child, nn.Dropout):
                setattr(parent, name, Dropout(child.p))
