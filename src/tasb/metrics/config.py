"""Config of the metrics."""

import re
from typing import Literal

from pydantic import Field, field_validator

from tasb.settings import Distinct, Settings

METRIC = re.compile(r"^(ndcg|mrr|map|recall)(@[1-9][0-9]{0,8})?$")


def cutoff_of(metric: str) -> int:
    """Return the cutoff of a metric such as ``ndcg@10``; 0 if it reads the whole ranking."""
    return int(metric.partition("@")[2] or 0)


class Metrics(Settings):
    """Which metrics are computed, and how differences are tested."""

    names: Distinct[str] = ["ndcg@10", "mrr@10", "recall@1000", "map@1000"]
    """ndcg, mrr, map or recall, with `@cutoff`."""
    p: float = Field(0.05, gt=0, lt=1)
    """Below it a difference counts as significant."""
    correction: Literal["none", "holm", "bonferroni"] = "none"
    """Of the p-values for the number of pairs of rows."""

    @field_validator("names")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        for name in names:
            if not METRIC.match(name):
                raise ValueError(f"'{name}' is none of ndcg, mrr, map, recall with '@cutoff'")
        return names
