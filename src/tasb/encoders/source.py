"""Getting an encoder's files from a package, a hub or a folder, and checking its weights."""

import importlib.util
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from tasb.encoders.check import FILES, checked
from tasb.encoders.config import Encoder
from tasb.encoders.heads import named_head
from tasb.encoders.sentence_transformers import MODULES, read_modules, transformer_folder
from tasb.encoders.weights import PICKLE, SHARDS, in_one_file, weights_file
from tasb.errors import TasbError
from tasb.files import existing, scratch, sha256, whole, write_json
from tasb.jobs import Job, log
from tasb.models.card import FILE as CARD
from tasb.models.card import read_card
from tasb.models.weights import WEIGHTS

OF_MODULES = (MODULES, "*sentence*.json", "tokenizer_config.json", "[0-9]_*/*")
"""What sentence-transformers has in addition: settings, and a folder for each further module."""


def make(job: Job) -> None:
    """Copy the files of an encoder."""
    folder = Path(job.output("tokenizer")).parent
    copy_encoder(folder.name, Encoder.model_validate(job.recipe["encoder"]), folder)


def copy_encoder(name: str, encoder: Encoder, folder: str | Path) -> None:
    """Copy the encoder's files to a folder of ours, verified.

    Raises:
        TasbError: a file is missing, or the weights have another digest than the config says.
    """
    source = _locate(name, encoder)
    inner = transformer_folder(source)
    weights = weights_file(inner)
    for file in FILES:
        if not (inner / file).is_file() and (file != WEIGHTS or weights is None):
            raise TasbError(f"encoders.{name}: {inner} has no {file}")
    released = inner / str(weights)
    found = sha256(released)
    if encoder.sha256 is not None and found != encoder.sha256:
        raise TasbError(
            f"encoders.{name}.sha256: {released} has {found}, "
            f"expected {encoder.sha256}; the file is damaged or another one"
        )
    if encoder.sha256 is None:
        log.warning("encoders.%s: no sha256 in the config; the file has %s", name, found)
    if weights == WEIGHTS:
        _copy_checked(source, inner, Path(folder))
        return
    with scratch(Path(folder).with_name(f"{Path(folder).name}.released")) as staged:
        for file in FILES:
            if file != WEIGHTS:
                shutil.copyfile(inner / file, staged / file)
        in_one_file(inner, staged)
        _copy_checked(source, staged, Path(folder))


def _copy_checked(source: Path, inner: Path, folder: Path) -> None:
    """Copy files that fit together.

    Args:
        source: the released folder, with what says how texts become vectors.
        inner: the folder of the encoder.
        folder: of the copies.
    """
    head = named_head(inner / WEIGHTS)
    names = {**checked(inner, head.head.values()), **head.head}
    more = read_modules(source) if (source / MODULES).is_file() else head
    for file in FILES:
        with whole(folder / file) as part:
            if file == WEIGHTS and (more.tensors or any(own != n for own, n in names.items())):
                _write_renamed(inner / file, names, more.tensors, part)
            else:
                shutil.copyfile(inner / file, part)
    card = read_card(source / CARD) if (source / CARD).is_file() else more.card
    write_json(folder / CARD, card.plain())


def _write_renamed(
    source: Path, names: Mapping[str, str], more: Mapping[str, torch.Tensor], path: Path
) -> None:
    with safe_open(source, framework="pt") as file:
        weights = {own: file.get_tensor(name).clone() for own, name in names.items()}
    save_file({**weights, **more}, path, metadata={"format": "pt"})
    log.info("%s: its weights get our names, those of a head among them", source)


def _locate(name: str, encoder: Encoder) -> Path:
    if encoder.folder is not None:
        return existing(encoder.folder, f"encoders.{name}.folder")
    if encoder.package is not None:
        return _package_folder(name, encoder.package)
    return _hub_folder(name, encoder)


def _package_folder(name: str, package: str) -> Path:
    """Return the model folder inside a package, without importing the package."""
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:  # of the part before a dot
        spec = None
    if spec is None or spec.origin is None:
        raise TasbError(
            f"encoders.{name}.package: '{package}' is not installed; install it with pip, or "
            f"give the same files as encoders.{name}.folder or .hub"
        )
    weights = sorted(
        Path(spec.origin).parent.rglob("model.safetensors"), key=lambda path: len(path.parts)
    )
    if not weights:
        raise TasbError(f"encoders.{name}.package: '{package}' holds no model.safetensors")
    return weights[0].parent


def _hub_folder(name: str, encoder: Encoder) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    def fetched(*patterns: str) -> Path:
        """Return the folder with some of the model's files."""
        found = snapshot_download(
            str(encoder.hub), revision=encoder.revision, allow_patterns=list(patterns)
        )
        return Path(found)

    try:
        folder = fetched(*FILES, SHARDS, "model-*.safetensors", *OF_MODULES)
        if weights_file(transformer_folder(folder)) is None:
            folder = fetched(PICKLE)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise TasbError(
            f"encoders.{name}.hub: cannot fetch '{encoder.hub}' at {encoder.revision}: {reason}; "
            f"place {', '.join(FILES)} in a folder and set encoders.{name}.folder to it"
        ) from None
    return folder
