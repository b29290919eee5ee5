"""Token vectors of passages: ColBERT's, a row a token, and how many tokens each passage has."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import torch

from tasb.files import whole
from tasb.jobs import Job, progress
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.device import device_of, prepare
from tasb.models.encoder import Loaded
from tasb.models.load import load_model
from tasb.models.precision import autocast, resolve_precision
from tasb.tokens.store import TokenStore
from tasb.vectors.encode import shard_range
from tasb.vectors.shards import write_vectors

BLOCK = 512
"""Passages whose token vectors are in memory together."""
Rows = tuple[npt.NDArray[np.float16], npt.NDArray[np.int64]]
"""Vectors of the tokens of some passages, (tokens, dimensions), and the tokens of each."""


class TokenEncoder:
    """A ColBERT in inference mode."""

    def __init__(self, job: Job) -> None:
        """Open the model of a job, see `tasb.vectors.artifacts.token_encoding`."""
        settings = job.recipe["encoder"]
        self.card = Card.model_validate(settings["card"])
        model = load_model(settings["model"], self.card, job.files("model"), job.file("tokenizer"))
        if not isinstance(model, ColBert):
            raise TypeError("only a ColBERT has token vectors")
        self.model = model.to(prepare(job)).eval()
        self.batch_tokens, self.device = settings["batch_tokens"], device_of(model)
        self.precision = resolve_precision(settings["precision"], self.device)
        job.about["precision"] = self.precision

    @torch.inference_mode()
    def passages(self, store: TokenStore, rows: range) -> Rows:
        """Return the token vectors of some passages, special tokens among them."""
        special = self.model.encoder.special
        texts = store.texts(rows, special, self.card.passage_length)
        return self._vectors(self.model.ready_passages(texts, self.batch_tokens))

    @torch.inference_mode()
    def queries(self, store: TokenStore, rows: npt.NDArray[np.int64]) -> Rows:
        """Return the token vectors of some queries, with [MASK] where the model fills them up."""
        special = self.model.encoder.special
        texts = store.texts(rows, special, self.card.query_length)
        ready = self.model.ready_queries(texts, self.batch_tokens)
        return self._vectors(ready, self.model.form.mask is not None)

    def _vectors(self, texts: Loaded, filled: bool = False) -> Rows:
        counts = np.zeros(len(texts.back), np.int64)
        parts: dict[int, npt.NDArray[np.float16]] = {}
        with autocast(self.precision, self.device):
            for group, states in self.model.encoder.groups(texts):
                vectors = self.model.token_vectors(states).half().cpu().numpy()
                real = group.mask.sum(1).cpu().numpy()
                if filled:
                    real = np.full_like(real, vectors.shape[1])
                for row, own, count in zip(group.rows, vectors, real):
                    parts[int(row)], counts[row] = own[:count], count
        return np.concatenate([parts[row] for row in range(len(counts))]), counts


def make(job: Job) -> None:
    """Write the token vectors of a shard of the passages."""
    encoder, store = TokenEncoder(job), TokenStore(job.file("tokens"))
    rows = shard_range(len(store), job.recipe["shard"], job.recipe["shards"])
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    counts: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)]

    def vectors() -> Iterator[npt.NDArray[np.float16]]:
        """Yield the vectors block by block, and note how many tokens each passage has."""
        for block in progress(blocks, len(blocks), f"blocks of {BLOCK} passages encoded"):
            found, lengths = encoder.passages(store, block)
            counts.append(lengths)
            yield found

    with whole(job.output("vectors")) as part:
        write_vectors(vectors(), encoder.model.head.out_features, part)  # type: ignore[arg-type]
    with whole(job.output("lengths")) as part:
        pl.DataFrame({"tokens": np.concatenate(counts).astype(np.int32)}).write_parquet(part)
