"""Dropout whose masks are drawn quickly on a CPU, 16 random bits an element.

torch draws a mask element by element there, which was a sixth of a training step.
"""

import torch
from torch import nn

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


def use_drop(model: nn.Module) -> None:
    """Make a model that is trained on a CPU draw its masks with `drop`; weights stay as they are.

    Attention draws them so in any case, see `tasb.models.attention`.
    """
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.Dropout):
                setattr(parent, name, Dropout(child.p))
