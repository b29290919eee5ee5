"""A run: what is trained, on which batches, under which supervision.

Every method of the paper is a value of these keys. Teachers are runs, too.
"""

from typing import Self

from pydantic import Field, model_validator

from tasb.mining.config import Generations
from tasb.models.card import Card
from tasb.models.kinds import AnyModel, BertDot
from tasb.plans.pair_sources import AnyPairSource, CollectionPairs
from tasb.plans.samplers import AnySampler, Random
from tasb.students.config import Search, Training
from tasb.students.loss_kinds import Losses


class TrainingRun(Training):
    """A run."""

    init: str = "distilbert"
    """The encoder that the training starts from, or a run of model bert-dot."""
    model: AnyModel = BertDot()
    """The architecture."""
    sampler: AnySampler = Random()
    """How batches are drawn."""
    pairs: AnyPairSource = CollectionPairs(teacher="bert-cat")
    """Which pairs, with whose scores."""
    losses: Losses = Losses()
    """What is minimised."""
    search: Search | None = None
    """LTRe: the query encoder alone is trained, on what it finds in the whole collection."""
    generations: Generations | None = None
    """ANCE: the run is trained in turns, each on pairs mined by the one before; run `R` becomes
    runs `R-1`, `R-2` and so on, and `R` stands for the last of them."""
    generation: int = Field(0, ge=0)
    """Which of a run's generations this is; set by `generations`."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        sampler, losses = self.sampler, self.losses
        if getattr(sampler, "clusters_per_batch", 1) > self.batch_size:
            raise ValueError("sampler: clusters_per_batch is larger than batch_size")
        if self.search is not None:
            self._refuse_with_search()
        elif self.model.objective is not None:
            self._refuse_with_objective()
        elif losses.pairwise is None and losses.in_batch is None:
            raise ValueError("losses: pairwise and in_batch are both null")
        if self.negatives > 1:
            self._refuse_with_negatives()
        if self.model.compares:
            self._refuse_with_comparisons()
        if losses.in_batch is not None and not self.model.scores_batches:
            raise ValueError(f"losses.in_batch: model '{self.model.kind}' scores no whole batch")
        if self.pairs.scored_by is None:
            if losses.pairwise is not None and losses.pairwise.reads_margins:
                loss = losses.pairwise.kind
                raise ValueError(f"losses.pairwise '{loss}' needs scored pairs: set pairs.teacher")
            if sampler.reads_margins:
                raise ValueError(f"sampler '{sampler.kind}' needs scored pairs: set pairs.teacher")
        return self

    def _refuse_with_search(self) -> None:
        """Refuse what a run that trains on searches of the whole collection has no use for."""
        if self.losses.pairwise is not None or self.losses.in_batch is not None:
            raise ValueError("search: its loss is over all retrieved passages; set losses.pairwise "
                             "and losses.in_batch to null")  # fmt: skip
        for key in ("early_stopping", "generations"):
            if getattr(self, key) is not None:
                raise ValueError(f"search: a run that searches has no {key}; set {key} to null")
        if self.model.kind != "bert-dot":
            raise ValueError(
                f"search: model '{self.model.kind}' has no vectors; set it to bert-dot"
            )

    def _refuse_with_objective(self) -> None:
        """Refuse what a model with an objective that is no loss on scores has no use for."""
        of = f"model '{self.model.kind}' scores no pairs"
        if self.losses.pairwise is not None or self.losses.in_batch is not None:
            raise ValueError(f"losses: {of}; set losses.pairwise and losses.in_batch to null")
        for key in ("early_stopping", "generations"):
            if getattr(self, key) is not None:
                raise ValueError(f"{key}: {of}; set it to null")

    def _refuse_with_negatives(self) -> None:
        """Refuse several negatives a query where just one is defined."""
        in_batch = self.losses.in_batch
        if in_batch is not None and in_batch.taught_by is not None:
            raise ValueError("negatives: a teacher scores batches of one negative a query")
        if self.sampler.reads_margins:
            raise ValueError(f"negatives: sampler '{self.sampler.kind}' draws one negative a query")

    def _refuse_with_comparisons(self) -> None:
        """Refuse what a model that scores no passage alone cannot do."""
        of = f"model '{self.model.kind}' compares two passages"
        if self.negatives > 1:
            raise ValueError(f"negatives: {of}: a positive with one negative")
        if self.early_stopping is not None:
            raise ValueError(f"early_stopping: {of}, and ranks no candidates; set it to null")

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
        parts += [f"neg{self.negatives}"] if self.negatives > 1 else []
        return "+".join([*parts, f"b{self.batch_size}", f"s{self.seed}"])
