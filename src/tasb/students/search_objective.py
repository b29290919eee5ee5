"""LTRe: the loss of a query encoder on what its queries find in the whole collection."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tasb.collection.relevant import Relevant
from tasb.collection.tables import own_passages
from tasb.errors import TasbError
from tasb.jobs import Job
from tasb.models.bert_dot import BertDot
from tasb.models.device import device_of, to_device
from tasb.models.encoder import Loaded
from tasb.models.precision import autocast, full_precision
from tasb.rankings.exact import Positions
from tasb.students.config import Training
from tasb.students.search_loss import weighted_ranknet
from tasb.students.searches import ExactSearch, IndexSearch, Search
from tasb.tokens.store import TokenStore
from tasb.vectors.stored import StoredVectors

if TYPE_CHECKING:
    from tasb.plans.plan import Batch


@dataclass(frozen=True)
class Asked:
    """A batch of queries, on the device of the model."""

    step: int
    query: Positions
    """(b,) positions."""
    texts: Loaded


class SearchObjective:
    """At every step the batch's queries are encoded, with dropout, and searched."""

    def __init__(
        self,
        settings: Training,
        model: BertDot,
        queries: TokenStore,
        search: Search,
        relevant: Relevant,
        depth: int,
        precision: str,
        own: Positions | None = None,
    ) -> None:
        """Take a query encoder and what it searches.

        Args:
            settings: the training loop.
            model: the query encoder in training.
            queries: tokens of the training queries.
            search: over the passage vectors.
            relevant: the judgments.
            depth: passages that are searched for a query.
            precision: fp32, bf16 or fp16.
            own: (queries,) the passage of each query's id, which is left out; None for none.
        """
        self.settings, self.model, self.queries = settings, model, queries
        self.search, self.relevant, self.depth, self.own = search, relevant, depth, own
        self.precision, self.device = precision, device_of(model)
        model.encoder.recompute = settings.gradient_cache is not None

    def ready(self, batch: "Batch") -> Asked:
        """Return the queries of a batch on the device of the model."""
        special = self.model.encoder.special
        texts = self.queries.texts(batch.query, special, self.settings.query_length)
        loaded = self.model.encoder.ready(texts, self.settings.gradient_cache)
        return Asked(batch.step, batch.query.astype(np.int64), loaded)

    def losses(self, batch: Asked) -> dict[str, torch.Tensor]:
        """Return the loss to minimise as ``loss``."""
        with autocast(self.precision, self.device):
            queries = self.model(batch.texts).float()
        found = self.search.find(queries.detach(), self.depth)
        passages, relevant = self.with_missing(batch.query, found)
        counted = passages >= 0
        if self.own is not None:
            counted &= passages != self.own[batch.query][:, None]
        vectors = self.search.vectors(passages)
        with full_precision(self.device):
            scores = torch.einsum("bd,bkd->bk", queries, vectors)
        ones, real = to_device(relevant, self.device), to_device(counted, self.device)
        return {"loss": weighted_ranknet(scores, ones, real, found.shape[1])}

    def with_missing(self, query: Positions, found: Positions) -> tuple[Positions, Any]:
        """Append the relevant passages that were not found.

        Args:
            query: (b,) positions.
            found: (b, depth) passages.

        Returns:
            (b, depth + most that one query misses) passages, -1 for none, and which are relevant.
        """
        row, passage = self.relevant.of(query)
        is_found = (found[row] == passage[:, None]).any(1)
        missing, which = row[~is_found], passage[~is_found]
        place = np.arange(len(missing)) - np.searchsorted(missing, missing)
        more = np.full((len(query), int(place.max(initial=-1)) + 1), -1, np.int64)
        more[missing, place] = which
        every = np.concatenate((found, more), axis=1)
        relevant = np.zeros(every.shape, bool)
        relevant[:, found.shape[1] :] = more >= 0
        hits, column = np.nonzero(found[row[is_found]] == passage[is_found][:, None])
        relevant[row[is_found][hits], column] = True
        return every, relevant


def open_objective(
    job: Job, settings: Training, model: BertDot, queries: TokenStore, precision: str
) -> SearchObjective:
    """Return the objective of a job, see `tasb.students.artifacts.training`.

    Raises:
        TasbError: there are not as many vectors as passages.
    """
    how, on = job.recipe["search"], device_of(model)
    stored = StoredVectors(job.files("vectors"), on)
    passages = len(TokenStore(job.file("passages")))
    if len(stored) != passages:
        raise TasbError(
            f"runs.{how['run']}.init: {job.files('vectors')[0]} and its like hold {len(stored):,} "
            f"vectors for {passages:,} passages; delete them, and they are made again"
        )
    search: Search
    if how["index"] is None:
        search = ExactSearch(job.files("vectors"), on)
    else:
        exact = stored if how["vectors"] == "exact" else None
        search = IndexSearch(job.file("index"), how["index"], exact, on)
    own = None
    if how["drop_own_passage"]:
        own = own_passages(job.file("query_texts"), job.file("passage_texts"))
    relevant = Relevant.read(job.file("qrels"))
    return SearchObjective(settings, model, queries, search, relevant, how["depth"], precision, own)
