"""The loss of LTRe: RankNet over what a query retrieves, weighted by reciprocal ranks."""

import torch
from torch.nn.functional import softplus


def weighted_ranknet(
    scores: torch.Tensor, relevant: torch.Tensor, counted: torch.Tensor, depth: int
) -> torch.Tensor:
    """Return the mean over queries of the mean over pairs of w_ij log(1 + exp(s_j - s_i)).

    i is a relevant passage and j one that is not; w_ij = |1/r_i - 1/r_j| with ranks r from 1, and
    1/r = 0 below the depth, where relevant passages are that were not retrieved. A query without
    a pair gives 0. softplus is exact where the printed form overflows, from gaps of 89 on.

    Args:
        scores: (b, k) of the passages of each query, in the order of their retrieval.
        relevant: bool (b, k).
        counted: bool (b, k), False for places without a passage.
        depth: ranks of what was retrieved; further columns were appended.
    """
    most = max(1, int(relevant.sum(1).max()))
    order = (
        (relevant & counted).to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :most]
    )
    is_one = (relevant & counted).gather(1, order)
    rank = torch.arange(1, scores.shape[1] + 1, device=scores.device, dtype=scores.dtype)
    reciprocal = torch.where(rank <= depth, 1 / rank, torch.zeros_like(rank))
    weight = (reciprocal[order][:, :, None] - reciprocal[None, None, :]).abs()
    gap = scores[:, None, :] - scores.gather(1, order)[:, :, None]
    pairs = is_one[:, :, None] & (counted & ~relevant)[:, None, :]
    terms = torch.where(pairs, weight * softplus(gap), torch.zeros_like(gap))
    count = pairs.sum((1, 2)).clamp(min=1)
    return (terms.sum((1, 2)) / count).mean()
