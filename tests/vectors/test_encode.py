import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModel

from tasb.errors import TasbError
from tasb.jobs import Job
from tasb.models.sides import PASSAGES
from tasb.tokens.store import TokenStore, write_tokens
from tasb.vectors.encode import open_encoder
from tasb.vectors.shards import read_vectors

LENGTH = 12


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Texts of 0 to 19 tokens, in no order of length."""
    random = np.random.default_rng(4)
    texts = [random.integers(5, 90, size).tolist() for size in random.permutation(20)]
    path = tmp_path_factory.mktemp("tokens") / "tokens"
    write_tokens(texts, 93, path)
    return TokenStore(path)


def encoder(folder, batch_tokens=8192, **card):
    files = {
        "model": [str(folder / "config.json"), str(folder / "model.safetensors")],
        "tokenizer": [str(folder / "tokenizer.json")],
    }
    kind = {"model": {"kind": "bert-dot"}, "card": {"passage_length": LENGTH, **card}}
    settings = {**kind, "batch_tokens": batch_tokens, "precision": "fp32"}
    return open_encoder(Job({"encoder": settings}, files, {}))


@torch.inference_mode()
def states_one_by_one(folder, store):
    """The hidden states of each text alone, by transformers."""
    model = AutoModel.from_pretrained(folder).eval()
    return [
        model(torch.tensor([[2, *ids[: LENGTH - 2].tolist(), 3]])).last_hidden_state[0].numpy()
        for ids in store
    ]


def vectors_of(encoder, store, rows):
    blocks = list(encoder.encode(store, PASSAGES, rows))
    assert {block.dtype for block in blocks} == {np.dtype(np.float16)}
    return np.concatenate(blocks).astype(np.float32)


@pytest.mark.parametrize("name", ["tiny_encoder", "tiny_distilbert"])
@pytest.mark.parametrize(
    ("pooling", "pool"), [("cls", lambda states: states[0]), ("mean", lambda s: s.mean(axis=0))]
)
def test_vectors_are_those_of_the_texts_one_by_one(request, store, name, pooling, pool):
    folder = request.getfixturevalue(name)
    expected = np.stack([pool(states) for states in states_one_by_one(folder, store)])
    vectors = vectors_of(encoder(folder, pooling=pooling), store, range(len(store)))
    np.testing.assert_allclose(vectors, expected, rtol=2**-11, atol=1e-5)


@pytest.fixture(scope="module")
def whole(tiny_encoder, store):
    return vectors_of(encoder(tiny_encoder), store, range(len(store)))


@settings(max_examples=10, deadline=None)
@given(batch_tokens=st.integers(512, 2000), start=st.integers(0, 19), step=st.sampled_from([1, 3]))
def test_a_vector_depends_on_no_other_text_of_its_batch(
    tiny_encoder, store, whole, batch_tokens, start, step
):
    rows = range(start, 20, step)
    vectors = vectors_of(encoder(tiny_encoder, batch_tokens), store, rows)
    np.testing.assert_allclose(vectors, whole[start::step], rtol=2**-10, atol=1e-5)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_cosine_is_the_dot_product_of_vectors_of_length_one(tiny_encoder, store, pooling):
    rows = range(len(store))
    plain = vectors_of(encoder(tiny_encoder, pooling=pooling), store, rows)
    unit = vectors_of(encoder(tiny_encoder, pooling=pooling, similarity="cosine"), store, rows)
    np.testing.assert_allclose(np.linalg.norm(unit, axis=1), 1, atol=1e-3)
    lengths = np.linalg.norm(plain, axis=1, keepdims=True)
    assert np.abs(lengths - 1).min() > 0.1
    np.testing.assert_allclose(unit * lengths, plain, rtol=2**-9, atol=2e-4)


def test_dropout_is_off(tiny_encoder, store, whole):
    again = vectors_of(encoder(tiny_encoder), store, range(len(store)))
    np.testing.assert_array_equal(again, whole)


def test_a_part_is_written_in_order_of_position(tiny_encoder, store, whole, tmp_path):
    encoder(tiny_encoder).write(store, PASSAGES, range(4, 17), tmp_path / "vectors")
    written = read_vectors(tmp_path / "vectors")
    np.testing.assert_allclose(written, whole[4:17], rtol=2**-11, atol=2e-4)


def test_texts_beyond_one_block_are_written_in_order(
    tiny_encoder, tmp_path, monkeypatch, store, whole
):
    monkeypatch.setattr("tasb.vectors.encode.BLOCK", 6)
    encoder(tiny_encoder).write(store, PASSAGES, range(0, 20), tmp_path / "vectors")
    written = read_vectors(tmp_path / "vectors")
    np.testing.assert_allclose(written, whole, rtol=2**-11, atol=2e-4)


def test_an_empty_range_is_an_empty_file(tiny_encoder, store, tmp_path):
    encoder(tiny_encoder).write(store, PASSAGES, range(7, 7), tmp_path / "vectors")
    assert (tmp_path / "vectors").stat().st_size > 0


@pytest.mark.parametrize("factor", [float("nan"), 1e6])
def test_vectors_that_fp16_cannot_hold_are_refused(tiny_encoder, store, tmp_path, factor):
    large = encoder(tiny_encoder)
    norm = large.model.encoder.transformer.encoder.layer[-1].output.LayerNorm
    with torch.no_grad():
        norm.weight *= factor
    with pytest.raises(TasbError, match="texts 0 to 19 are beyond fp16 in fp32"):
        large.write(store, PASSAGES, range(0, 20), tmp_path / "vectors")
    assert list(tmp_path.iterdir()) == []
