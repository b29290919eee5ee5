"""The losses of section 2.3; those of Table 3 are in `tasb.students.list_losses`.

Symbols: a batch has b queries, each with its positive and its n negative passages (one, where
a teacher scores the batch). ``scores`` is (b, b + bn): each query with all positives, then with
all negatives; the own positive of query i is in column i, its own negatives begin in column
b + in.
"""

import torch
from torch.nn.functional import log_softmax, mse_loss, softplus


def margin_mse(
    positive: torch.Tensor, negative: torch.Tensor, margin: torch.Tensor, scale: float = 1.0
) -> torch.Tensor:
    """Pairwise Margin-MSE (Eq. 6): the student's margin should be the teacher's.

    Args:
        positive: (b,) student scores of the positives.
        negative: (b,) student scores of the negatives.
        margin: (b,) teacher score of the positive less that of the negative.
        scale: what the margins are multiplied by.
    """
    return mse_loss(positive - negative, scale * margin)


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


def cross_entropy(
    positive: torch.Tensor, negative: torch.Tensor, margin: torch.Tensor | None = None
) -> torch.Tensor:
    """Binary cross entropy: -log sigmoid(positive) - log(1 - sigmoid(negative)), halved, averaged.

    Args:
        positive: (b,) student scores of the positives.
        negative: (b,) student scores of the negatives.
        margin: a teacher's, which labels do without.
    """
    return (softplus(-positive) + softplus(negative)).mean() / 2


def contrastive(
    scores: torch.Tensor, counted: torch.Tensor, temperature: float = 1.0
) -> torch.Tensor:
    """InfoNCE: -log softmax of the own positive over the passages that count, averaged.

    Args:
        scores: (b, b + bn) student scores.
        counted: (b, b + bn) 1 for the passages that count for a query, its positive included,
            else 0; see `tasb.students.labels`.
        temperature: what the scores are divided by.
    """
    logits = (scores / temperature).masked_fill(counted == 0, float("-inf"))
    return -log_softmax(logits, dim=1).diagonal().mean()


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
