"""Every model scores any pairs of two lists of texts."""

import numpy as np
import pytest
import torch
from transformers import AutoModel

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.load import load_model, new_model
from tasb.tokens.texts import Texts

PAIRS = np.array([0, 2, 2, 0, 3, 1, 0]), np.array([4, 4, 0, 4, 1, 2, 3])
"""Queries and passages come again, one pair twice."""


@pytest.fixture(params=["bert-dot", "bert-cat", "colbert"])
def model(request, weights):
    settings = {"kind": request.param, "head_std": 0.3}
    return new_model(settings, Card(), weights, weights / "tokenizer.json", 5).eval()


@pytest.fixture(params=["padded", "packed"])
def packs(request, model):
    model.encoder.packs = request.param == "packed"


def scored(model, queries, passages, pairs, tokens):
    return model.pair_scores(model.inputs(Texts.of(queries), Texts.of(passages), tokens, pairs))


@torch.no_grad()
@pytest.mark.parametrize("tokens", [1, 45, 16_384])
def test_a_pair_scores_as_it_does_alone(model, packs, texts, tokens):
    queries, passages = texts[:4], texts[4:]
    found = scored(model, queries, passages, PAIRS, tokens)
    one = np.array([0]), np.array([0])
    alone = [scored(model, [queries[q]], [passages[p]], one, 99) for q, p in zip(*PAIRS)]
    torch.testing.assert_close(found, torch.cat(alone), atol=1e-3, rtol=1e-4)
    assert found[0] == found[3]


@torch.no_grad()
def test_all_scores_are_those_of_all_pairs(weights, texts):
    settings = {"kind": "bert-dot"}
    model = new_model(settings, Card(), weights, weights / "tokenizer.json", 5).eval()
    assert isinstance(model, BertDot)
    rows = np.repeat(np.arange(4), 5), np.tile(np.arange(5), 4)
    every = model.all_scores(model.inputs(Texts.of(texts[:4]), Texts.of(texts[4:]), 45))
    pairs = scored(model, texts[:4], texts[4:], rows, 45).view(4, 5)
    torch.testing.assert_close(every, pairs, atol=1e-3, rtol=1e-4)


@torch.no_grad()
def test_a_saved_model_scores_the_same_and_transformers_reads_it(
    model, weights, texts, tmp_path, capfd
):
    model.save(tmp_path)
    kinds = {"BertDot": "bert-dot", "BertCat": "bert-cat", "ColBert": "colbert"}
    files = [str(tmp_path / name) for name in ("config.json", "model.safetensors")]
    settings = {"kind": kinds[type(model).__name__]}
    capfd.readouterr()
    again = load_model(settings, Card(), files, weights / "tokenizer.json").eval()
    output = capfd.readouterr()
    assert "head" not in output.out + output.err
    given = texts[:4], texts[4:], PAIRS, 45
    assert torch.equal(scored(again, *given), scored(model, *given))
    own = AutoModel.from_pretrained(tmp_path).state_dict()
    expected = model.encoder.transformer.state_dict()
    same = {name for name, value in own.items() if torch.equal(value, expected.get(name, value))}
    assert same == set(own)
