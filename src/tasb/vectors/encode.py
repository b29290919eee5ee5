"""Texts to vectors: batches of like length, one forward pass a batch, bounded memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import log, progress
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.device import autocast, environment, resolve_precision
from tasb.models.encoder import Encoder
from tasb.tokens.store import TokenStore
from tasb.vectors.config import Vectors
from tasb.vectors.shards import write_vectors

BLOCK = 1024
"""Texts that are sorted by length together and kept in memory as vectors."""

LARGEST = float(np.finfo(np.float16).max)


def shard_range(texts: int, shard: int, shards: int) -> tuple[int, int]:
    """Return the first text of a shard and the one after its last."""
    return texts * shard // shards, texts * (shard + 1) // shards


class TextEncoder:
    """A dual encoder in inference mode."""

    def __init__(self, model: BertDot, settings: Vectors) -> None:
        self.model, self.settings = model.eval(), settings
        self.device = next(model.parameters()).device
        self.precision = resolve_precision(settings.precision, self.device)

    @torch.inference_mode()
    def encode(self, store: TokenStore, length: int, rows: range) -> npt.NDArray[np.float32]:
        """Return the vectors of some texts, fp32 (texts, dimensions).

        Args:
            store: tokens.
            length: tokens of a text, special tokens included.
            rows: positions of the texts.

        Raises:
            TasbError: a vector is not finite in fp16, in which vectors are kept.
        """
        special = self.model.encoder.special
        texts = [special.single(store[row], length) for row in rows]
        with autocast(self.precision, self.device):
            vectors = self.model(texts, self.settings.batch_tokens)
        result: npt.NDArray[np.float32] = vectors.float().cpu().numpy()
        largest = np.abs(result).max(initial=0)
        if not largest <= LARGEST:
            raise TasbError(
                f"vectors of texts {rows[0]} to {rows[-1]} reach {largest} in {self.precision}, "
                f"beyond fp16: set vectors: precision to fp32, or look at the model's weights"
            )
        return result

    def write(
        self, store: TokenStore, length: int, rows: tuple[int, int], path: str | Path
    ) -> None:
        """Encode the texts of a range block by block into a vectors file."""
        log.info("texts %d to %d in %s on %s", *rows, self.precision, self.device)
        starts = range(rows[0], rows[1], BLOCK)
        blocks = (
            self.encode(store, length, range(start, min(start + BLOCK, rows[1])))
            for start in progress(starts, len(starts), f"blocks of {BLOCK} texts encoded")
        )
        with whole(path) as part:
            here = environment(self.device, self.precision)
            write_vectors(blocks, self.model.encoder.dimensions, part, here)


def open_encoder(recipe: Mapping[str, Any], files: Any, device: torch.device) -> TextEncoder:
    """Load the dual encoder of a rule.

    Args:
        recipe: its ``card`` and ``vectors`` settings.
        files: with attributes model (config.json, model.safetensors) and tokenizer.
        device: where it computes.
    """
    encoder = Encoder.load(Path(files.model[0]).parent, files.tokenizer)
    model = BertDot(encoder, Card.model_validate(recipe["card"])).to(device)
    return TextEncoder(model, Vectors.model_validate(recipe["vectors"]))
