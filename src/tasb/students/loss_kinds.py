"""The losses that a run may minimise: on the pair of each query, and on its whole batch."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from tasb.settings import Settings, as_kind


class PairwiseLoss(Settings):
    """A loss on the sampled pair of each query."""

    function: ClassVar[str]
    """From (positive scores, negative scores, margins) to the loss."""
    reads_margins: ClassVar[bool] = False


class MarginMse(PairwiseLoss):
    """Margin-MSE on the margins that the pairs carry (Eq. 6)."""

    kind: Literal["margin-mse"] = "margin-mse"
    function: ClassVar[str] = "tasb.students.losses:margin_mse"
    reads_margins: ClassVar[bool] = True


class RankNet(PairwiseLoss):
    """RankNet on the labels."""

    kind: Literal["ranknet"]
    function: ClassVar[str] = "tasb.students.losses:ranknet"


class InBatchLoss(Settings):
    """A loss on each query with all passages of its batch, as a teacher scores them."""

    function: ClassVar[str]
    """From (scores, margins, form) to the loss."""
    teacher: str = "colbert"
    """The run that scores the batches."""
    form: Literal["released", "published"] = "released"
    """As the paper's code computes the loss, or as it was published."""
    scores: Literal["auto", "stored", "live"] = "auto"
    """The teacher's scores made before the training, or inside it; auto stores them as long
    as they take at most `plans.stored_gigabytes`."""


class InBatchMarginMse(InBatchLoss):
    """Margin-MSE of the own positive with all passages (Eq. 7)."""

    kind: Literal["margin-mse"]
    function: ClassVar[str] = "tasb.students.losses:in_batch_margin_mse"


class Kl(InBatchLoss):
    """KL divergence (Table 3)."""

    kind: Literal["kl"]
    function: ClassVar[str] = "tasb.students.list_losses:kl_divergence"


class ListNet(InBatchLoss):
    """ListNet (Table 3)."""

    kind: Literal["listnet"]
    function: ClassVar[str] = "tasb.students.list_losses:listnet"


class LambdaRank(InBatchLoss):
    """LambdaRank (Table 3)."""

    kind: Literal["lambdarank"]
    function: ClassVar[str] = "tasb.students.list_losses:lambdarank"


AnyPairwiseLoss = Annotated[
    Annotated[MarginMse | RankNet, Field(discriminator="kind")], BeforeValidator(as_kind)
]
AnyInBatchLoss = Annotated[
    Annotated[InBatchMarginMse | Kl | ListNet | LambdaRank, Field(discriminator="kind")],
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
