"""The files of an encoder must belong together: what does not is refused, by name."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model, RobertaConfig, RobertaModel

from tasb.encoders.config import Encoder as Settings
from tasb.encoders.source import copy_encoder
from tasb.errors import TasbError
from tasb.models.batches import Group
from tasb.models.card import Card
from tasb.models.encoder import Encoder
from tasb.models.load import load_model

WEIGHTS = "model.safetensors"


@pytest.fixture(params=["tiny_encoder", "tiny_distilbert"])
def model(request, tmp_path):
    """A folder of an encoder, free to be spoilt."""
    return shutil.copytree(request.getfixturevalue(request.param), tmp_path / "model")


def rewrite(folder, change):
    """Write the weights with names and tensors changed."""
    found = load_file(folder / WEIGHTS)
    save_file(change(found), folder / WEIGHTS, metadata={"format": "pt"})


def set_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def copied(folder, tmp_path):
    copy_encoder("mine", Settings(folder=str(folder)), tmp_path / "copy")
    return tmp_path / "copy"


def refusal(folder, tmp_path):
    with pytest.raises(TasbError) as error:
        copied(folder, tmp_path)
    assert not (tmp_path / "copy").exists()
    with pytest.raises(TasbError):
        Encoder.load(folder, folder / "tokenizer.json")
    return str(error.value)


def states(folder):
    encoder = Encoder.load(folder, folder / "tokenizer.json").eval()
    ids = torch.tensor([[2, 9, 10, 11, 3]])
    return encoder.states(Group(np.arange(len(ids)), ids, torch.ones_like(ids), None))


@pytest.mark.parametrize(
    "prefix",
    ["0.auto_model.", "module.", "module.bert.", "ance_encoder.", "model.encoder.", "bert."],
)
def test_names_of_wrappers_are_left_out(model, tmp_path, prefix):
    whole = states(model)
    rewrite(model, lambda found: {
        **{prefix + name: value for name, value in found.items()},
        "cls.predictions.bias": torch.zeros(3), f"{prefix}embeddings.position_ids": torch.zeros(1),
    })  # fmt: skip
    assert torch.equal(states(model), whole)
    folder = copied(model, tmp_path)
    assert torch.equal(states(folder), whole)
    assert not any(name.startswith(prefix) for name in load_file(folder / WEIGHTS))


def test_old_names_of_layer_norms_are_read(model):
    whole = states(model)
    rewrite(model, lambda found: {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias",
                                                                    "LayerNorm.beta"): value
        for name, value in found.items()})  # fmt: skip
    assert torch.equal(states(model), whole)


def test_one_missing_weight_is_refused_by_name(model, tmp_path):
    name = next(name for name in load_file(model / WEIGHTS) if "1." in name)
    rewrite(model, lambda found: {key: value for key, value in found.items() if key != name})
    assert f"1 missing: {name}" in refusal(model, tmp_path)


@pytest.mark.parametrize("layers", [1, 3])
def test_another_number_of_layers_is_refused(model, tmp_path, layers):
    key = "n_layers" if '"n_layers"' in (model / "config.json").read_text() else "num_hidden_layers"
    set_config(model, **{key: layers})
    assert ("missing: " if layers == 3 else "left over: ") in refusal(model, tmp_path)


def test_another_shape_is_refused(model, tmp_path):
    set_config(model, max_position_embeddings=270)
    assert "position_embeddings.weight is (256, 16), not (270, 16)" in refusal(model, tmp_path)


def test_a_projection_on_top_is_left_over(model, tmp_path):
    rewrite(model, lambda found: {**found, "2.linear.weight": torch.zeros(3, 3)})
    assert "1 left over: 2.linear.weight" in refusal(model, tmp_path)


def test_two_encoders_in_one_file_are_refused(model, tmp_path):
    rewrite(model, lambda found: {
        **found, **{f"bert.{name}": value.clone() for name, value in found.items()}})  # fmt: skip
    assert " left over: " in refusal(model, tmp_path)


@pytest.mark.parametrize("kind", ["roberta", "electra", "distilbert", "mpnet"])
def test_a_config_of_another_architecture_is_refused(tiny_encoder, tmp_path, kind):
    folder = shutil.copytree(tiny_encoder, tmp_path / "model")
    set_config(folder, model_type=kind)
    refusal(folder, tmp_path)


def test_a_pooler_may_be_missing(tiny_encoder, tmp_path):
    folder = shutil.copytree(tiny_encoder, tmp_path / "model")
    whole = states(folder)
    rewrite(folder, lambda found: {name: value for name, value in found.items()
                                   if not name.startswith("pooler")})  # fmt: skip
    assert torch.equal(states(copied(folder, tmp_path)), whole)


def test_a_decoder_is_refused(tiny_encoder, tmp_path):
    folder = shutil.copytree(tiny_encoder, tmp_path / "model")
    GPT2Model(GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=100)).save_pretrained(folder)
    assert "architecture 'gpt2' cannot encode texts here" in refusal(folder, tmp_path)
    shutil.rmtree(folder)
    shutil.copytree(tiny_encoder, folder)
    set_config(folder, is_decoder=True)
    assert "a decoder cannot encode texts here" in refusal(folder, tmp_path)


def test_a_tokenizer_of_another_vocabulary_is_refused(tiny_encoder, tmp_path):
    folder = shutil.copytree(tiny_encoder, tmp_path / "model")
    config = BertConfig(vocab_size=20, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                        intermediate_size=32, max_position_embeddings=256)  # fmt: skip
    BertModel(config).save_pretrained(folder)
    with pytest.raises(TasbError, match=r"tokenizer.json: token \d+, but .* embeddings for 20"):
        copied(folder, tmp_path)


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "tokenizer.json"])
@pytest.mark.parametrize("damage", ["pointer", "cut off", "empty"])
def test_a_damaged_file_is_named(model, tmp_path, name, damage):
    data = (model / name).read_bytes()
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 5\n"
    (model / name).write_bytes(
        {"pointer": pointer, "cut off": data[: len(data) // 2], "empty": b""}[damage]
    )
    with pytest.raises(TasbError) as error:
        copied(model, tmp_path)
    assert str(error.value).startswith(f"{model / name}: ")
    assert ("Git LFS" in str(error.value)) == (damage == "pointer")


def test_texts_longer_than_the_positions_are_refused(tiny_encoder):
    files = [str(tiny_encoder / "config.json"), str(tiny_encoder / WEIGHTS)]

    def load(kind, query, passage):
        card = Card(query_length=query, passage_length=passage)
        return load_model({"kind": kind}, card, files, tiny_encoder / "tokenizer.json")

    assert load("bert-dot", 30, 256)
    with pytest.raises(TasbError, match="257 tokens, but the encoder has positions for 256; lower"):
        load("bert-dot", 30, 257)
    with pytest.raises(
        TasbError, match="query_length 129, passage_length 129, model 'bert-cat': 257"
    ):
        load("bert-cat", 129, 129)


def test_an_encoder_with_one_type_of_segments_gets_none_and_uses_no_first_positions(tmp_path):
    torch.manual_seed(1)
    config = RobertaConfig(vocab_size=40, hidden_size=16, num_hidden_layers=1, pad_token_id=1,
                           num_attention_heads=2, intermediate_size=32, type_vocab_size=1,
                           max_position_embeddings=12)  # fmt: skip
    network = RobertaModel(config).eval()
    network.save_pretrained(tmp_path)
    added = [
        {"content": name, "id": number} for number, name in enumerate(("<s>", "<pad>", "</s>"))
    ]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"added_tokens": added}))
    encoder = Encoder.load(tmp_path, tmp_path / "tokenizer.json").eval()
    ids = torch.tensor([[0, 9, 2, 8, 2, 7, 6, 5, 4, 2], [0, 5, 2, 1, 1, 1, 1, 1, 1, 1]])
    mask = (ids != 1).long()
    found = encoder.states(Group(np.arange(2), ids, mask, None))
    expected = network(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(found[0], expected[0])
    torch.testing.assert_close(found[1, :3], expected[1, :3])
    files = [str(tmp_path / "config.json"), str(tmp_path / WEIGHTS)]
    with pytest.raises(TasbError, match="11 tokens, but the encoder has positions for 10"):
        load_model({"kind": "bert-dot"}, Card(query_length=5, passage_length=11), files,
                   tmp_path / "tokenizer.json")  # fmt: skip


@pytest.mark.parametrize("kind", ["bert-cat", "colbert"])
def test_a_teacher_without_its_head_is_refused(tiny_encoder, kind):
    files = [str(tiny_encoder / "config.json"), str(tiny_encoder / WEIGHTS)]
    card = Card(query_length=9, passage_length=9)
    with pytest.raises(TasbError, match=r"no head of this model \(head.weight, head.bias\)"):
        load_model({"kind": kind}, card, files, tiny_encoder / "tokenizer.json")
