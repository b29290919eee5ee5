"""Texts to vectors: batches of like length, one forward pass a batch, bounded memory."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from tasb.background import ahead, behind
from tasb.errors import TasbError
from tasb.files import whole
from tasb.jobs import Job, log, progress
from tasb.models.bert_dot import BertDot
from tasb.models.card import completed_card
from tasb.models.device import Fetched, device_of, prepare
from tasb.models.encoder import Loaded
from tasb.models.load import load_model
from tasb.models.precision import autocast, resolve_precision
from tasb.models.room import BATCH_TOKENS, refuse_no_room
from tasb.models.sides import PASSAGES, QUERIES
from tasb.tokens.store import TokenStore
from tasb.tokens.texts import Texts
from tasb.vectors.shards import write_vectors

BLOCK = 2048
"""Texts that are sorted by length together and kept in memory as vectors."""

Vectors = npt.NDArray[np.float16]


def shard_range(texts: int, shard: int, shards: int) -> range:
    """Return the positions of the texts of a shard."""
    return range(texts * shard // shards, texts * (shard + 1) // shards)


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
        self.device = device_of(model)
        self.lengths = model.card.query_length, model.card.passage_length
        self.precision = resolve_precision(precision, self.device)

    @torch.inference_mode()
    def encode(self, store: TokenStore, side: int, rows: range) -> Iterator[Vectors]:
        """Yield the vectors of some texts, fp16 (texts, dimensions), block by block.

        Args:
            store: tokens.
            side: of queries or of passages, see `tasb.models.sides`.
            rows: positions of the texts.

        Raises:
            TasbError: a vector is not finite in fp16, in which vectors are kept.
        """
        blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
        ready = ahead(blocks, lambda block: (block, self._ready(store, side, block)))
        shown = progress(ready, len(blocks), f"blocks of {BLOCK} texts encoded")
        encoded = ((block, Fetched(self._vectors(texts))) for block, texts in shown)
        for block, found in behind(encoded):
            vectors = found.numpy()
            if not np.isfinite(vectors).all():
                raise TasbError(
                    f"vectors of texts {block[0]} to {block[-1]} are beyond fp16 in "
                    f"{self.precision}: set vectors: precision to fp32, or look at the model's "
                    "weights"
                )
            yield vectors

    def _ready(self, store: TokenStore, side: int, rows: range) -> Loaded:
        texts = store.texts(rows, self.model.sides[side], self.lengths[side])
        return self.model.encoder.ready(texts, self.batch_tokens)

    @torch.inference_mode()
    def vectors_of(self, texts: Texts) -> npt.NDArray[np.float32]:
        """Return the vectors of a few texts at once, fp32 (texts, dimensions)."""
        found = Fetched(self._vectors(self.model.encoder.ready(texts, self.batch_tokens)))
        return found.numpy().astype(np.float32)

    def _vectors(self, texts: Loaded) -> torch.Tensor:
        with autocast(self.precision, self.device):
            vectors: torch.Tensor = self.model(texts)
        return vectors.half()

    def refuse_no_room(self, store: TokenStore, side: int) -> None:
        """Refuse a number of tokens at a time for which a GPU has no memory.

        Args:
            store: tokens, the longest of which are tried.
            side: of queries or of passages.

        Raises:
            TasbError: names the key and a value that fits.
        """
        if self.device.type == "cuda":
            special, length = self.model.sides[side], self.lengths[side]
            rows = store.longest(-(-self.batch_tokens // length))

            @torch.inference_mode()
            def run(tokens: int | None) -> None:
                """Encode the longest texts, so many tokens at a time."""
                texts = store.texts(rows, special, length)
                self._vectors(self.model.encoder.ready(texts, tokens))

            refuse_no_room(run, self.batch_tokens, self.device, BATCH_TOKENS)

    def write(self, store: TokenStore, side: int, rows: range, path: str | Path) -> None:
        """Encode texts block by block into a vectors file."""
        log.info("texts %d to %d in %s on %s", rows.start, rows.stop, self.precision, self.device)
        with whole(path) as part:
            write_vectors(self.encode(store, side, rows), self.model.dimensions, part)


def open_encoder(job: Job) -> TextEncoder:
    """Load the dual encoder of a job: see `tasb.vectors.artifacts.encoding`."""
    settings = job.recipe["encoder"]
    card = completed_card(settings["card"], job.optional("card"))
    model = load_model(settings["model"], card, job.files("model"), job.file("tokenizer"))
    if not isinstance(model, BertDot):
        raise TypeError("only BERT_DOT makes vectors")
    device = prepare(job)
    precision = card.precision or settings["precision"]
    found = TextEncoder(model.to(device), settings["batch_tokens"], precision)
    job.about["precision"] = found.precision
    return found


def make(job: Job) -> None:
    """Encode a shard of the passages, or a query set."""
    encoder, store = open_encoder(job), TokenStore(job.file("tokens"))
    rows = shard_range(len(store), job.recipe["shard"], job.recipe["shards"])
    side = PASSAGES if job.recipe["texts"] == "passages" else QUERIES
    encoder.refuse_no_room(store, side)
    encoder.write(store, side, rows, job.output("vectors"))
