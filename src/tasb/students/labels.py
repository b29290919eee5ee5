"""Which passages of a batch count for each query, by the labels alone."""

import numpy as np
import numpy.typing as npt
import torch

from tasb.collection.relevant import Relevant
from tasb.models.device import to_device
from tasb.plans.plan import Batch

Counted = npt.NDArray[np.bool_]


class Labels:
    """The targets of a contrastive loss, in the place of a teacher."""

    def __init__(self, relevant: Relevant, device: torch.device) -> None:
        self.relevant, self.device = relevant, device

    def inputs(self, batch: Batch) -> torch.Tensor:
        """Return which passages count, bool (b, passages), on the device."""
        return to_device(counted(batch, self.relevant), self.device)

    def targets(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return them as they are."""
        return inputs


def counted(batch: Batch, relevant: Relevant) -> Counted:
    """Return which passages count for each query, (b, b + bn): positives, then negatives.

    Its own positive does, once. No other relevant passage of the query does, and of a passage
    that is in the batch more than once the first place alone does.

    Args:
        batch: of a plan.
        relevant: the judgments.
    """
    b = len(batch.query)
    passages = np.concatenate((batch.positive, batch.negative)).astype(np.int64)
    distinct, first, number = np.unique(passages, return_index=True, return_inverse=True)
    known = np.zeros((b, len(distinct)), bool)
    row, passage = relevant.of(batch.query)
    place = np.minimum(np.searchsorted(distinct, passage), len(distinct) - 1)
    found = distinct[place] == passage
    known[row[found], place[found]] = True
    known[np.arange(b), number[:b]] = True
    once = np.zeros(len(passages), bool)
    once[first] = True
    counts: Counted = ~known[:, number] & once
    counts[np.arange(b), np.arange(b)] = True
    return counts
