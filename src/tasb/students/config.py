"""Config of the training loop: how long, how fast, on how much at a time."""

from typing import Literal

from pydantic import Field

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
    """The system whose ranking gives the candidates."""
    depth: int = Field(100, ge=1)
    """Top passages of a query that are candidates."""
    queries: int = Field(4000, ge=1)
    """Queries to draw; with MRR@10 one of five strata is empty, so 4,000 give the paper's 3,200."""
    draw: Literal["stratified", "uniform"] = "stratified"
    """Five strata of the system's MRR@10 (released), or uniform (section 4.3 as printed)."""


class Search(Settings):
    """Training on searches of the whole collection (LTRe)."""

    system: str | None = None
    """A dense system over the run of `init`, whose index is searched; null: exact search."""
    depth: int = Field(200, ge=1)
    """Passages that are searched for a query at every step."""
    vectors: Literal["exact", "reconstructed"] = "exact"
    """What the loss reads: vectors as they were encoded, or as the index gives them back."""


class Training(Settings):
    """The training loop. Defaults are the paper's, or the released code's where it is silent."""

    query_passes: int = Field(1, ge=1, le=2)
    """Two: a query is encoded once with each passage of its pair, as released."""
    frozen_layers: int = Field(0, ge=0)
    """Lowest layers of the encoder whose weights stay as they are, and the embeddings with them;
    0 trains all."""
    lr: float = Field(7e-6, gt=0)
    """Learning rate after the warm-up."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Half a cosine after the warm-up, or no change."""
    warmup_steps: int = Field(100, ge=0)
    """Steps in which the rate rises from zero."""
    horizon: float = Field(1.0625, gt=0)
    """The cosine reaches zero at `steps` times this (released: 850,000 for 800,000)."""
    schedule_interval: int = Field(100, ge=1)
    """Steps between two changes of the learning rate."""
    clip_norm: float | None = Field(None, gt=0)
    """Largest norm of the gradient; null: not clipped."""
    precision: Literal["auto", "fp32", "tf32", "bf16", "fp16"] = "auto"
    """auto: bf16 where the device computes in it, else fp16 on a GPU and fp32 on a CPU."""
    recorded: bool = False
    """On a GPU: steps are replayed from CUDA graphs, three times as fast. It is not shown yet that
    they learn as well, see docs/results.md."""
    deterministic: bool = False
    """On a GPU: the same weights to the last bit whenever it is trained again, for steps that
    take half as long again. On a CPU that is so in any case."""
    batch_size: int = Field(32, ge=2)
    """Queries in a batch."""
    negatives: int = Field(1, ge=1)
    """Negatives of a query in a batch."""
    gradient_cache: int | None = Field(None, ge=1)
    """Padded tokens whose activations are kept at a time; for the backward pass each such group
    of texts is encoded once more. Of the others the vectors alone are kept. null keeps all."""
    steps: int = Field(800_000, ge=1, le=2_000_000_000)
    """Updates at most."""
    seed: int = 0
    """Tells apart runs that are equal otherwise: batches, new head, dropout."""
    query_length: int = Field(30, ge=3)
    """Tokens of a query, special tokens included."""
    passage_length: int = Field(200, ge=3)
    """Tokens of a passage, special tokens included."""
    early_stopping: EarlyStopping | None = EarlyStopping()
    """When a training ends; null: after `steps`."""
    checkpoint_interval: int = Field(1000, ge=1)
    """Steps between two checkpoints that a killed training resumes from."""
    log_interval: int = Field(100, ge=1)
    """Steps between two lines of the training log."""
