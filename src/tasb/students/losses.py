"""The losses of section 2.3; those of Table 3 are in `tasb.students.list_losses`.

Symbols: a batch has b queries, each with its positive and its negative passage. ``scores``
is (b, 2b): each query with all positives, then with all negatives; the own positive of
query i is in column i, its own negative in column b + i.
"""

import torch
from torch.nn.functional import mse_loss, softplus


def margin_mse(
    positive: torch.Tensor, negative: torch.Tensor, margin: torch.Tensor
) -> torch.Tensor:
    """Pairwise Margin-MSE (Eq. 6): the student's margin should be the teacher's.

    Args:
        positive: (b,) student scores of the positives.
        negative: (b,) student scores of the negatives.
        margin: (b,) teacher score of the positive less that of the negative.
    """
    return mse_loss(positive - negative, margin)


def ranknet(
    positive: torch.Tensor, negative: torch.Tensor, margin: torch.Tensor | None = None
) -> torch.Tensor:
    """RankNet on binary labels: -log sigmoid(positive - negative), averaged.

    Args:
        positive: (b,) student scores of the positives.
        negative: (b,) student scores of the negatives.
        margin: a teacher's, which labels do without.
    """
    return softplus(negative - positive).mean()


def in_batch_margin_mse(scores: torch.Tensor, teacher: torch.Tensor, form: str) -> torch.Tensor:
    """In-batch Margin-MSE (Eq. 7): Margin-MSE of the own positive with all passages.

    As released, the mean over all others (own positive and own negative left out) of the
    positives and of the negatives, averaged. As published, the sum over all 2b passages, own
    ones included, divided by 2b.

    Args:
        scores: (b, 2b) student scores.
        teacher: (b, 2b) teacher scores, each less the own positive's.
        form: released or published.
    """
    b = len(scores)
    student = scores - scores.diagonal()[:, None]
    squared = (student - teacher) ** 2
    if form == "published":
        return squared.sum() / (2 * b)
    others = 1 - torch.eye(b, dtype=squared.dtype, device=squared.device).repeat(1, 2)
    return (squared * others).sum() / (2 * b * (b - 1))
