"""Releases of tiny models, copied as the workflow does, and what they compute from some texts."""

import numpy as np
import polars as pl
import pytest
from families import QUESTIONS, TEXTS
from safetensors.torch import load_file, save_file

from tasb.encoders.config import Encoder as Settings
from tasb.encoders.source import copy_encoder
from tasb.jobs import Job
from tasb.models.sides import PASSAGES, QUERIES
from tasb.tokens.store import TokenStore
from tasb.tokens.tokenize import tokenize
from tasb.vectors.encode import open_encoder


@pytest.fixture
def release(tmp_path, tiny_encoder):
    """Write a release: an encoder's folder, with further weights or names of the weights."""

    def write(model=tiny_encoder, more=None, rename=lambda name: name):
        folder = tmp_path / "release"
        folder.mkdir(exist_ok=True)
        for name in ("config.json", "tokenizer.json"):
            path = model / name if (model / name).is_file() else tiny_encoder / name
            (folder / name).write_bytes(path.read_bytes())
        weights = {
            rename(name): value for name, value in load_file(model / "model.safetensors").items()
        }
        save_file({**weights, **(more or {})}, folder / "model.safetensors", {"format": "pt"})
        return folder

    return write


@pytest.fixture
def stores(tmp_path, tiny_encoder):
    """Tokens of the questions and of the texts."""
    for name, texts in (("queries", QUESTIONS), ("passages", TEXTS)):
        pl.DataFrame({"text": texts}).write_parquet(tmp_path / f"{name}.parquet")
        tokenize(tmp_path / f"{name}.parquet", tiny_encoder / "tokenizer.json", 60,
                 tmp_path / f"{name}.arrow")  # fmt: skip
    return TokenStore(tmp_path / "queries.arrow"), TokenStore(tmp_path / "passages.arrow")


@pytest.fixture
def copied(tmp_path):
    """Copy a release as the workflow does, and return the files that a job gets."""

    def copy(folder):
        copy_encoder("mine", Settings(folder=str(folder)), tmp_path / "copy")
        names = {"tokenizer": ("tokenizer.json",), "card": ("card.json",),
                 "model": ("config.json", "model.safetensors")}  # fmt: skip
        return {name: [str(tmp_path / "copy" / file) for file in files]
                for name, files in names.items()}  # fmt: skip

    return copy


@pytest.fixture
def vectors(stores, copied):
    """The vectors of questions and texts by a release, with the card that the config gives."""

    def encode(folder, **card):
        settings = {"model": {"kind": "bert-dot"}, "card": card, "batch_tokens": 512,
                    "precision": "fp32"}  # fmt: skip
        encoder = open_encoder(Job({"encoder": settings}, copied(folder), {}))
        return [np.concatenate(list(encoder.encode(store, side, range(len(store)))))
                for store, side in zip(stores, (QUERIES, PASSAGES))]  # fmt: skip

    return encode
