"""What all tests share: real data where it is at hand, and a tiny encoder."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("tasb", deadline=None)  # a busy machine is no error
settings.load_profile("tasb")

ENVIRONMENT = dict(os.environ)
"""The environment before any library that a test imports has added to it."""
WORDS = (
    "alpha beta gamma delta red green blue one two three four five river stone tree bird".split()
)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the whole workflow, the longest test, so that another worker does the rest."""
    items.sort(key=lambda item: item.path.name != "test_tiny.py")


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The environment for processes that tests start."""
    return dict(ENVIRONMENT)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real collections and runs."""
    folder = Path(os.environ.get("TASB_TEST_DATA", "../shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder.resolve()}; set TASB_TEST_DATA to its folder")
    return folder.resolve()


def write_tiny_encoder(folder: Path, model: str = "bert") -> Path:
    """Write a random encoder of two layers and 16 dimensions, with its tokenizer."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    pieces = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *WORDS]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL)
    torch.manual_seed(7)
    if model == "bert":
        config = BertConfig(
            vocab_size=len(pieces), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=256,
        )  # fmt: skip
        network = BertModel(config)
    else:
        config = DistilBertConfig(
            vocab_size=len(pieces), dim=16, n_layers=2, n_heads=2, hidden_dim=32,
            max_position_embeddings=256,
        )  # fmt: skip
        network = DistilBertModel(config)
    network.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    assert json.loads((folder / "config.json").read_text())["model_type"] == model
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with config.json, model.safetensors and tokenizer.json of a tiny BERT."""
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="session")
def tiny_distilbert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the DistilBERT architecture, which has no segments."""
    return write_tiny_encoder(tmp_path_factory.mktemp("distilbert"), "distilbert")


@pytest.fixture
def small_stores(tmp_path: Path):
    """Token stores of three random queries and ten random passages."""
    import numpy as np

    from tasb.tokens.store import TokenStore, write_tokens

    random = np.random.default_rng(6)
    for name, count, length in (("queries", 3, 4), ("passages", 10, 9)):
        texts = [random.integers(5, 90, length).tolist() for _ in range(count)]
        write_tokens(texts, 93, tmp_path / f"{name}.tokens")
    return tuple(TokenStore(tmp_path / f"{name}.tokens") for name in ("queries", "passages"))
