"""docT5query: the query of each pair is what its relevant passage should bring forth."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from tasb.jobs import Job
from tasb.models.device import device_of
from tasb.models.encoder import Loaded
from tasb.models.generator import QueryGenerator
from tasb.models.precision import autocast
from tasb.students.config import Training
from tasb.tokens.store import TokenStore
from tasb.tokens.texts import Texts

if TYPE_CHECKING:
    from tasb.plans.plan import Batch


@dataclass(frozen=True)
class Written:
    """The positives of a batch, on the device of the model, and their queries."""

    step: int
    passages: Loaded
    queries: Texts


class GenerationObjective:
    """Cross entropy over the tokens of a batch's queries."""

    def __init__(
        self,
        settings: Training,
        model: QueryGenerator,
        queries: TokenStore,
        passages: TokenStore,
        precision: str,
    ) -> None:
        """Take a model and the tokens that it reads and writes.

        Args:
            settings: the training loop.
            model: in training.
            queries: tokens of the training queries.
            passages: tokens of the passages.
            precision: fp32, bf16 or fp16.
        """
        self.settings, self.model, self.precision = settings, model, precision
        self.queries, self.passages = queries, passages
        self.device = device_of(model)

    def ready(self, batch: "Batch") -> Written:
        """Return the texts of a batch."""
        special, settings = self.model.encoder.special, self.settings
        passages = self.passages.texts(batch.positive, special, settings.passage_length)
        queries = self.queries.texts(batch.query, special, settings.query_length)
        return Written(
            batch.step, self.model.encoder.ready(passages, settings.gradient_cache), queries
        )

    def losses(self, batch: Written) -> dict[str, torch.Tensor]:
        """Return the loss to minimise as ``loss``."""
        with autocast(self.precision, self.device):
            total, count = self.model.losses(batch.passages, batch.queries)
        return {"loss": total / count}


def open_objective(
    job: Job, settings: Training, model: QueryGenerator, queries: TokenStore, precision: str
) -> GenerationObjective:
    """Return the objective of a job, see `tasb.students.artifacts.training`."""
    passages = TokenStore(job.file("passages"))
    return GenerationObjective(settings, model, queries, passages, precision)
