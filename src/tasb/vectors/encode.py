"""Texts to vectors: batches of like length, one forward pass a batch, bounded memory."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log, progress
from tasb.models.bert_dot import BertDot
from tasb.models.card import completed_card
from tasb.models.device import autocast, prepare, resolve_precision
from tasb.models.load import load_model
from tasb.tokens.store import TokenStore
from tasb.vectors.shards import write_vectors

BLOCK = 1024
"""Texts that are sorted by length together and kept in memory as vectors."""

LARGEST = float(np.finfo(np.float16).max)


def shard_range(texts: int, shard: int, shards: int) -> tuple[int, int]:
    """Return the first text of a shard and the one after its last."""
    return texts * shard // shards, texts * (shard + 1) // shards


class TextEncoder:
    """A dual encoder in inference mode."""

    def __init__(self, model: BertDot, batch_tokens: int, precision: str) -> None:
        """Take a model on its device.

        Args:
            model: the model.
            batch_tokens: padded tokens in one forward pass.
            precision: auto, fp32, bf16 or fp16.
        """
        self.model, self.batch_tokens = model.eval(), batch_tokens
        self.device = next(model.parameters()).device
        self.precision = resolve_precision(precision, self.device)

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
        texts = store.texts(rows, self.model.encoder.special, length)
        with autocast(self.precision, self.device):
            vectors = self.model(texts, self.batch_tokens)
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
            write_vectors(blocks, self.model.encoder.dimensions, part)


def open_encoder(job: Job) -> TextEncoder:
    """Load the dual encoder of a job: see `tasb.vectors.artifacts.encoding`."""
    settings = job.recipe["encoder"]
    card = completed_card(settings["card"], job.optional("card"))
    model = load_model(settings["model"], card, job.files("model"), job.file("tokenizer"))
    if not isinstance(model, BertDot):
        raise TypeError("only BERT_DOT makes vectors")
    device = prepare(job)
    found = TextEncoder(model.to(device), settings["batch_tokens"], settings["precision"])
    job.about["precision"] = found.precision
    return found


def make(job: Job) -> None:
    """Encode a shard of the passages, or a query set."""
    encoder, store = open_encoder(job), TokenStore(job.file("tokens"))
    card, shard = encoder.model.card, job.recipe["shard"]
    rows = shard_range(len(store), shard, job.recipe["shards"])
    length = card.passage_length if job.recipe["texts"] == "passages" else card.query_length
    encoder.write(store, length, rows, job.output("vectors"))
