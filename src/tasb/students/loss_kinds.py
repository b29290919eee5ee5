"""The losses that a run may minimise: on the pair of each query, and on its whole batch."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from tasb.settings import Settings, as_kind


class PairwiseLoss(Settings):
    """A loss on the sampled pair of each query."""

    function: ClassVar[str]
    """From (positive scores, negative scores, margins) and the options to the loss."""
    reads_margins: ClassVar[bool] = False

    @property
    def options(self) -> dict[str, Any]:
        """What the function is given in addition."""
        return self.model_dump(mode="json", exclude={"kind"})


class MarginMse(PairwiseLoss):
    """Margin-MSE on the margins that the pairs carry (Eq. 6)."""

    kind: Literal["margin-mse"] = "margin-mse"
    function: ClassVar[str] = "tasb.students.losses:margin_mse"
    reads_margins: ClassVar[bool] = True
    scale: float = Field(1.0, gt=0)
    """What the margins are multiplied by. A teacher of cosines has margins below 2, and a student
    that learns these as they are shrinks its vectors; 20 brings them to a cross-encoder's."""


class RankNet(PairwiseLoss):
    """RankNet on the labels."""

    kind: Literal["ranknet"]
    function: ClassVar[str] = "tasb.students.losses:ranknet"


class CrossEntropy(PairwiseLoss):
    """Binary cross entropy on the labels, so that the sigmoid of a score is a probability."""

    kind: Literal["cross-entropy"]
    function: ClassVar[str] = "tasb.students.losses:cross_entropy"


class InBatchLoss(Settings):
    """A loss on each query with all passages of its batch."""

    function: ClassVar[str]
    """From the scores, what they should be, and the options, to the loss."""

    @property
    def taught_by(self) -> str | None:
        """The run that scores the batches, if one does."""
        return None

    @property
    def options(self) -> dict[str, Any]:
        """What the function is given in addition."""
        return self.model_dump(mode="json", exclude={"kind", "teacher", "scores"})


class Contrastive(InBatchLoss):
    """InfoNCE on the labels: the own positive among all passages of the batch."""

    kind: Literal["contrastive"]
    function: ClassVar[str] = "tasb.students.losses:contrastive"
    temperature: float = Field(1.0, gt=0)
    """What the scores are divided by."""


class TaughtLoss(InBatchLoss):
    """A loss on each query with all passages of its batch, as a teacher scores them."""

    teacher: str = "colbert"
    """The run that scores the batches."""
    form: Literal["released", "published"] = "released"
    """As the paper's code computes the loss, or as it was published."""
    scores: Literal["auto", "stored", "live"] = "auto"
    """The teacher's scores made before the training, or inside it; auto stores them as long
    as they take at most `plans.stored_gigabytes`."""

    @property
    def taught_by(self) -> str | None:
        """The teacher."""
        return self.teacher


class InBatchMarginMse(TaughtLoss):
    """Margin-MSE of the own positive with all passages (Eq. 7)."""

    kind: Literal["margin-mse"]
    function: ClassVar[str] = "tasb.students.losses:in_batch_margin_mse"


class Kl(TaughtLoss):
    """KL divergence (Table 3)."""

    kind: Literal["kl"]
    function: ClassVar[str] = "tasb.students.list_losses:kl_divergence"
    teacher_temperature: float = Field(1.0, gt=0)
    """What the teacher's scores are divided by; TCT-ColBERT's is .25."""


class ListNet(TaughtLoss):
    """ListNet (Table 3)."""

    kind: Literal["listnet"]
    function: ClassVar[str] = "tasb.students.list_losses:listnet"


class LambdaRank(TaughtLoss):
    """LambdaRank (Table 3)."""

    kind: Literal["lambdarank"]
    function: ClassVar[str] = "tasb.students.list_losses:lambdarank"


AnyPairwiseLoss = Annotated[
    Annotated[MarginMse | RankNet | CrossEntropy, Field(discriminator="kind")],
    BeforeValidator(as_kind),
]
AnyInBatchLoss = Annotated[
    Annotated[
        InBatchMarginMse | Contrastive | Kl | ListNet | LambdaRank, Field(discriminator="kind")
    ],
    BeforeValidator(as_kind),
]


class Losses(Settings):
    """The losses of a run; with both, their sum is weighted by `alpha` (Eq. 8)."""

    pairwise: AnyPairwiseLoss | None = MarginMse()
    """On the sampled pair of each query; null: none."""
    in_batch: AnyInBatchLoss | None = None
    """On all passages of the batch; null: none."""
    alpha: float | None = Field(None, ge=0)
    """Weight of the in-batch loss if there is a pairwise one: the paper's .75 if not given."""

    @property
    def taught_by(self) -> str | None:
        """The in-batch teacher, if there is one."""
        return None if self.in_batch is None else self.in_batch.taught_by

    @model_validator(mode="before")
    @classmethod
    def _weighted(cls, data: object) -> object:
        """Weigh two losses, and nothing else."""
        if not isinstance(data, dict):
            return data
        both = data.get("pairwise", "margin-mse") not in (None, "null") and data.get(
            "in_batch"
        ) not in (None, "null")
        alpha = data.get("alpha")
        return {**data, "alpha": (0.75 if alpha is None else alpha) if both else None}
