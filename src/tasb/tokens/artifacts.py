"""The artifacts of the tokens stage: pre-trained encoders, and tokens of all texts."""

from pathlib import Path
from typing import TYPE_CHECKING

from tasb.artifact import Artifact

if TYPE_CHECKING:
    from tasb.graph import Graph

MODEL = ("config.json", "model.safetensors")


def encoder(graph: "Graph", name: str) -> Artifact:
    """Weights and tokenizer of a pre-trained encoder, verified."""
    declared, folder = graph.config.encoders[name], f"results/encoders/{name}"
    files = (*MODEL, "tokenizer.json", "card.json") if declared.folder else ()
    brought = [Path(declared.folder or "", file).expanduser() for file in files]
    return Artifact(
        "tasb.encoders.source:make",
        f"encoders/{name}",
        {
            "model": [f"{folder}/{file}" for file in MODEL],
            "tokenizer": [f"{folder}/tokenizer.json"],
            "card": [f"{folder}/card.json"],
        },
        {"encoder": declared.model_dump(exclude={"licence"})},
        brought={"source": [str(path) for path in brought if path.is_file()]},
    )


def tokens(graph: "Graph", encoder: str, texts: str) -> Artifact:
    """Tokens of the passages (``passages``) or of a query set."""
    source = graph.passages()["passages"]
    if texts != "passages":
        source = graph.query_set(texts)["queries"]
    return Artifact(
        "tasb.tokens.tokenize:make",
        graph.name("tokens", encoder, texts),
        {"tokens": [graph.path("tokens", encoder, f"{texts}.arrow")]},
        {"limit": graph.section("tokens").limit},
        {"texts": source, "tokenizer": graph.encoder(encoder)["tokenizer"]},
    )
