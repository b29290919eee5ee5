"""Folders of sentence-transformers are read as they are: vectors as the library makes them."""

import json

import pytest
import torch
from families import QUESTIONS, TEXTS, near
from torch import nn

from tasb.errors import TasbError
from tasb.models.card import Card, read_card
from tasb.models.folder import complete


@pytest.fixture
def sentence_folder(tmp_path, weights):
    """A folder that sentence-transformers has written, with some modules."""
    library = pytest.importorskip("sentence_transformers")

    def write(*further, pooling="mean", prompts=None, length=24):
        plain = tmp_path / "plain"
        plain.mkdir()
        for name in ("config.json", "model.safetensors"):
            (plain / name).write_bytes((weights / name).read_bytes())
        complete(plain, weights / "tokenizer.json", Card(pooling=pooling, passage_length=length))
        model = library.SentenceTransformer(str(plain), device="cpu", prompts=prompts)
        for module in further:
            model.append(module)
        model.save(str(tmp_path / "sentence"))
        return tmp_path / "sentence", model

    return write


@pytest.fixture
def weights(tiny_encoder):
    return tiny_encoder


def test_a_folder_of_sentence_transformers_is_read_as_it_is(sentence_folder, vectors, tmp_path):
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    torch.manual_seed(7)
    norm = modules.LayerNorm(8)
    nn.init.normal_(norm.norm.weight, 1, 0.3)
    folder, model = sentence_folder(
        modules.Dense(16, 8), norm, modules.Dense(8, 5, bias=False, activation_function=nn.GELU()),
        modules.Normalize(), prompts={"query": "one: ", "document": "two: "},
    )  # fmt: skip
    queries, passages = vectors(folder)
    near(queries, model.encode(QUESTIONS, prompt_name="query"))
    near(passages, model.encode(TEXTS, prompt_name="document"))
    assert queries.shape == (2, 5)
    card = read_card(tmp_path / "copy" / "card.json")
    assert (card.pooling, card.similarity, card.query_length) == ("mean", "cosine", 24)
    assert [layer.kind for layer in card.head] == ["dense", "layer-norm", "dense"]


def test_a_plain_folder_of_sentence_transformers_needs_no_head(sentence_folder, vectors, tmp_path):
    folder, model = sentence_folder(pooling="cls")
    near(vectors(folder)[1], model.encode(TEXTS))
    assert read_card(tmp_path / "copy" / "card.json").pooling == "cls"


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("1_Pooling/config.json", {"pooling_mode": "max"}, "pooling by max; known: cls, mean"),
        ("1_Pooling/config.json", {"include_prompt": False}, "leaves the prompt out"),
        ("2_Dense/config.json", {"activation_function": "torch.nn.SiLU"}, "activation 'SiLU' is"),
    ],
)
def test_what_cannot_be_followed_is_refused(sentence_folder, vectors, file, change, message):
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    folder, _ = sentence_folder(modules.Dense(16, 8))
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(TasbError, match=message):
        vectors(folder)


def test_an_unknown_module_and_missing_weights_are_named(sentence_folder, vectors):
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    folder, _ = sentence_folder(modules.Dense(16, 8))
    (folder / "2_Dense" / "model.safetensors").unlink()
    with pytest.raises(TasbError, match="2_Dense: no weights of this module"):
        vectors(folder)
    path = folder / "modules.json"
    path.write_text(path.read_text().replace("Dense", "WordWeights"))
    with pytest.raises(TasbError, match="module 'WordWeights' is not supported; known: Transf"):
        vectors(folder)
