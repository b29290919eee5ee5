"""A run: what is trained, on which batches, under which supervision.

Every method of the paper is a value of these keys. Teachers are runs, too.
"""

from typing import Self

from pydantic import model_validator

from tasb.models.card import Card
from tasb.models.kinds import AnyModel, BertDot
from tasb.plans.pair_sources import AnyPairSource, CollectionPairs
from tasb.plans.samplers import AnySampler, Random
from tasb.students.config import Training
from tasb.students.loss_kinds import Losses


class TrainingRun(Training):
    """A run."""

    init: str = "distilbert"
    """The encoder that the training starts from."""
    model: AnyModel = BertDot()
    """The architecture."""
    sampler: AnySampler = Random()
    """How batches are drawn."""
    pairs: AnyPairSource = CollectionPairs(teacher="bert-cat")
    """Which pairs, with whose scores."""
    losses: Losses = Losses()
    """What is minimised."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        sampler, losses = self.sampler, self.losses
        if getattr(sampler, "clusters_per_batch", 1) > self.batch_size:
            raise ValueError("sampler: clusters_per_batch is larger than batch_size")
        if losses.pairwise is None and losses.in_batch is None:
            raise ValueError("losses: pairwise and in_batch are both null")
        if losses.in_batch is not None and not self.model.scores_batches:
            raise ValueError(f"losses.in_batch: model '{self.model.kind}' scores no whole batch")
        if self.pairs.scored_by is None:
            if losses.pairwise is not None and losses.pairwise.reads_margins:
                loss = losses.pairwise.kind
                raise ValueError(f"losses.pairwise '{loss}' needs scored pairs: set pairs.teacher")
            if sampler.reads_margins:
                raise ValueError(f"sampler '{sampler.kind}' needs scored pairs: set pairs.teacher")
        return self

    @property
    def loop(self) -> Training:
        """The keys of the training loop alone."""
        return Training(**{key: getattr(self, key) for key in Training.model_fields})

    @property
    def card(self) -> Card:
        """How the texts of the run become vectors."""
        return Card(query_length=self.query_length, passage_length=self.passage_length)

    @property
    def plan(self) -> str:
        """The name of the run's plan; runs with equal names share it.

        No name of the user's holds a plus or an equals sign, so different plans have different
        names.
        """
        parts = [*self.sampler.label(), *self.pairs.label()]
        return "+".join([*parts, f"b{self.batch_size}", f"s{self.seed}"])
