"""Encoders with large random weights, so that a mistake in padding or segments shows."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, PreTrainedModel

from tasb.models.encoder import Encoder

LENGTHS = [3, 12, 5, 3, 20, 8, 7, 20, 4]


@pytest.fixture(scope="session", params=["bert", "distilbert"])
def weights(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    tiny_encoder: Path,
    tiny_distilbert: Path,
) -> Path:
    """A folder with the encoder of an architecture."""
    source = tiny_encoder if request.param == "bert" else tiny_distilbert
    folder = tmp_path_factory.mktemp(f"large-{request.param}")
    model = AutoModel.from_pretrained(source)
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" not in name.lower():
                parameter.normal_(std=0.5)
    model.save_pretrained(folder)
    shutil.copy(source / "tokenizer.json", folder)
    return folder


@pytest.fixture(params=["padded", "packed"])
def encoder(request: pytest.FixtureRequest, weights: Path) -> Encoder:
    """The encoder as it computes on a CPU, and as it does on a GPU."""
    found = Encoder.load(weights, weights / "tokenizer.json").eval()
    found.packs = request.param == "packed"
    return found


@pytest.fixture
def reference(weights: Path) -> PreTrainedModel:
    """The same weights, in the class of transformers."""
    return AutoModel.from_pretrained(weights).eval()


@pytest.fixture
def texts() -> list[np.ndarray]:
    """Token ids of texts of different lengths, with [CLS] (2) and [SEP] (3)."""
    random = np.random.default_rng(5)
    return [np.array([2, *random.integers(5, 90, length - 2), 3]) for length in LENGTHS]
