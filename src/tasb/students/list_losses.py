"""The list-wise in-batch losses of Table 3, each over a query's list of all 2b passages.

``scores`` and ``teacher`` are (b, 2b) as in `tasb.students.losses`. Each loss has two forms:
``released``, what the paper's code computes, and ``published``, the loss as its own publication
defines it, over the labels that the release takes. Both read the teacher through its softmax,
to which it is the same whether scores stand less the own positive's.
"""

import math

import torch
from torch.nn.functional import kl_div, logsigmoid

EPSILON = 1e-6
"""Added to the student's probabilities by the released ListNet."""
FLOOR = 1e-10
"""Least probability of a pair in the released LambdaRank."""


def kl_divergence(
    scores: torch.Tensor, teacher: torch.Tensor, form: str, teacher_temperature: float = 1.0
) -> torch.Tensor:
    """Kullback-Leibler divergence of the student's distribution from the teacher's.

    The mean over queries of sum_p t_p (log t_p - log s_p), where t and s are softmaxes of the
    scores, the teacher's divided by its temperature. Released: s_p stands where its logarithm
    belongs, which is no divergence.
    """
    student = scores.softmax(1) if form == "released" else scores.log_softmax(1)
    target = (teacher / teacher_temperature).softmax(1)
    return kl_div(student, target, reduction="batchmean")


def listnet(scores: torch.Tensor, teacher: torch.Tensor, form: str) -> torch.Tensor:
    """ListNet (Cao et al. 2007, top one): the cross entropy -sum_p t_p log s_p, averaged.

    Its gradient is that of the KL divergence. Released: `EPSILON` is added to s_p.
    """
    released = form == "released"
    student = (scores.softmax(1) + EPSILON).log() if released else scores.log_softmax(1)
    return -(teacher.softmax(1) * student).sum(1).mean()


def lambdarank(scores: torch.Tensor, teacher: torch.Tensor, form: str) -> torch.Tensor:
    """nDCG-Loss2 of the LambdaLoss framework (Wang et al. 2018), in bits.

    Minus the sum, over the pairs of a list with y_i > y_j, of w_ij log2 sigmoid(s_i - s_j),
    where w_ij = |G_i - G_j| (1/D(r) - 1/D(r + 1)), r = |i - j| counts ranks in the student's
    order, D(r) = log2(1 + r), and G = (2^y - 1) / ideal DCG. The labels y are the softmax of the
    teacher's scores; the loss is the mean over queries.

    Released: 2 is added to each label above .001, no probability of a pair is taken below
    `FLOOR`, and the loss is the sum over queries.
    """
    labels = teacher.softmax(1)
    if form == "released":
        labels = labels + 2 * (labels > 0.001)
    ranked, order = scores.sort(1, descending=True)
    better, weights = _pairs(labels.gather(1, order), labels)
    differences = ranked[:, :, None] - ranked[:, None, :]
    if form == "released":
        bits = weights * differences.sigmoid().clamp(min=FLOOR).log2()
        return -bits[better].sum()
    bits = weights * logsigmoid(differences) / math.log(2)
    return -bits[better].sum() / len(scores)


def _pairs(ranked: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which pairs (b, n, n) are in order of their labels, and their weights w_ij.

    Args:
        ranked: (b, n) labels in the student's order.
        labels: (b, n) the same in any order.
    """
    rank = torch.arange(1, labels.shape[1] + 1, device=labels.device)
    discount = 1 / (1 + rank).log2()
    best = labels.sort(1, descending=True).values
    ideal = ((2**best - 1) * discount).sum(1, keepdim=True)
    gain = (2**ranked - 1) / ideal
    distance = (rank[:, None] - rank).abs()
    step = discount[distance - 1] - discount[distance]
    better = ranked[:, :, None] > ranked[:, None, :]
    return better, step * (gain[:, :, None] - gain[:, None, :]).abs()
