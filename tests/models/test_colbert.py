from pathlib import Path

import numpy as np
import pytest
import torch

from tasb.models.colbert import ColBert, max_similarity
from tasb.models.encoder import Encoder
from tasb.tokens.texts import Texts


@pytest.fixture
def model(encoder) -> ColBert:
    torch.manual_seed(13)
    model = ColBert(encoder)
    torch.nn.init.normal_(model.head.weight, std=0.3)
    torch.nn.init.normal_(model.head.bias)
    return model


@pytest.fixture
def queries(texts):
    return texts[:4]


@pytest.fixture
def passages(texts):
    return texts[3:]


def token_vectors(reference, head, text) -> list[torch.Tensor]:
    """Eq. 2 for one text alone: a linear layer over each token's state."""
    states = reference(input_ids=torch.tensor(text)[None]).last_hidden_state[0]
    return [head.weight @ state + head.bias for state in states]


def every(model, queries, passages, tokens):
    """Score each query with each passage."""
    return model.all_scores(model.inputs(Texts.of(queries), Texts.of(passages), tokens))


def aligned(model, queries, passages, tokens):
    """Score query i with passage i."""
    rows = np.arange(len(queries))
    return model.pair_scores(
        model.inputs(Texts.of(queries), Texts.of(passages), tokens, (rows, rows))
    )


def score_alone(reference, head, query, passage) -> float:
    """Eq. 3, token by token."""
    asked = token_vectors(reference, head, query)
    read = token_vectors(reference, head, passage)
    return sum(max(float(q @ p) for p in read) for q in asked)


@pytest.mark.parametrize("tokens", [1, 45, 16_384])
def test_every_query_is_scored_with_every_passage(model, reference, queries, passages, tokens):
    with torch.no_grad():
        scores = every(model, queries, passages, tokens)
        head = model.head
        expected = [[score_alone(reference, head, q, p) for p in passages] for q in queries]
    torch.testing.assert_close(scores, torch.tensor(expected), atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("tokens", [1, 45, 16_384])
def test_query_i_is_scored_with_passage_i(model, reference, texts, tokens):
    queries, passages = texts, texts[::-1]
    with torch.no_grad():
        scores = aligned(model, queries, passages, tokens)
        expected = [score_alone(reference, model.head, *pair) for pair in zip(queries, passages)]
    torch.testing.assert_close(scores, torch.tensor(expected), atol=1e-3, rtol=1e-4)


def test_pair_scores_and_their_gradient_are_the_diagonal_of_all_scores(model, texts):
    gradients = []
    for scores in (
        aligned(model, texts, texts[::-1], 45),
        every(model, texts, texts[::-1], 45).diagonal(),
    ):
        gradients.append((scores, torch.autograd.grad(scores.sum(), model.head.weight)[0]))
    (pairs, of_pairs), (whole, of_whole) = gradients
    torch.testing.assert_close(pairs, whole, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(of_pairs, of_whole, atol=1e-2, rtol=1e-3)


def test_a_padded_passage_token_never_wins():
    queries = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    passages = torch.tensor([[[-1.0, -2.0], [5.0, 5.0]], [[-1.0, -2.0], [-3.0, -1.0]]])
    mask = torch.tensor([[1, 0], [1, 1]])
    assert max_similarity(queries, passages, mask).tolist() == [[-3.0, -2.0]]


@torch.no_grad()
def test_a_padded_token_never_wins_in_a_pair(model, reference):
    """Of vectors along one axis; its origin makes a best similarity of a padded text negative."""
    random = np.random.default_rng(3)
    passages = [np.array([2, *random.integers(5, 90, 8 + at % 2), 3]) for at in range(12)]
    queries = passages[::-1]
    model.head.weight.zero_()[0, 0] = 1
    model.head.bias.zero_()
    lowest = [min(v[0] for v in token_vectors(reference, model.head, text)) for text in passages]
    shorter = max(range(0, 12, 2), key=lambda at: lowest[at] - lowest[11 - at])
    model.head.bias[0] = -(lowest[shorter] + lowest[11 - shorter]) / 2
    best = []
    for query, passage in zip(queries, passages):
        asked, read = (token_vectors(reference, model.head, text) for text in (query, passage))
        best.append([max(float(q @ p) for p in read) for q in asked])
    assert min(best[shorter]) < -0.05
    expected = torch.tensor([sum(row) for row in best])
    scores = aligned(model, queries, passages, 16_384)
    torch.testing.assert_close(scores, expected, atol=1e-3, rtol=1e-4)


def test_a_padded_query_token_adds_nothing():
    queries = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    passages = torch.tensor([[[-4.0, 1.0], [0.0, 0.0]]])
    assert max_similarity(queries, passages, torch.tensor([[1, 0]])).tolist() == [[-4.0]]


def test_vectors_are_not_normalised():
    queries, passages = torch.tensor([[[3.0, 4.0]]]), torch.tensor([[[6.0, 8.0]]])
    assert max_similarity(queries, passages, torch.tensor([[1]])).tolist() == [[50.0]]


def test_a_saved_model_gives_the_same_scores(model, weights, texts, tmp_path: Path):
    model.save(tmp_path)
    again = ColBert(Encoder.load(tmp_path, weights / "tokenizer.json")).eval()
    again.load_head(tmp_path / "model.safetensors")
    again.encoder.packs = model.encoder.packs
    with torch.no_grad():
        assert torch.equal(every(again, texts, texts, 45), every(model, texts, texts, 45))


def test_scores_keep_fp32_resolution_in_half_precision(model, texts):
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for scores in (every(model, texts, texts, 45), aligned(model, texts, texts, 45)):
            assert scores.dtype == torch.float32
            assert (scores != scores.bfloat16()).any()
