"""monoBERT and duoBERT against their formulas, written out with transformers."""

import numpy as np
import pytest
import torch
from transformers import AutoModel

from tasb.models.encoder import Encoder
from tasb.models.rerankers import DuoBert, MonoBert
from tasb.tokens.texts import Texts

CLS, SEP = 2, 3
QUERIES = [[10, 11], [20]]
PASSAGES = [[30, 31, 32], [40, 41], [50, 51, 52, 53]]


def texts(parts):
    return Texts.of([np.array([CLS, *part, SEP]) for part in parts])


def open_model(kind, folder):
    torch.manual_seed(5)
    return kind(Encoder.load(folder, folder / "tokenizer.json"), head_std=0.5).eval()


def state(folder, *parts):
    """The [CLS] state of texts read together; segment 1 begins after the first [SEP]."""
    ids = [CLS, *(token for part in parts for token in [*part, SEP])]
    segments = [0] * (len(parts[0]) + 2) + [1] * (len(ids) - len(parts[0]) - 2)
    model = AutoModel.from_pretrained(folder).eval()
    given = {"input_ids": torch.tensor([ids]), "token_type_ids": torch.tensor([segments])}
    return model(**given).last_hidden_state[0, 0], model


@torch.no_grad()
def test_monobert_is_the_log_odds_of_two_classes_over_the_pooled_state(tiny_encoder):
    model = open_model(MonoBert, tiny_encoder)
    pairs = np.array([0, 1]), np.array([2, 0])
    found = model.pair_scores(model.inputs(texts(QUERIES), texts(PASSAGES), 100, pairs))
    for score, query, passage in zip(found, QUERIES, (PASSAGES[2], PASSAGES[0])):
        cls, plain = state(tiny_encoder, query, passage)
        pooled = torch.tanh(plain.pooler.dense(cls))
        logits = model.head[-1](pooled)
        log_p = torch.log_softmax(logits, 0)[1]
        assert float(torch.nn.functional.logsigmoid(score)) == pytest.approx(float(log_p), abs=1e-5)


@torch.no_grad()
def test_duobert_reads_a_query_and_two_passages(tiny_encoder):
    model = open_model(DuoBert, tiny_encoder)
    triples = np.array([0, 1]), np.array([2, 0]), np.array([1, 2])
    inputs = model.triples(texts(QUERIES), texts(PASSAGES), 100, triples)
    for score, *parts in zip(model.pair_scores(inputs), *triples):
        query, first, second = QUERIES[parts[0]], PASSAGES[parts[1]], PASSAGES[parts[2]]
        expected = model.head(state(tiny_encoder, query, first, second)[0])[0]
        assert float(score) == pytest.approx(float(expected), abs=1e-5)


@torch.no_grad()
def test_a_training_batch_of_duobert_has_each_pair_in_both_orders(tiny_encoder):
    model = open_model(DuoBert, tiny_encoder)
    both = texts([PASSAGES[0], PASSAGES[1], PASSAGES[2], PASSAGES[0]])  # positives, then negatives
    pairs = np.array([0, 1, 0, 1]), np.arange(4)
    found = model.pair_scores(model.inputs(texts(QUERIES), both, 100, pairs))
    triples = np.array([0, 1, 0, 1]), np.arange(4), np.array([2, 3, 0, 1])
    expected = model.pair_scores(model.triples(texts(QUERIES), both, 100, triples))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("kind", [MonoBert, DuoBert])
def test_a_head_is_saved_and_read_again(kind, tiny_encoder, tmp_path):
    model = open_model(kind, tiny_encoder)
    model.save(tmp_path)
    other = kind(Encoder.load(tmp_path, tiny_encoder / "tokenizer.json"))
    other.load_head(tmp_path / "model.safetensors")
    for name, value in model.head.state_dict().items():
        torch.testing.assert_close(other.head.state_dict()[name], value, rtol=0, atol=0)
