"""What estimates are made from: the passages of a collection, the weights of an encoder."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasb.artifact import Artifact
from tasb.files import read_json
from tasb.graph import Graph

LAYERS = {"layers": 6, "dimensions": 768, "vocabulary": 30_522}
"""Of an encoder that is not here yet: DistilBERT's."""


@dataclass(frozen=True)
class Shape:
    """An encoder."""

    layers: int
    dimensions: int
    inner: int
    vocabulary: int

    @property
    def products(self) -> int:
        """Weights of its layers, which each token is multiplied with."""
        return self.layers * (4 * self.dimensions**2 + 2 * self.dimensions * self.inner)

    @property
    def weights(self) -> int:
        """The same with its word embeddings."""
        return self.products + self.vocabulary * self.dimensions


def passages_of(graph: Graph) -> int:
    """Return how many passages the collection has; 0 if that is not known before they are read."""
    data, made = graph.config.data, graph.passages().files["passages"][0]
    if Path(made).is_file():
        return int(pq.read_metadata(made).num_rows)
    if data.ir_datasets is not None:
        import ir_datasets

        found = ir_datasets.load(data.ir_datasets).docs_metadata() or {}
        return int(found.get("count") or 0)
    return _lines(Path(data.folder or "", data.passages or "").expanduser())


def _lines(path: Path) -> int:
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 24), b""))


def shape_of(graph: Graph, artifact: Artifact) -> Shape:
    """Return the encoder whose tokenizer an artifact uses, or on which a training rests."""
    names = [made.name for made in artifact.closure() if made.name.startswith("encoders/")]
    encoder = names[0].partition("/")[2] if names else ""
    declared = graph.config.encoders[encoder]
    folders = [Path(f"results/encoders/{encoder}"), Path(declared.folder or "nowhere").expanduser()]
    spec = find_spec(declared.package) if declared.package else None
    if spec is not None and spec.origin:
        folders += [path.parent for path in Path(spec.origin).parent.rglob("config.json")]
    path = next(
        (each / "config.json" for each in folders if (each / "config.json").is_file()), None
    )
    config: dict[str, Any] = read_json(path) if path else {}
    layers = config.get("num_hidden_layers", config.get("n_layers", LAYERS["layers"]))
    dimensions = config.get("hidden_size", config.get("dim", LAYERS["dimensions"]))
    inner = config.get("intermediate_size", config.get("hidden_dim", 4 * dimensions))
    vocabulary = config.get("vocab_size", LAYERS["vocabulary"])
    return Shape(int(layers), int(dimensions), int(inner), int(vocabulary))
