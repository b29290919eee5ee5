"""Getting an encoder's files from a package, a hub or a folder, and checking its weights."""

import importlib.util
import shutil
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save_file

from tasb.encoders.check import FILES, checked
from tasb.encoders.config import Encoder
from tasb.encoders.weights import PICKLE, SHARDS, in_one_file, weights_file
from tasb.errors import TasbError
from tasb.files import existing, scratch, sha256, whole, write_json
from tasb.jobs import Job, log
from tasb.models.card import FILE as CARD
from tasb.models.card import read_card
from tasb.models.weights import WEIGHTS


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
    weights = weights_file(source)
    for file in FILES:
        if not (source / file).is_file() and (file != WEIGHTS or weights is None):
            raise TasbError(f"encoders.{name}: {source} has no {file}")
    released = source / str(weights)
    found = sha256(released)
    if encoder.sha256 is not None and found != encoder.sha256:
        raise TasbError(
            f"encoders.{name}.sha256: {released} has {found}, "
            f"expected {encoder.sha256}; the file is damaged or another one"
        )
    if encoder.sha256 is None:
        log.warning("encoders.%s: no sha256 in the config; the file has %s", name, found)
    if weights == WEIGHTS:
        _copy_checked(source, Path(folder))
        return
    with scratch(Path(folder).with_name(f"{Path(folder).name}.released")) as staged:
        for file in (*FILES, "modules.json", CARD):
            if file != WEIGHTS and (source / file).is_file():
                shutil.copyfile(source / file, staged / file)
        in_one_file(source, staged)
        _copy_checked(staged, Path(folder))


def _copy_checked(source: Path, folder: Path) -> None:
    """Copy files that fit together."""
    names = checked(source)
    for file in FILES:
        with whole(folder / file) as part:
            if file == WEIGHTS and any(own != name for own, name in names.items()):
                _write_renamed(source / file, names, part)
            else:
                shutil.copyfile(source / file, part)
    write_json(folder / CARD, read_card(source / CARD).plain())


def _write_renamed(source: Path, names: dict[str, str], path: Path) -> None:
    with safe_open(source, framework="pt") as file:
        weights = {own: file.get_tensor(name) for own, name in names.items()}
    save_file(weights, path, metadata={"format": "pt"})
    log.info("%s: the names of its weights begin with what wraps them; that is left out", source)


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
    weights = sorted(Path(spec.origin).parent.rglob("model.safetensors"))
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
        folder = fetched(*FILES, "modules.json", SHARDS, "model-*.safetensors")
        if weights_file(folder) is None:
            folder = fetched(PICKLE)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise TasbError(
            f"encoders.{name}.hub: cannot fetch '{encoder.hub}' at {encoder.revision}: {reason}; "
            f"place {', '.join(FILES)} in a folder and set encoders.{name}.folder to it"
        ) from None
    return folder
