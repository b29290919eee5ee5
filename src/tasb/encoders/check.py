"""The files of an encoder are compared with each other before anything reads them."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tasb.errors import TasbError
from tasb.files import POINTER, refuse_pointer
from tasb.models.weights import T5, names_of, read_config
from tasb.tokens.special import SpecialTokens

FILES = ("config.json", "model.safetensors", "tokenizer.json")
"""All that is taken: weights as safetensors, a fast tokenizer, and no code."""


def checked(folder: Path, aside: Collection[str] = ()) -> dict[str, str]:
    """Compare the files of an encoder with each other.

    Args:
        folder: of the files.
        aside: names of weights that are known to be those of a head.

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
    names = names_of(folder, config, with_head=config.model_type == T5, aside=aside)
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab().values()
    if max(tokens) >= config.vocab_size:
        raise TasbError(
            f"{folder / 'tokenizer.json'}: token {max(tokens)}, but the encoder has embeddings for "
            f"{config.vocab_size}; take both files from one model"
        )
    if config.model_type != T5:
        SpecialTokens.read(folder / "tokenizer.json")
    return names


def _read_mapping(path: Path) -> Any:
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise TasbError(f"{path}: no JSON ({error}); fetch it again") from None
    if not isinstance(found, dict):
        raise TasbError(f"{path}: no mapping of names to values; fetch it again")
    return found
