"""A transformer over sequences of any length, in groups of like length."""

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.utils import logging

from tasb.models.batches import Sequences, length_groups, pad
from tasb.models.weights import load_encoder
from tasb.tokens.special import SpecialTokens

logging.disable_progress_bar()  # type: ignore[no-untyped-call]

States = torch.Tensor
"""Last hidden states, (sequences, tokens, dimensions); one token where only [CLS] is read."""


class Encoder(nn.Module):
    """BERT or DistilBERT, with the special tokens of its tokenizer."""

    def __init__(self, transformer: PreTrainedModel, special: SpecialTokens) -> None:
        super().__init__()
        self.transformer = transformer
        self.special = special
        self.recompute = False
        """Whether a group is encoded once more for its backward pass, in place of keeping its
        activations (gradient caching, Gao et al. 2021); dropout draws the same both times."""
        inputs = inspect.signature(transformer.forward).parameters
        types = getattr(transformer.config, "type_vocab_size", 0)
        self._segments = "token_type_ids" in inputs and types > 1

    @classmethod
    def load(cls, folder: str | Path, tokenizer_file: str | Path) -> "Encoder":
        """Load weights (safetensors, no remote code) from a folder, and the special tokens.

        The weights of a head, see `tasb.models.headed`, are left aside.
        """
        return cls(load_encoder(folder), SpecialTokens.read(tokenizer_file))

    def save(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors, as transformers reads them."""
        self.transformer.save_pretrained(folder)

    @property
    def dimensions(self) -> int:
        """Size of a hidden state."""
        return int(self.transformer.config.hidden_size)

    def states(
        self, ids: torch.Tensor, mask: torch.Tensor, embeddings: torch.Tensor | None = None
    ) -> States:
        """Return the last hidden states of padded sequences.

        Args:
            ids: (n, longest) token ids.
            mask: (n, longest) 1 for tokens, 0 for padding.
            embeddings: (n, longest, dimensions) word embeddings of the ids, looked up by default.
        """
        inputs = {"input_ids": ids} if embeddings is None else {"inputs_embeds": embeddings}
        inputs["attention_mask"] = mask
        if self._segments:
            inputs["token_type_ids"] = self._second_segment(ids, mask)
        states: States = self.transformer(**inputs).last_hidden_state
        return states

    def _second_segment(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return 0 up to and with the first [SEP], 1 after it, 0 for padding."""
        separators = (ids == self.special.sep).long()
        return ((separators.cumsum(1) - separators) > 0).long() * mask

    def groups(
        self, sequences: Sequences, tokens: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, States]]:
        """Yield (indices, mask, states) of each group of like length.

        Args:
            sequences: token ids with special tokens.
            tokens: padded tokens that a group may hold.
        """
        if not torch.is_grad_enabled():
            for group, ids, mask in self._padded(sequences, tokens):
                yield group, mask, self.states(ids, mask)
            return
        if self.recompute:
            for group, ids, mask in self._padded(sequences, tokens):
                yield group, mask, checkpoint(self.states, ids, mask, use_reentrant=False)
            return
        padded = list(self._padded(sequences, tokens))
        embeddings = self._embeddings([ids for _, ids, _ in padded])
        for (group, ids, mask), embedded in zip(padded, embeddings):
            yield group, mask, self.states(ids, mask, embedded)

    def _padded(
        self, sequences: Sequences, tokens: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Yield indices, ids and mask of each group, on the model's device."""
        at = next(self.parameters()).device
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        for group in length_groups(lengths, tokens):
            ids, mask = pad([sequences[index] for index in group], self.special.pad)
            yield torch.from_numpy(group).to(at), ids.to(at), mask.to(at)

    def _embeddings(self, ids: list[torch.Tensor]) -> list[torch.Tensor]:
        """Look up the word embeddings of all groups at once.

        Each look-up would have a gradient as large as the whole vocabulary's table.
        """
        table = self.transformer.get_input_embeddings()
        found = table(torch.cat([group.flatten() for group in ids]))
        parts = found.split([group.numel() for group in ids])
        return [part.view(*group.shape, -1) for part, group in zip(parts, ids)]

    def pooled(
        self,
        sequences: Sequences,
        tokens: int,
        pool: Callable[[States, torch.Tensor], torch.Tensor],
    ) -> torch.Tensor:
        """Return one value or vector for each sequence, in the order given.

        Args:
            sequences: token ids with special tokens.
            tokens: padded tokens that a forward pass may hold.
            pool: from (states, mask) of a group to its (n, ...) values.
        """
        order, parts = [], []
        for indices, mask, states in self.groups(sequences, tokens):
            order.append(indices)
            parts.append(pool(states, mask))
        return torch.cat(parts)[torch.cat(order).argsort()]
