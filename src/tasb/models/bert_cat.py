"""BERT_CAT, the pairwise teacher: query and passage are read together (Eq. 1)."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tasb.models.batches import Sequences
from tasb.models.device import full_precision
from tasb.models.encoder import Encoder, States

HEAD = "head.safetensors"


class BertCat(nn.Module):
    """A linear layer W_s over the [CLS] state of ``[CLS] query [SEP] passage [SEP]``."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dimensions, 1)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def load_head(self, folder: str | Path) -> None:
        """Load the trained head from the model's folder."""
        self.head.load_state_dict(load_file(Path(folder) / HEAD))

    def save(self, folder: str | Path) -> None:
        """Write the encoder and the head."""
        self.encoder.save(folder)
        save_file(self.head.state_dict(), Path(folder) / HEAD)

    def forward(self, pairs: Sequences, tokens: int) -> torch.Tensor:
        """Return the scores of pairs, fp32 (n,).

        Args:
            pairs: token ids of n pairs, with special tokens.
            tokens: padded tokens that a forward pass may hold.
        """
        return self.encoder.pooled(pairs, tokens, self._score)

    def _score(self, states: States, _: torch.Tensor) -> torch.Tensor:
        with full_precision(states.device):
            scores: torch.Tensor = self.head(states[:, 0].float())[:, 0]
        return scores
