"""Each architecture that is read: its vectors are those of transformers, text by text."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoConfig, AutoModel

from tasb.encoders.config import Encoder as Settings
from tasb.encoders.source import copy_encoder
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.encoder import Encoder
from tasb.models.weights import OFFSET, SUPPORTED
from tasb.tokens.texts import Texts

SIZES = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
    "vocab_size": 60, "max_position_embeddings": 40,
}  # fmt: skip
OWN = {
    "distilbert": {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32},
    "electra": {"embedding_size": 16},
    "modernbert": {"global_attn_every_n_layers": 2, "local_attention": 8},
}
SPECIAL = {
    "roberta": ("<s>", "</s>", "<pad>", "<mask>"),
    "bert": ("[CLS]", "[SEP]", "[PAD]", "[MASK]"),
}
LENGTHS = [3, 9, 9, 20, 36]


@pytest.fixture(params=SUPPORTED)
def folder(request, tmp_path):
    """A tiny random model of an architecture, and its tokenizer."""
    kind = request.param
    names = SPECIAL["roberta" if kind in OFFSET and kind != "mpnet" else "bert"]
    pieces = [names[2], "[UNK]", names[0], names[1], names[3], *(f"w{n}" for n in range(55))]
    tokenizer = Tokenizer(models.WordLevel({piece: n for n, piece in enumerate(pieces)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([*names, "[UNK]"])
    ids = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2,
           "sep_token_id": 3}  # fmt: skip
    config = AutoConfig.for_model(kind, **{**SIZES, **OWN.get(kind, {}), **ids})
    torch.manual_seed(5)
    model = AutoModel.from_config(config)
    for name, parameter in model.named_parameters():
        if "norm" not in name.lower():
            torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(tmp_path / "released")
    tokenizer.save(str(tmp_path / "released/tokenizer.json"))
    copy_encoder("mine", Settings(folder=str(tmp_path / "released")), tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def texts():
    random = np.random.default_rng(3)
    return [np.array([2, *random.integers(5, 60, length - 2), 3]) for length in LENGTHS]


@torch.inference_mode()
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_vectors_are_those_of_the_texts_one_by_one(folder, texts, pooling, packed):
    model = BertDot(Encoder.load(folder, folder / "tokenizer.json"), Card(pooling=pooling)).eval()
    model.encoder.packs = packed  # of the architectures that can be packed
    plain = AutoModel.from_pretrained(folder).eval()
    found = model(model.encoder.ready(Texts.of(texts), 50))
    for vector, text in zip(found, texts):
        states = plain(input_ids=torch.tensor(text)[None]).last_hidden_state[0]
        expected = states[0] if pooling == "cls" else states.mean(0)
        torch.testing.assert_close(vector, expected, rtol=1e-4, atol=1e-4)
    assert float((found[0] - found[-1]).abs().max()) > 0.01
