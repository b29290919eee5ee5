"""A model's folder gives the same vectors in transformers and in sentence-transformers."""

import json
import shutil

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.encoder import Encoder
from tasb.models.folder import complete
from tasb.students.artifacts import FOLDER

sentence_transformers = pytest.importorskip("sentence_transformers")

TEXTS = [
    "Alpha BETA gamma", "river", "tree bird stone river one two three four five red green " * 3,
    "Stone, river! unknownword 9", "the e\u0301tude of a blue bird",
]  # fmt: skip


@pytest.fixture
def ours(weights):
    """Vectors as the workflow makes them, by card and length."""

    def vectors(card, length):
        tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
        encoder = Encoder.load(weights, weights / "tokenizer.json")
        model = BertDot(encoder, card).eval()
        ids = [np.array(found.ids) for found in
               tokenizer.encode_batch(TEXTS, add_special_tokens=False)]  # fmt: skip
        ends = np.cumsum([len(text) for text in ids])
        starts = ends - [len(text) for text in ids]
        given = encoder.special.around(np.concatenate(ids), starts, ends, length)
        with torch.inference_mode():
            return model(encoder.ready(given, 512)).numpy()

    return vectors


@pytest.fixture
def folder(weights, tmp_path):
    """The folder of a trained model with a card."""

    def write(card):
        for name in ("config.json", "model.safetensors"):
            shutil.copy(weights / name, tmp_path)
        complete(tmp_path, weights / "tokenizer.json", card)
        assert {name for name in FOLDER if not (tmp_path / name).is_file()} == set()
        return tmp_path

    return write


CARDS = [Card(query_length=6, passage_length=20),
         Card(query_length=5, passage_length=12, pooling="mean", similarity="cosine")]  # fmt: skip


@pytest.mark.parametrize("card", CARDS, ids=["cls-dot", "mean-cosine"])
def test_sentence_transformers_gives_the_vectors_and_the_similarity(folder, ours, card):
    model = sentence_transformers.SentenceTransformer(str(folder(card)), device="cpu")
    passages = model.encode(TEXTS)
    np.testing.assert_allclose(passages, ours(card, card.passage_length), atol=1e-5)
    model.max_seq_length = card.query_length
    queries = model.encode(TEXTS)
    np.testing.assert_allclose(queries, ours(card, card.query_length), atol=1e-5)
    assert np.abs(queries - passages).max() > 0.01
    expected = queries @ passages.T
    np.testing.assert_allclose(model.similarity(queries, passages), expected, atol=1e-4)


def test_transformers_gives_the_vectors_of_cls(folder, ours):
    path = folder(CARDS[0])
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path).eval()
    inputs = tokenizer(TEXTS, truncation=True, padding=True, return_tensors="pt")
    assert inputs["input_ids"].shape[1] == 20
    with torch.inference_mode():
        found = model(**inputs).last_hidden_state[:, 0]
    np.testing.assert_allclose(found, ours(CARDS[0], 20), atol=1e-5)


def test_the_tokenizer_adds_special_tokens_and_neither_cuts_nor_pads(folder):
    path = folder(CARDS[0])
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    assert tokenizer.truncation is None
    assert tokenizer.padding is None
    assert tokenizer.encode("river").tokens == ["[CLS]", "river", "[SEP]"]
    settings = json.loads((path / "tokenizer_config.json").read_text())
    assert settings["model_max_length"] == 20
