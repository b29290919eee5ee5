"""Folders of sentence-transformers: their modules say how texts become vectors."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file

from tasb.encoders.heads import Released
from tasb.encoders.weights import in_one_file, weights_file
from tasb.errors import TasbError
from tasb.files import read_json
from tasb.models.card import Card
from tasb.models.weights import HEAD, positions, read_config

MODULES = "modules.json"
SETTINGS = ("sentence_bert_config.json", "config_sentence_transformers.json")
POOLING = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens"}
ACTIVATIONS = {"Identity": "identity", "Tanh": "tanh", "GELU": "gelu", "ReLU": "relu"}
PROMPTS = {"query_prefix": ("query",), "passage_prefix": ("passage", "document")}
"""The prompts that are prefixes of ours."""
TOKENIZER, LONGEST = "tokenizer_config.json", "model_max_length"
"""Where the greatest length is that a tokenizer knows of."""


def transformer_folder(folder: Path) -> Path:
    """Return where the encoder of a released folder is, which its modules may say."""
    modules = read_json(folder / MODULES) if (folder / MODULES).is_file() else []
    paths = [str(found["path"]) for found in modules if str(found["type"]).endswith("Transformer")]
    return folder / paths[0] if paths else folder


def read_modules(folder: Path) -> Released:
    """Return the card that a folder's modules stand for, and the weights of its head.

    Raises:
        TasbError: a module or a setting that cannot be followed.
    """
    card: dict[str, Any] = {**_lengths(folder), **_prompts(folder)}
    layers: list[dict[str, Any]] = []
    tensors: dict[str, torch.Tensor] = {}
    for module in read_json(folder / MODULES):
        kind, place = str(module["type"]).rpartition(".")[2], folder / module["path"]
        if kind == "Pooling":
            card["pooling"] = _pooling(place / "config.json")
        elif kind == "Normalize":
            card["similarity"] = "cosine"
        elif kind in ("Dense", "LayerNorm"):
            inner = "0." if kind == "Dense" else ""
            tensors |= _weights(place, f"{HEAD}{len(layers)}.{inner}")
            layers.append(LAYERS[kind](place / "config.json"))
        elif kind not in ("Transformer", "Dropout"):
            known = "Transformer, Pooling, Dense, LayerNorm, Dropout, Normalize"
            raise TasbError(f"{folder / MODULES}: module '{kind}' is not supported; known: {known}")
    return Released(Card.model_validate({**card, "head": layers}), tensors=tensors)


def _lengths(folder: Path) -> dict[str, int]:
    """Return the one length that such a folder knows; it is that of queries and of passages."""
    inner = transformer_folder(folder)
    path = inner / SETTINGS[0]
    length = read_json(path).get("max_seq_length") if path.is_file() else None
    if length is None:
        known = read_json(inner / TOKENIZER) if (inner / TOKENIZER).is_file() else {}
        limit = positions(read_config(inner))
        length = min(limit, known.get(LONGEST, limit))
    return {"query_length": length, "passage_length": length}


def _prompts(folder: Path) -> dict[str, str]:
    path = folder / SETTINGS[1]
    given = (read_json(path) if path.is_file() else {}).get("prompts") or {}
    found = {key: next((given[name] for name in names if given.get(name)), "")
             for key, names in PROMPTS.items()}  # fmt: skip
    return {key: text for key, text in found.items() if text}


def _pooling(path: Path) -> str:
    settings = read_json(path)
    modes = [mode for mode, key in POOLING.items() if settings.get(key)]
    chosen = [key for key, value in settings.items() if key.startswith("pooling_mode_") and value]
    others = [key for key in chosen if key not in POOLING.values()]
    if "pooling_mode" in settings:  # as releases of sentence-transformers from 5 on write it
        modes = [settings["pooling_mode"]]
    if others or len(modes) != 1 or modes[0] not in POOLING:
        raise TasbError(f"{path}: pooling by {', '.join([*modes, *others])}; known: cls, mean")
    if not settings.get("include_prompt", True):
        raise TasbError(f"{path}: a mean that leaves the prompt out is not supported")
    return str(modes[0])


def _dense(path: Path) -> dict[str, Any]:
    settings = read_json(path)
    activation = str(settings.get("activation_function", "Identity")).rpartition(".")[2]
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise TasbError(f"{path}: activation '{activation}' is not supported; known: {known}")
    return {
        "kind": "dense",
        "inputs": settings["in_features"],
        "outputs": settings["out_features"],
        "bias": settings.get("bias", True),
        "activation": ACTIVATIONS[activation],
    }


def _layer_norm(path: Path) -> dict[str, Any]:
    return {"kind": "layer-norm", "dimensions": read_json(path)["dimension"]}


LAYERS = {"Dense": _dense, "LayerNorm": _layer_norm}


def _weights(folder: Path, before: str) -> dict[str, torch.Tensor]:
    """Return the weights of a module, by our names."""
    if weights_file(folder) is None:
        raise TasbError(f"{folder}: no weights of this module; fetch the whole model")
    with TemporaryDirectory() as place:
        found = load_file(in_one_file(folder, Path(place)))
    return {before + name.rpartition(".")[2]: tensor for name, tensor in found.items()}
