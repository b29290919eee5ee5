"""DeepCT: a weight for each token of a passage (Dai and Callan 2020)."""

from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import nn

from tasb.models.batches import Group
from tasb.models.encoder import Encoder, Loaded
from tasb.models.headed import HeadedEncoder
from tasb.models.precision import full_precision


class DeepCt(HeadedEncoder):
    """A linear layer with bias over each token's state, after dropout of .1 in training."""

    passages_at_once: ClassVar[int] = 0

    def __init__(self, encoder: Encoder, head_std: float = 0.02) -> None:
        head = nn.Sequential(nn.Dropout(0.1), nn.Linear(encoder.dimensions, 1))
        super().__init__(encoder, head, head_std)

    def weights(self, texts: Loaded) -> Iterator[tuple[Group, torch.Tensor]]:
        """Yield each group of texts with the weights of its tokens, fp32 (n, longest)."""
        for group, states in self.encoder.groups(texts):
            with full_precision(states.device):
                yield group, self.head(states.float())[..., 0]
