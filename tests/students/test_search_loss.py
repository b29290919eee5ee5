"""LTRe's loss: against a plain loop over pairs, its gradient too, and where exp would overflow."""

import math

import numpy as np
import pytest
import torch

from tasb.students.search_loss import weighted_ranknet


def by_loop(
    scores: torch.Tensor, relevant: list[list[bool]], counted: list[list[bool]], depth: int
) -> torch.Tensor:
    """The same, pair by pair."""
    means = []
    for row, (ones, counts) in enumerate(zip(relevant, counted)):
        reciprocal = [1 / rank if rank <= depth else 0.0 for rank in range(1, len(ones) + 1)]
        terms = [
            abs(reciprocal[i] - reciprocal[j]) * (1 + (scores[row, j] - scores[row, i]).exp()).log()
            for i in range(len(ones)) for j in range(len(ones))
            if ones[i] and counts[i] and counts[j] and not ones[j]
        ]  # fmt: skip
        means.append(torch.stack(terms).mean() if terms else torch.zeros((), dtype=scores.dtype))
    return torch.stack(means).mean()


@pytest.mark.parametrize("seed", range(5))
def test_loss_and_gradient_are_those_of_a_loop_over_pairs(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = torch.tensor(random.normal(0, 3, (4, 9)), requires_grad=True)
    relevant, counted = random.random((4, 9)) < 0.25, random.random((4, 9)) < 0.8
    relevant[3] = False  # a query that retrieves nothing relevant
    found = weighted_ranknet(scores, torch.tensor(relevant), torch.tensor(counted), depth=7)
    (own,) = torch.autograd.grad(found, scores)
    expected = by_loop(scores, relevant.tolist(), counted.tolist(), 7)
    (theirs,) = torch.autograd.grad(expected, scores)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(own, theirs)


def test_by_hand() -> None:
    """One relevant passage at rank 2 of two, and one that was appended."""
    scores = torch.tensor([[1.0, 0.0, 3.0]])
    relevant = torch.tensor([[False, True, True]])
    loss = weighted_ranknet(scores, relevant, torch.ones(1, 3, dtype=torch.bool), depth=2)
    at_two = 0.5 * math.log(1 + math.exp(1.0))
    appended = 1.0 * math.log(1 + math.exp(-2.0))
    assert float(loss) == pytest.approx((at_two + appended) / 2)


def test_large_gaps_give_a_finite_loss_and_gradient() -> None:
    scores = torch.tensor([[200.0, 0.0]], requires_grad=True)
    flags = torch.tensor([[False, True]]), torch.ones(1, 2, dtype=torch.bool)
    loss = weighted_ranknet(scores, *flags, depth=2)
    loss.backward()
    assert float(loss) == pytest.approx(100.0)
    assert scores.grad is not None and scores.grad.tolist() == [[0.5, -0.5]]
