"""What teachers and re-rankers are made of: an encoder, and a head that is saved with it."""

from pathlib import Path
from typing import ClassVar

from safetensors.torch import load_file, save_file
from torch import nn

from tasb.models.encoder import Encoder
from tasb.models.sides import Sides
from tasb.models.weights import HEAD, WEIGHTS, load_head


class HeadedEncoder(nn.Module):
    """An encoder with a head over its states; a new head is drawn from torch's state."""

    passages_at_once: ClassVar[int] = 1
    """Passages that are read together with a query; 0 where each text is read alone."""

    def __init__(self, encoder: Encoder, head: nn.Module, head_std: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.sides: Sides = (encoder.special, encoder.special)
        self.head = head
        for layer in head.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=head_std)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def load_head(self, weights: str | Path) -> None:
        """Load the trained head from the file of the model's weights.

        Raises:
            TasbError: the file has no such head.
        """
        load_head(self.head, weights)

    def save(self, folder: str | Path) -> None:
        """Write the encoder and the head."""
        self.encoder.save(folder)
        path = Path(folder) / WEIGHTS
        head = {f"{HEAD}{name}": value for name, value in self.head.state_dict().items()}
        save_file({**load_file(path), **head}, path, metadata={"format": "pt"})
