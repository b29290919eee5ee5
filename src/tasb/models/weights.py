"""Weights are compared with the architecture that they are for; nothing is filled up by chance."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers import (
    MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING,
    MODEL_MAPPING,
    AutoConfig,
    PretrainedConfig,
)

from tasb.errors import TasbError
from tasb.files import POINTER, refuse_pointer

WEIGHTS = "model.safetensors"
HEAD = "head."
"""Names of the weights of our own heads begin so."""
SUPPORTED = (
    "bert", "camembert", "distilbert", "electra", "modernbert", "mpnet", "roberta", "xlm-roberta",
)  # fmt: skip
"""Architectures whose encoders are read."""
T5 = "t5"
"""An encoder-decoder, which re-ranks or writes queries."""
TIED = ("encoder.embed_tokens.", "decoder.embed_tokens.", "lm_head.")
"""Weights of a T5 that a file may lack, since they are its word embeddings."""
OFFSET = ("camembert", "mpnet", "roberta", "xlm-roberta")
"""Architectures whose first positions, as many as the number of [PAD] and one, are not used."""
WRAPPERS = (
    "module.", "0.auto_model.", "auto_model.", "ance_encoder.", "bert_model.", "bert.",
    "distilbert.", "roberta.", "electra.", "mpnet.", "model.", "encoder.",
)  # fmt: skip
"""What others put before the names of an encoder's weights."""
HEADS = (
    HEAD, "cls.", "decoder.", "lm_head.", "classifier.", "pre_classifier.", "qa_outputs.",
    "vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "discriminator_predictions.",
    "pooler.",
)  # fmt: skip
"""Beginnings of names that belong to what is on top of an encoder, and is not used."""
BUFFERS = ("position_ids", "token_type_ids")
OLD = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
"""Names from TensorFlow's days."""
SHOWN = 5


def read_config(folder: str | Path, more: Sequence[str] = ()) -> PretrainedConfig:
    """Return the config of an encoder.

    Args:
        folder: of the model.
        more: architectures that are read in addition.

    Raises:
        TasbError: its architecture is not one of `SUPPORTED`, or its fields disagree.
    """
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    kind = config.model_type
    if kind in more:
        return config  # type: ignore[no-any-return]
    if kind not in SUPPORTED or getattr(config, "is_decoder", False):
        what = "a decoder" if kind in SUPPORTED else f"architecture '{kind}'"
        raise TasbError(
            f"{folder}/config.json: {what} cannot encode texts here; supported are encoders of "
            f"{', '.join(SUPPORTED)}"
        )
    families = {name: _family(AutoConfig.for_model(name)) for name in SUPPORTED}
    for said in config.architectures or ():
        of = [name for name, family in families.items() if said.startswith(family)]
        if of and kind not in of:
            raise TasbError(
                f"{folder}/config.json: model_type is '{kind}', but architectures has '{said}'; "
                "the config belongs to other weights"
            )
    found: PretrainedConfig = config
    return found


def _family(config: PretrainedConfig) -> str:
    """Return how the names of an architecture's classes begin."""
    return type(config).__name__.removesuffix("Config")


def positions(config: PretrainedConfig) -> int:
    """Return the tokens that a text may have."""
    unused = config.pad_token_id + 1 if config.model_type in OFFSET else 0
    return int(config.max_position_embeddings) - unused


def stored_shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights in a file by their names.

    Raises:
        TasbError: the file is damaged, or a pointer to one.
    """
    with Path(path).open("rb") as opened:
        refuse_pointer(Path(path), opened.read(len(POINTER)))
    try:
        with safe_open(path, framework="pt") as file:
            stored = file.keys()
            return {name: tuple(file.get_slice(name).get_shape()) for name in stored}
    except SafetensorError as error:
        raise TasbError(f"{path}: damaged or cut off ({error}); fetch it again") from None


def names_of(
    folder: str | Path,
    config: PretrainedConfig,
    with_head: bool = False,
    aside: Collection[str] = (),
) -> dict[str, str]:
    """Return the name in the file for each weight of an encoder, without reading the weights.

    Args:
        folder: of the model.
        config: its config.
        with_head: whether it is an encoder-decoder with its language-model head.
        aside: names in the file that are known to be those of a head.

    Raises:
        TasbError: the file is damaged; a weight is missing, but of a pooler, which is not used;
            a weight is left over, but of a head; or one has another shape.
    """
    path = Path(folder) / WEIGHTS
    shapes = stored_shapes(path)
    expected = expected_shapes(config, with_head)
    found: dict[str, str] = {}
    left_over = []
    for name in shapes:
        own = _own_name(name, expected)
        if own in expected and own not in found:
            found[own] = name
        elif own in expected or not (name in aside or _is_spare(own)):
            left_over.append(name)
    unused = TIED if with_head else ("pooler.",)
    missing = [name for name in expected if name not in found and not name.startswith(unused)]
    other = [
        f"{file_name} is {shapes[file_name]}, not {expected[own]}"
        for own, file_name in found.items()
        if shapes[file_name] != expected[own]
    ]
    _refuse(path, config, {"missing": missing, "left over": left_over, "of another shape": other})
    return found


def _refuse(path: Path, config: PretrainedConfig, wrong: Mapping[str, list[str]]) -> None:
    lines = [f"{len(names)} {what}: {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''}"
             for what, names in wrong.items() if names]  # fmt: skip
    if lines:
        raise TasbError(
            f"{path}: its weights are not those of the '{config.model_type}' of config.json "
            f"({'; '.join(lines)}); take both files from one model"
        )


def expected_shapes(
    config: PretrainedConfig, with_head: bool = False
) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a model's weights by name."""
    mapping: Any = MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING if with_head else MODEL_MAPPING
    architecture: Any = mapping[type(config)]
    with torch.device("meta"):
        model = architecture(config)
    return {name: tuple(value.shape) for name, value in model.state_dict().items()}


def _own_name(name: str, expected: Iterable[str]) -> str:
    """Return the name of a weight without what wrappers put before it."""
    for old, new in OLD.items():
        name = name.replace(old, new)
    while name not in expected:
        wrapper = next((wrapper for wrapper in WRAPPERS if name.startswith(wrapper)), None)
        if wrapper is None or name.startswith(HEADS):
            return name
        name = name.removeprefix(wrapper)
    return name


def _is_spare(name: str) -> bool:
    """Return whether a weight that an encoder does not have may be left aside."""
    return name.startswith(HEADS) or name.endswith(BUFFERS)


def load_encoder(folder: str | Path) -> Any:
    """Return the transformer of a folder, in fp32; every weight of it is from the file.

    Raises:
        TasbError: the weights are not those of config.json.
    """
    config = read_config(folder)
    names = names_of(folder, config)
    with safe_open(Path(folder) / WEIGHTS, framework="pt") as file:
        weights = {own: file.get_tensor(name).clone() for own, name in names.items()}
    architecture: Any = MODEL_MAPPING[type(config)]
    return architecture.from_pretrained(
        None, config=config, state_dict=weights, dtype=torch.float32
    )


def load_head(head: nn.Module, path: str | Path) -> None:
    """Load the weights of a head from the file of its model's weights.

    Raises:
        TasbError: the file has no such head.
    """
    with safe_open(path, framework="pt") as file:
        found = {name.removeprefix(HEAD): file.get_tensor(name).float()
                 for name in file.keys() if name.startswith(HEAD)}  # noqa: SIM118  # fmt: skip
    shapes = {name: value.shape for name, value in head.state_dict().items()}
    if {name: value.shape for name, value in found.items()} != shapes:
        names = ", ".join(HEAD + name for name in shapes)
        raise TasbError(
            f"{path}: no head of this model ({names}); take the weights of a model of the same kind"
        )
    head.load_state_dict(found)


def refuse_long_texts(config: PretrainedConfig, length: int, what: str) -> None:
    """Refuse texts that an encoder has no positions for.

    Raises:
        TasbError: names the lengths and the limit.
    """
    limit = positions(config)
    if length > limit:
        raise TasbError(
            f"{what}: {length} tokens, but the encoder has positions for {limit}; lower "
            "query_length or passage_length"
        )
