"""The weights of a folder in one file of safetensors, in whichever form they were released."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from tasb.errors import TasbError
from tasb.files import refuse_pointer
from tasb.jobs import log
from tasb.models.weights import WEIGHTS

SHARDS = f"{WEIGHTS}.index.json"
PICKLE = "pytorch_model.bin"
FORMS = (WEIGHTS, SHARDS, PICKLE)
"""Where weights are, the preferred one first: one file, parts of it, or a pickle."""
METADATA = {"format": "pt"}


def weights_file(folder: Path) -> str | None:
    """Return the name of the file with a folder's weights, if it has any."""
    return next((name for name in FORMS if (folder / name).is_file()), None)


def in_one_file(folder: Path, scratch: Path) -> Path:
    """Return a folder's weights as one file of safetensors, written to `scratch` if need be.

    A pickle is read with ``weights_only=True``: tensors, and no code.

    Raises:
        TasbError: a part is missing or damaged, or a pickle holds more than tensors.
    """
    name = weights_file(folder)
    if name == SHARDS:
        return _joined(folder, scratch)
    if name == PICKLE:
        return _converted(folder / PICKLE, scratch)
    return folder / WEIGHTS


def _joined(folder: Path, scratch: Path) -> Path:
    """Write the parts that an index names as one file."""
    try:
        parts = json.loads((folder / SHARDS).read_bytes())["weight_map"]
    except (ValueError, KeyError, TypeError):
        raise TasbError(f"{folder / SHARDS}: no index of weights; fetch it again") from None
    weights: dict[str, torch.Tensor] = {}
    for part in sorted(set(parts.values())):
        path = folder / part
        if path.parent != folder or not path.is_file():
            raise TasbError(f"{folder / SHARDS}: names '{part}', which is not there; fetch it")
        weights |= dict(_tensors(path))
    missing = sorted(set(parts) - set(weights))
    if missing:
        raise TasbError(f"{folder / SHARDS}: no part has '{missing[0]}'; take all from one model")
    return _saved(weights, scratch)


def _tensors(path: Path) -> Iterator[tuple[str, torch.Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118, a handle and no mapping
                yield name, file.get_tensor(name)
    except SafetensorError as error:
        raise TasbError(f"{path}: damaged or cut off ({error}); fetch it again") from None


def _converted(path: Path, scratch: Path) -> Path:
    """Write the tensors of a pickle as safetensors."""
    with path.open("rb") as file:
        refuse_pointer(path, file.read(64))
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TasbError(
            f"{path}: holds more than tensors, or is damaged, and is not read ({reason}); look for "
            "a release with model.safetensors"
        ) from None
    if not isinstance(found, dict) or not all(isinstance(v, torch.Tensor) for v in found.values()):
        raise TasbError(f"{path}: no tensors by name; look for a release with {WEIGHTS}")
    log.info("%s: a pickle; its tensors are kept as safetensors", path)
    return _saved({str(name): tensor for name, tensor in found.items()}, scratch)


def _saved(weights: dict[str, torch.Tensor], scratch: Path) -> Path:
    scratch.mkdir(parents=True, exist_ok=True)
    copies = {name: tensor.clone().contiguous() for name, tensor in weights.items()}
    save_file(copies, scratch / WEIGHTS, metadata=METADATA)
    return scratch / WEIGHTS
