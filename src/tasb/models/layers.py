"""Where each architecture keeps its layers, and the layers that a training leaves as they are."""

from dataclasses import dataclass

from transformers import PreTrainedModel

from tasb.errors import TasbError


@dataclass(frozen=True)
class Layers:
    """Where an architecture keeps its layers, and the names of modules inside of one."""

    path: str
    attention: str
    query: str
    key: str
    value: str
    output: str | None
    """The projection that the attention itself applies to what it has read."""
    after: str
    """The first module behind the attention; from there on no token reads another."""


EMBEDDINGS = "embeddings"
"""The module that every one of them keeps its embeddings in."""
ARCHITECTURES = {
    "bert": Layers(
        path="encoder.layer",
        attention="attention.self",
        query="query",
        key="key",
        value="value",
        output=None,
        after="attention.output",
    ),
    "distilbert": Layers(
        path="transformer.layer",
        attention="attention",
        query="q_lin",
        key="k_lin",
        value="v_lin",
        output="out_lin",
        after="sa_layer_norm",
    ),
}


def freeze(transformer: PreTrainedModel, count: int, key: str) -> None:
    """Keep the weights of the embeddings and of the lowest layers as they are.

    Args:
        transformer: the encoder.
        count: how many layers; with 0 the embeddings are trained, too.
        key: the config key that says so.

    Raises:
        TasbError: no layer is left to train, or it is not known where the layers are.
    """
    if not count:
        return
    kind, depth = transformer.config.model_type, transformer.config.num_hidden_layers
    if kind not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise TasbError(f"{key}: the layers of architecture '{kind}' are not known; known: {known}")
    if count >= depth:
        raise TasbError(
            f"{key}: {count}, but the encoder has {depth} layers, of which one at least is trained"
        )
    names = ARCHITECTURES[kind]
    lowest = [f"{names.path}.{layer}" for layer in range(count)]
    for module in (EMBEDDINGS, *lowest):
        transformer.get_submodule(module).requires_grad_(False)
