"""DeepCT: the weight of a word is the share of a passage's queries that use it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import torch

from tasb.collection.tables import read_text_column
from tasb.jobs import Job
from tasb.lexical.words import Terms, WordPieces, term_recall
from tasb.models.deep_ct import DeepCt
from tasb.models.device import device_of, to_device
from tasb.models.encoder import Loaded
from tasb.models.precision import autocast
from tasb.students.config import Training
from tasb.tokens.store import TokenStore

if TYPE_CHECKING:
    from tasb.plans.plan import Batch

UNCOUNTED = -1.0
"""The target of what is no first piece of a word."""


@dataclass(frozen=True)
class Weighed:
    """The passages of a batch and the targets of their tokens, on the device of the model."""

    step: int
    texts: Loaded
    targets: list[torch.Tensor]
    """(n, longest) of each group; `UNCOUNTED` where a token has none."""


class TermObjective:
    """Mean squared error over the first pieces of all words of the batch's positives."""

    def __init__(
        self,
        settings: Training,
        model: DeepCt,
        passages: TokenStore,
        pieces: WordPieces,
        queries: list[str],
        relevant: dict[int, list[int]],
        precision: str,
    ) -> None:
        """Take a model and all that its targets are made from.

        Args:
            settings: the training loop.
            model: in training.
            passages: tokens of the passages.
            pieces: of the tokenizer.
            queries: texts of the training queries.
            relevant: queries of each judged relevant passage.
            precision: fp32, bf16 or fp16.
        """
        self.settings, self.model, self.passages = settings, model, passages
        self.pieces, self.queries, self.relevant = pieces, queries, relevant
        self.terms, self.precision, self.device = Terms(), precision, device_of(model)

    def ready(self, batch: "Batch") -> Weighed:
        """Return the positives of a batch, each once, with their targets."""
        passages, special = np.unique(batch.positive), self.model.encoder.special
        texts = self.passages.texts(passages, special, self.settings.passage_length)
        loaded = self.model.encoder.ready(texts, self.settings.gradient_cache)
        targets = [self._targets(int(passage)) for passage in passages]
        found = []
        for group in loaded.groups:
            table = np.full(tuple(group.mask.shape), UNCOUNTED, np.float32)
            for row, text in enumerate(group.rows):
                table[row, 1 : 1 + len(targets[text])] = targets[text]
            found.append(to_device(table, self.device))
        return Weighed(batch.step, loaded, found)

    def _targets(self, passage: int) -> "np.ndarray":
        """Return the target of each token of a passage, special tokens aside."""
        ids = self.passages[passage][: self.settings.passage_length - 2]
        words, places = self.pieces.words(ids)
        queries = [self.terms.of_text(self.queries[query]) for query in self.relevant[passage]]
        found = np.full(len(ids), UNCOUNTED, np.float32)
        found[places] = term_recall(words, queries, self.terms)
        return found

    def losses(self, batch: Weighed) -> dict[str, torch.Tensor]:
        """Return the loss to minimise as ``loss``."""
        errors, counts = [], []
        with autocast(self.precision, self.device):
            for (_, weights), target in zip(self.model.weights(batch.texts), batch.targets):
                counted = target != UNCOUNTED
                errors.append((((weights - target) ** 2) * counted).sum())
                counts.append(counted.sum())
        return {"loss": torch.stack(errors).sum() / torch.stack(counts).sum()}


def open_objective(
    job: Job, settings: Training, model: DeepCt, queries: TokenStore, precision: str
) -> TermObjective:
    """Return the objective of a job, see `tasb.students.artifacts.training`."""
    qrels = pl.read_parquet(job.file("qrels")).filter(pl.col("grade") >= 1)
    relevant = defaultdict(list)
    for query, passage in qrels.select("query", "passage").drop_nulls().iter_rows():
        relevant[passage].append(query)
    pieces = WordPieces(job.files("encoder")[-1])
    texts = [text for part in read_text_column(job.file("query_texts")) for text in part]
    store = TokenStore(job.file("passages"))
    return TermObjective(settings, model, store, pieces, texts, dict(relevant), precision)
