"""What both teachers are made of: an encoder, and a linear head that is saved beside it."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tasb.models.encoder import Encoder

HEAD = "head.safetensors"


class HeadedEncoder(nn.Module):
    """An encoder with a linear layer over its states; a new head is drawn from torch's state."""

    def __init__(self, encoder: Encoder, outputs: int, head_std: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dimensions, outputs)
        nn.init.normal_(self.head.weight, std=head_std)
        nn.init.zeros_(self.head.bias)

    def load_head(self, folder: str | Path) -> None:
        """Load the trained head from the model's folder."""
        self.head.load_state_dict(load_file(Path(folder) / HEAD))

    def save(self, folder: str | Path) -> None:
        """Write the encoder and the head."""
        self.encoder.save(folder)
        head: dict[str, torch.Tensor] = self.head.state_dict()
        save_file(head, Path(folder) / HEAD)
