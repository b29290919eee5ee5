"""Config of a run: what is trained, on which batches, under which supervision.

Every method of the paper is a value of these keys.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from tasb.settings import Settings


class EarlyStopping(Settings):
    """Section 4.3: when a training ends before its `steps`."""

    interval: int = Field(4000, ge=1)
    """Steps between two evaluations on the early-stopping set."""
    patience: int = Field(30, ge=1)
    """Evaluations in a row without a better nDCG@10 that end the training."""
    minimum: int = Field(300_000, ge=0)
    """No training ends before this step."""


class EarlyStoppingSet(Settings):
    """Candidates that are re-ranked for early stopping."""

    system: str = "baseline"
    depth: int = Field(100, ge=1)
    queries: int = Field(4000, ge=1)
    """Queries to draw; with MRR@10 one of five strata is empty, so 4,000 give the paper's 3,200."""
    draw: Literal["stratified", "uniform"] = "stratified"
    """Five strata of the system's MRR@10 (released), or uniform (section 4.3 as printed)."""


class Training(Settings):
    """A run. Defaults are the paper's, and the released code's where the paper is silent."""

    model: Literal["bert_dot", "bert_cat", "colbert"] = "bert_dot"
    init: str = "distilbert"
    """The encoder that the training starts from."""
    head_std: float = Field(0.02, gt=0)
    """Standard deviation of the first weights of a teacher's head; bert_dot has no head."""
    sampler: Literal["random", "random-pairs", "tas", "tas-balanced"] = "random"
    clusters: str = "default"
    clusters_per_batch: int = Field(1, ge=1)
    bins: int = Field(10, ge=1)
    one_pair_queries: Literal["keep", "drop"] = "keep"
    margins: str | None = "bert-cat"
    """The teacher whose margins the pairs carry, for Margin-MSE and for the bins."""
    pairwise_loss: Literal["margin-mse", "ranknet", "none"] = "margin-mse"
    """On the sampled pair: Margin-MSE on the margins (Eq. 6), or RankNet on the labels."""
    in_batch_loss: Literal["margin-mse", "kl", "listnet", "lambdarank", "none"] = "none"
    """On each query with all passages of its batch: Eq. 7, or a list-wise loss of Table 3."""
    in_batch_teacher: str = "colbert"
    in_batch_form: Literal["released", "published"] = "released"
    """As the paper's code computes the loss, or as it was published: Eq. 7, or a list-wise
    loss by its own publication."""
    in_batch_scores: Literal["auto", "stored", "live"] = "auto"
    """The teacher's scores made before the training, or inside it; auto stores them as long
    as they take at most `stored_gigabytes`."""
    stored_gigabytes: float = Field(10.0, ge=0)
    alpha: float = Field(0.75, ge=0)
    """Weight of the in-batch loss where there is a pairwise loss too (Eq. 8)."""
    query_passes: int = Field(1, ge=1, le=2)
    """Two: a query is encoded once with each passage of its pair, as released."""
    lr: float = Field(7e-6, gt=0)
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup_steps: int = Field(100, ge=0)
    horizon: float = Field(1.0625, gt=0)
    """The cosine reaches zero at `steps` times this (released: 850,000 for 800,000)."""
    schedule_interval: int = Field(100, ge=1)
    """Steps between two changes of the learning rate."""
    clip_norm: float | None = Field(None, gt=0)
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    batch_size: int = Field(32, ge=2)
    gradient_cache: int | None = Field(None, ge=1)
    """Padded tokens whose activations are kept at a time; for the backward pass each such group
    of texts is encoded once more. Of the others the vectors alone are kept. null keeps all."""
    steps: int = Field(800_000, ge=1)
    seed: int = 0
    query_length: int = Field(30, ge=3)
    passage_length: int = Field(200, ge=3)
    early_stopping: EarlyStopping | None = EarlyStopping()
    checkpoint_interval: int = Field(1000, ge=1)
    """Steps between two checkpoints that a killed training resumes from."""
    log_interval: int = Field(100, ge=1)
    """Steps between two lines of the training log."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.clusters_per_batch > self.batch_size:
            raise ValueError("clusters_per_batch is larger than batch_size")
        if self.pairwise_loss == "none" and self.in_batch_loss == "none":
            raise ValueError("pairwise_loss and in_batch_loss are both 'none'")
        if self.in_batch_loss != "none" and self.model != "bert_dot":
            raise ValueError(f"model '{self.model}' cannot be taught in-batch")
        if self.early_stopping is not None and self.model != "bert_dot":
            raise ValueError(f"model '{self.model}' needs early_stopping: null")
        if self.margins is None and self.pairwise_loss == "margin-mse":
            raise ValueError("pairwise_loss 'margin-mse' needs 'margins', a teacher")
        if self.margins is None and self.sampler == "tas-balanced":
            raise ValueError("sampler 'tas-balanced' needs 'margins', a teacher")
        return self

    @property
    def stored(self) -> bool:
        """Whether the in-batch teacher scores before the training."""
        return self.in_batch_loss != "none" and not self.live

    @property
    def live(self) -> bool:
        """Whether an in-batch teacher scores inside the training.

        Stored scores are B x 2B fp16 values a step.
        """
        stored = self.steps * self.batch_size * 2 * self.batch_size * 2 / 1e9
        too_large = self.in_batch_scores == "auto" and stored > self.stored_gigabytes
        return self.in_batch_scores == "live" or too_large
