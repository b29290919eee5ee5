"""Attention over padded texts, and over texts that are packed one after the other."""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from tasb.models.dropout import drop

NAME = "tasb"
"""What transformers finds the attention by."""
FLASH = (torch.float16, torch.bfloat16)
AMPERE = (8, 0)
"""The first generation of cards that FlashAttention runs on."""


@dataclass(frozen=True)
class Layout:
    """Where packed texts stand."""

    offsets: torch.Tensor
    """(texts + 1,): where each text begins, and where the last one ends."""
    each: torch.Tensor
    """(texts + 1,): 0, 1, 2 and so on, the same of the first tokens alone."""
    longest: int
    """No text has more tokens."""

    def first_tokens(self) -> "Layout":
        """Return the layout of the first token of each text."""
        return Layout(self.each, self.each, 1)


def attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    dropout: float = 0.0,
    layout: Layout | None = None,
    query_layout: Layout | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend as transformers' "sdpa" does; no text reads another one's tokens.

    Args:
        module: the layer.
        query: (texts, heads, tokens, dimensions of a head), or (1, heads, tokens of all texts,
            dimensions of a head) where texts are packed; so are key and value.
        key: as query.
        value: as query.
        attention_mask: bool, True where a token may be read; None where all are.
        dropout: its probability, 0 outside of training.
        layout: of packed texts; None where each text is padded.
        query_layout: of the packed queries, where there are others than the keys.
        options: ``scaling`` of the products, and what else "sdpa" takes.

    Returns:
        (texts, tokens, heads, dimensions of a head), or packed with texts = 1.
    """
    if layout is not None:
        queries = query_layout or layout
        runs = _flash if has_flash(query.device, query.dtype) else _nested
        return runs(query, key, value, (queries, layout), dropout, options["scaling"]), None
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


def has_flash(on: torch.device, dtype: torch.dtype) -> bool:
    """Return whether FlashAttention runs on a device in a precision."""
    if on.type != "cuda" or dtype not in FLASH:
        return False
    return torch.cuda.get_device_capability(on) >= AMPERE


def _flash(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    layouts: tuple[Layout, Layout],
    dropout: float,
    scale: float,
) -> torch.Tensor:
    """Attend by FlashAttention, which drops out inside of its kernel."""
    packed = [states[0].transpose(0, 1) for states in (query, key, value)]
    of_query, of_key = layouts
    found: torch.Tensor = torch.ops.aten._flash_attention_forward(
        *packed, of_query.offsets.int(), of_key.offsets.int(), of_query.longest, of_key.longest,
        dropout, False, False, scale=scale,
    )[0]  # fmt: skip
    return found.unsqueeze(0)


def _nested(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    layouts: tuple[Layout, Layout],
    dropout: float,
    scale: float,
) -> torch.Tensor:
    """Attend over jagged nested tensors, on any device in any precision."""
    of_query, of_key = layouts
    found = scaled_dot_product_attention(
        _jagged(query, of_query), _jagged(key, of_key), _jagged(value, of_key),
        dropout_p=dropout, scale=scale,
    )  # fmt: skip
    return found.transpose(1, 2).values().unsqueeze(0)


def _jagged(states: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Return packed states as (texts, heads, tokens of a text, dimensions of a head)."""
    jagged = torch.nested.nested_tensor_from_jagged(
        states[0].transpose(0, 1).contiguous(), layout.offsets,
        min_seqlen=1, max_seqlen=layout.longest,
    )  # fmt: skip
    return jagged.transpose(1, 2)


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
