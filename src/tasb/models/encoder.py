"""A transformer over texts of any length."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.utils import logging

from tasb.models.attention import NAME, has_flash
from tasb.models.batches import Group, Packed, length_groups, pack, packed_groups, pad, place_of
from tasb.models.device import device_of
from tasb.models.first_token import keeps_first_token
from tasb.models.layers import ARCHITECTURES
from tasb.models.precision import DTYPES
from tasb.models.recorded import Recorder, run_packed
from tasb.models.weights import load_encoder
from tasb.tokens.special import SpecialTokens
from tasb.tokens.texts import Texts

logging.disable_progress_bar()  # type: ignore[no-untyped-call]

States = torch.Tensor
"""Last hidden states, (texts, tokens, dimensions); one token where only [CLS] is read."""
BATCH_TOKENS = 16_384
"""Padded tokens in one of the groups of a whole batch that are not packed."""


@dataclass(frozen=True)
class Loaded:
    """Texts in groups, on the model's device."""

    groups: list[Group]
    back: torch.Tensor
    """(n,) where each text is found among those of all groups."""


class Encoder(nn.Module):
    """BERT or DistilBERT, with the special tokens of its tokenizer.

    On a GPU the texts of a pass are packed one after the other; on a CPU, where many small
    products are as fast as one large one, texts of like length are padded together.
    """

    def __init__(self, transformer: PreTrainedModel, special: SpecialTokens) -> None:
        super().__init__()
        self.transformer = transformer
        self.special = special
        self.recompute = False
        """Whether a group is encoded once more for its backward pass, in place of keeping its
        activations (gradient caching, Gao et al. 2021); dropout draws the same both times."""
        self.packs: bool | None = None
        """Whether texts are packed; None: on a GPU, where the architecture can."""
        self.recorder: Recorder | None = None
        """Replays the packed passes of whole batches."""
        self._known = transformer.config.model_type in ARCHITECTURES
        if self._known:
            transformer.set_attn_implementation(NAME)
        inputs = inspect.signature(transformer.forward).parameters
        types = getattr(transformer.config, "type_vocab_size", 0)
        self.has_segments = "token_type_ids" in inputs and types > 1
        """Whether the model tells a second segment from the first."""

    @classmethod
    def load(cls, folder: str | Path, tokenizer_file: str | Path) -> "Encoder":
        """Load weights (safetensors, no remote code) from a folder, and the special tokens.

        The weights of a head, see `tasb.models.headed`, are left aside.
        """
        return cls(load_encoder(folder), SpecialTokens.read(tokenizer_file))

    def save(self, folder: str | Path) -> None:
        """Write config.json and model.safetensors, as transformers reads them."""
        self.transformer.save_pretrained(folder)

    def record(self, precision: str) -> None:
        """Record the passes of whole batches and replay them, where FlashAttention runs.

        Nested tensors keep lengths in Python, so a replay would attend within those of another
        batch.

        Args:
            precision: that passes are computed in.
        """
        if has_flash(device_of(self), DTYPES.get(precision, torch.float32)):
            self.recorder = Recorder()

    @property
    def dimensions(self) -> int:
        """Size of a hidden state."""
        return int(self.transformer.config.hidden_size)

    def packed_here(self) -> bool:
        """Return whether texts are packed on the device where the encoder is."""
        wanted = device_of(self).type == "cuda" if self.packs is None else self.packs
        return self._known and wanted

    @property
    def attention_dropout(self) -> float:
        """Share of attention that is dropped in training, packed or not."""
        config = self.transformer.config
        names = "attention_probs_dropout_prob", "attention_dropout"
        return float(next(getattr(config, name) for name in names if hasattr(config, name)))

    def ready(self, texts: Texts, tokens: int | None) -> Loaded:
        """Return texts on the model's device, as its passes read them.

        Args:
            texts: with special tokens.
            tokens: that a forward pass may hold, padding counted; None for a whole batch, which
                is encoded in one pass where it is packed.
        """
        on = device_of(self)
        given = texts, self.special, on, self.has_segments
        if self.packed_here():
            parts = [pack(rows, *given, fill=tokens is None and self.recorder is not None)
                     for rows in packed_groups(texts.lengths, tokens)]  # fmt: skip
        else:
            parts = [pad(rows, *given)
                     for rows in length_groups(texts.lengths, tokens or BATCH_TOKENS)]  # fmt: skip
        return Loaded(parts, place_of(parts, on))

    def states(self, group: Group, embeddings: torch.Tensor | None = None) -> States:
        """Return the last hidden states of a group.

        Args:
            group: padded or packed.
            embeddings: (n, longest, dimensions) word embeddings of the ids, looked up by default.
        """
        if group.packed is not None:
            return self._packed_states(group, group.packed)
        inputs = {"input_ids": group.ids} if embeddings is None else {"inputs_embeds": embeddings}
        inputs["attention_mask"] = group.mask
        if group.segments is not None:
            inputs["token_type_ids"] = group.segments
        states: States = self.transformer(**inputs).last_hidden_state
        return states

    def _packed_states(self, group: Group, packed: Packed) -> States:
        """Return the states of a packed group, (n, longest, dimensions) as of a padded one."""
        places = packed.padded
        run = self.recorder if packed.filled and self.recorder is not None else run_packed
        states = run(self.transformer, group)[0]
        if keeps_first_token(self.transformer):
            return states[: len(group.rows)].unsqueeze(1)
        empty = states.new_zeros((group.mask.numel(), states.shape[1]))
        spread = empty.index_copy(0, places, states[: len(places)])
        return spread.view(*group.mask.shape, -1)

    def groups(self, loaded: Loaded) -> Iterator[tuple[Group, States]]:
        """Yield each group with its states."""
        if not torch.is_grad_enabled():
            for group in loaded.groups:
                yield group, self.states(group)
            return
        if self.recompute:
            for group in loaded.groups:
                # Nested tensors have no shape that the check could compare.
                states = checkpoint(
                    self.states, group, use_reentrant=False, determinism_check="none"
                )
                yield group, states
            return
        padded = [group for group in loaded.groups if group.packed is None]
        embeddings = iter(self._embeddings([group.ids for group in padded]))
        for group in loaded.groups:
            yield group, self.states(group, None if group.packed else next(embeddings))

    def _embeddings(self, ids: list[torch.Tensor]) -> list[torch.Tensor]:
        """Look up the word embeddings of all groups at once.

        Each look-up would have a gradient as large as the whole vocabulary's table.
        """
        if not ids:
            return []
        table = self.transformer.get_input_embeddings()
        found = table(torch.cat([group.flatten() for group in ids]))
        parts = found.split([group.numel() for group in ids])
        return [part.view(*group.shape, -1) for part, group in zip(parts, ids)]

    def pooled(
        self, loaded: Loaded, pool: Callable[[States, torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        """Return one value or vector for each text, in the order given.

        Args:
            loaded: the texts.
            pool: from (states, mask) of a group to its (n, ...) values.
        """
        parts = [pool(states, group.mask) for group, states in self.groups(loaded)]
        return torch.cat(parts)[loaded.back]
