from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.tokens.texts import Texts

BUDGETS = [1, 45, 16_384]
"""Tokens of a forward pass: each text alone, some groups, everything that is of like length."""


def vectors_of(model, texts, tokens):
    return model(model.encoder.ready(Texts.of(texts), tokens))


def states_of(reference, text):
    """The last hidden states of one text alone, without padding."""
    return reference(input_ids=torch.tensor(text)[None]).last_hidden_state[0]


@pytest.mark.parametrize("tokens", BUDGETS)
def test_a_vector_is_the_cls_state_of_its_text_alone(encoder, reference, texts, tokens):
    with torch.no_grad():
        vectors = vectors_of(BertDot(encoder, Card()), texts, tokens)
        expected = torch.stack([states_of(reference, text)[0] for text in texts])
    torch.testing.assert_close(vectors, expected, atol=2e-5, rtol=1e-4)


def test_a_mean_pooled_vector_is_the_mean_over_all_tokens_of_its_text(encoder, reference, texts):
    with torch.no_grad():
        vectors = vectors_of(BertDot(encoder, Card(pooling="mean")), texts, 45)
        expected = torch.stack([states_of(reference, text).mean(0) for text in texts])
    torch.testing.assert_close(vectors, expected, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_dot_product_is_the_score(encoder, reference, texts, pooling):
    with torch.no_grad():
        vectors = vectors_of(BertDot(encoder, Card(pooling=pooling)), texts, 45)
        states = [states_of(reference, text) for text in texts]
    pooled = [state[0] if pooling == "cls" else state.mean(0) for state in states]
    for i, first in enumerate(pooled):
        for j, second in enumerate(pooled):
            expected = sum(float(a) * float(b) for a, b in zip(first, second))
            assert float(vectors[i] @ vectors[j]) == pytest.approx(expected, abs=1e-3, rel=1e-4)


def test_a_dot_product_is_the_cosine_where_the_card_says_so(encoder, reference, texts):
    with torch.no_grad():
        vectors = vectors_of(BertDot(encoder, Card(pooling="mean", similarity="cosine")), texts, 45)
        pooled = [states_of(reference, text).mean(0) for text in texts]
    expected = [[torch.cosine_similarity(a, b, dim=0) for b in pooled] for a in pooled]
    torch.testing.assert_close(vectors @ vectors.T, torch.tensor(expected), atol=1e-5, rtol=1e-4)


def test_grouping_does_not_change_the_gradient(encoder, reference, texts):
    vectors_of(BertDot(encoder, Card()), texts, 45).pow(2).sum().backward()
    sum(states_of(reference, text)[0].pow(2).sum() for text in texts).backward()
    pairs = zip(encoder.transformer.named_parameters(), reference.parameters())
    compared = [(name, a.grad, b.grad) for (name, a), b in pairs if b.grad is not None]
    assert len(compared) > 20
    for name, found, expected in compared:
        torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3, msg=name)


def test_the_saved_folder_is_read_by_transformers(encoder, texts, tmp_path: Path):
    model = BertDot(encoder, Card())
    model.save(tmp_path)
    assert "tasb" not in (tmp_path / "config.json").read_text()
    again = AutoModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        expected = torch.stack([states_of(again, text)[0] for text in texts])
        torch.testing.assert_close(vectors_of(model, texts, 45), expected, atol=2e-5, rtol=1e-4)


def test_a_vector_does_not_depend_on_the_texts_beside_it(encoder, texts):
    model = BertDot(encoder, Card(pooling="mean"))
    order = np.random.default_rng(0).permutation(len(texts))
    with torch.no_grad():
        shuffled = vectors_of(model, [texts[index] for index in order], 16_384)
        torch.testing.assert_close(
            shuffled, vectors_of(model, texts, 45)[order], atol=2e-5, rtol=1e-4
        )
