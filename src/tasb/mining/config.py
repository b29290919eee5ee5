"""Config of mined training pairs, and of training in generations."""

from typing import Literal, Self

from pydantic import Field, model_validator

from tasb.collection.config import UNLABELLED
from tasb.settings import Settings


class Choice(Settings):
    """Which of the ranked passages become pairs. No judged relevant passage is a negative."""

    queries: Literal["training", "unlabelled"] = "training"
    """Whose rankings are mined; the collection says where unlabelled queries are."""
    positives: Literal["judged", "retrieved"] = "judged"
    """Relevant passages by judgment, or the passage that the teacher scores highest; without a
    teacher, the first one."""
    depth: int = Field(200, ge=1)
    """Top passages of a query among which negatives are."""
    negatives: int = Field(20, ge=1)
    """Negatives of each positive."""
    draw: Literal["random", "top"] = "random"
    """At random, or the first ones."""
    teacher: str | None = None
    """A run of any model or a dense system, whose scores decide below; null: no scores."""
    scale: Literal["score", "probability"] = "score"
    """What bounds are compared with: scores, or their sigmoid."""
    negatives_below: float | None = None
    """Only passages with less are negatives."""
    positives_above: float | None = None
    """Only retrieved positives with more are kept."""
    margin: float | None = None
    """Positive-aware filter: no negative scores more than its positive plus this."""
    margin_of: Literal["score", "positive"] = "score"
    """The margin as it is, or times the size of the positive's score."""
    fill: int | None = Field(None, ge=1)
    """Where negatives are too few, others are drawn from below `depth` down to this rank,
    whatever their scores; null: none."""
    share: float = Field(1.0, gt=0, le=1)
    """Share of the queries that are mined: every fifth, say, for .2."""
    part: int = Field(0, ge=0)
    """Which of the shares; the generations of a run take turns."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        bounds = {"negatives_below": self.negatives_below, "positives_above": self.positives_above,
                  "margin": self.margin}  # fmt: skip
        asked = [name for name, value in bounds.items() if value is not None]
        if asked and self.teacher is None:
            raise ValueError(f"{asked[0]}: compares scores of a teacher; set teacher to a run")
        below, above = self.negatives_below, self.positives_above
        if below is not None and above is not None and below > above:
            raise ValueError(
                f"negatives_below {below} is larger than positives_above {above}: a passage would "
                "be both; set it to at most that"
            )
        if above is not None and self.positives == "judged":
            raise ValueError("positives_above: for positives 'retrieved'; these are judged")
        if self.positives == "judged" and self.queries == UNLABELLED:
            raise ValueError("queries 'unlabelled' have no judgments; set positives to retrieved")
        if self.fill is not None and self.fill <= self.depth:
            raise ValueError(f"fill {self.fill} is not below depth {self.depth}; set it to more")
        return self

    @property
    def searched(self) -> int:
        """How deep the rankings are read."""
        return max(self.depth, self.fill or 0)

    @property
    def parts(self) -> int:
        """Into how many parts the queries are divided."""
        return round(1 / self.share)


class Mining(Choice):
    """Training pairs from the top of a system's ranking."""

    system: str
    """The system whose rankings are mined."""


class Generations(Settings):
    """A run trained in turns, each on pairs mined by the one before."""

    count: int = Field(3, ge=1)
    """How many; each trains for `steps` of the run, and goes on with the optimizer's state."""
    mining: Choice = Choice()
    """How pairs are mined."""
