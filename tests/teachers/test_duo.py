"""SYM-SUM by hand, and over queries whose passages are mixed."""

import numpy as np
import pytest
import torch

from tasb.models.encoder import Encoder
from tasb.models.rerankers import DuoBert
from tasb.teachers import duo
from tasb.teachers.duo import DuoScorer, ordered_pairs, symmetric_sum


def test_the_symmetric_sum_of_three_passages_by_hand():
    first, second = ordered_pairs(3)
    assert list(zip(first, second)) == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
    p = np.array([0.9, 0.6, 0.3, 0.2, 0.5, 0.7])
    expected = [
        0.9 + 0.6 + (1 - 0.3) + (1 - 0.5),
        0.3 + 0.2 + (1 - 0.9) + (1 - 0.7),
        0.5 + 0.7 + (1 - 0.6) + (1 - 0.2),
    ]
    np.testing.assert_allclose(symmetric_sum(p, 3), expected, rtol=1e-6)


@pytest.fixture
def scorer(tiny_encoder, small_stores):
    torch.manual_seed(1)
    model = DuoBert(Encoder.load(tiny_encoder, tiny_encoder / "tokenizer.json"), head_std=1.0)
    for name, parameter in model.encoder.named_parameters():  # so that texts differ
        if "norm" not in name.lower():
            torch.nn.init.normal_(parameter, std=0.3)
    return DuoScorer(model, *small_stores, (10, 20), 512, "fp32")


@torch.inference_mode()
def expected(scorer, query, passages):
    """The sums of a query by a plain loop over pairs."""
    sums = dict.fromkeys(passages, 0.0)
    for a in passages:
        for b in passages:
            if a != b:
                inputs = scorer.model.triples(
                    scorer.query_texts(np.array([query])), scorer.passage_texts(np.array([a, b])),
                    None, (np.array([0]), np.array([0]), np.array([1])),
                )  # fmt: skip
                p = float(scorer.model.pair_scores(inputs).sigmoid())
                sums[a] += p
                sums[b] += 1 - p
    return [sums[passage] for passage in passages]


@pytest.mark.parametrize("at_a_time", [1, 8, 1000])
def test_passages_of_mixed_queries_get_the_sums_of_their_own(scorer, monkeypatch, at_a_time):
    monkeypatch.setattr(duo, "PAIRS", at_a_time)
    query = np.array([2, 0, 2, 1, 0, 2, 0, 0])
    passage = np.array([3, 1, 4, 5, 9, 2, 6, 7])
    found = scorer.scores(query, passage)
    for number in range(3):
        own = query == number
        np.testing.assert_allclose(
            found[own], expected(scorer, number, passage[own].tolist()), atol=1e-4
        )
    assert np.ptp(found[query == 0]) > 0.01
    assert len(scorer.scores(query[:0], passage[:0])) == 0
