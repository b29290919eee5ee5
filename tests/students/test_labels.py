"""Which passages of a batch count, by hand; and the contrastive loss over them."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from tasb.collection.relevant import Relevant
from tasb.plans.plan import Batch
from tasb.students.labels import counted
from tasb.students.list_losses import kl_divergence
from tasb.students.losses import contrastive, cross_entropy


def batch(query: list[int], positive: list[int], negative: list[int]) -> Batch:
    arrays = (np.array(part, np.int32) for part in (query, positive, negative))
    return Batch(0, *arrays, margin=None)


@pytest.fixture
def relevant(tmp_path: Path) -> Relevant:
    """Passages 10 and 11 are relevant to query 0, 12 to query 1, none to query 2."""
    rows = {"query": [0, 0, 1, 2], "passage": [10, 11, 12, 15], "grade": [1, 2, 1, 0]}
    pl.DataFrame(rows).write_parquet(tmp_path / "qrels.parquet")
    return Relevant.read(tmp_path / "qrels.parquet")


def test_relevant_passages_by_query(relevant: Relevant) -> None:
    row, passage = relevant.of([2, 0, 7, 1, 0])
    assert row.tolist() == [1, 1, 3, 4, 4]
    assert passage.tolist() == [10, 11, 12, 10, 11]


def test_without_judgments_no_passage_is_relevant() -> None:
    row, passage = Relevant.read(None).of([0, 5])
    assert len(row) == len(passage) == 0


def test_other_relevant_passages_do_not_count(relevant: Relevant) -> None:
    found = counted(batch([0, 1], [10, 12], [11, 13]), relevant)
    assert found.tolist() == [[True, True, False, True], [True, True, True, True]]


def test_a_passage_that_occurs_twice_counts_once(relevant: Relevant) -> None:
    """Passage 13 is twice a negative; query 2 has query 1's positive as its own."""
    found = counted(batch([0, 1, 2], [10, 12, 12], [13, 13, 14]), relevant)
    assert found.tolist() == [
        [True, True, False, True, False, True],
        [True, True, False, True, False, True],
        [True, False, True, True, False, True],
    ]


def test_several_negatives_a_query(relevant: Relevant) -> None:
    found = counted(batch([0, 1], [10, 12], [13, 14, 15, 10]), relevant)
    assert found.tolist() == [[True] * 5 + [False]] + [[True] * 5 + [False]]


def test_contrastive_loss_by_hand() -> None:
    scores = torch.tensor([[2.0, 1.0, 0.0, 5.0], [0.0, 1.0, 1.0, 0.0]])
    counts = torch.tensor([[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    first = -math.log(math.exp(4) / (math.exp(4) + math.exp(2) + 1))
    second = -math.log(math.exp(2) / (2 * math.exp(2) + 2))
    assert float(contrastive(scores, counts, 0.5)) == pytest.approx((first + second) / 2)


def test_cross_entropy_is_that_of_torch() -> None:
    positive, negative = torch.tensor([1.5, -2.0]), torch.tensor([0.5, 3.0])
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.cat((positive, negative)), torch.tensor([1.0, 1.0, 0.0, 0.0])
    )
    torch.testing.assert_close(cross_entropy(positive, negative), expected)


def test_kl_divergence_at_the_teachers_temperature_by_hand() -> None:
    """At .25 the teacher's scores count four times as much, the student's once."""
    scores, teacher = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0, -0.5]])
    t = [1 / (1 + math.exp(-2.0)), math.exp(-2.0) / (1 + math.exp(-2.0))]
    s = [1 / (1 + math.e), math.e / (1 + math.e)]
    expected = sum(a * math.log(a / b) for a, b in zip(t, s))
    found = kl_divergence(scores, teacher, "published", teacher_temperature=0.25)
    assert float(found) == pytest.approx(expected)
