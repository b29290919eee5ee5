"""The files of an encoder are compared with each other before anything reads them."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tasb.errors import TasbError
from tasb.files import POINTER, read_json, refuse_pointer
from tasb.models.weights import T5, names_of, read_config
from tasb.tokens.special import SpecialTokens

FILES = ("config.json", "model.safetensors", "tokenizer.json")
"""All that is taken: weights as safetensors, a fast tokenizer, and no code."""
MODULES = ("Transformer", "Pooling", "Normalize")
"""Modules of sentence-transformers that a card can say."""


def checked(folder: Path) -> dict[str, str]:
    """Compare the files of an encoder with each other.

    Returns:
        The name in the file for each weight of the encoder.

    Raises:
        TasbError: a file is damaged, or they do not fit together.
    """
    for file in FILES:
        with (folder / file).open("rb") as opened:
            refuse_pointer(folder / file, opened.read(len(POINTER)))
    for file in ("config.json", "tokenizer.json"):
        _read_mapping(folder / file)
    config = read_config(folder, more=(T5,))
    names = names_of(folder, config, with_head=config.model_type == T5)
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab().values()
    if max(tokens) >= config.vocab_size:
        raise TasbError(
            f"{folder / 'tokenizer.json'}: token {max(tokens)}, but the encoder has embeddings for "
            f"{config.vocab_size}; take both files from one model"
        )
    if config.model_type != T5:
        SpecialTokens.read(folder / "tokenizer.json")
    _refuse_further_modules(folder / "modules.json")
    return names


def _read_mapping(path: Path) -> Any:
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise TasbError(f"{path}: no JSON ({error}); fetch it again") from None
    if not isinstance(found, dict):
        raise TasbError(f"{path}: no mapping of names to values; fetch it again")
    return found


def _refuse_further_modules(modules: Path) -> None:
    """Refuse a model of sentence-transformers that is more than an encoder."""
    if not modules.is_file():
        return
    kinds = [str(module["type"]).rpartition(".")[2] for module in read_json(modules)]
    further = [kind for kind in kinds if kind not in MODULES]
    if further:
        raise TasbError(
            f"{modules}: module '{further[0]}' is not supported; known: {', '.join(MODULES)}"
        )
