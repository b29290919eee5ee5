"""What a run will need, before its first job: downloads, disk, jobs, and hours on this device.

The hours are matrix products over the rate of this device, see `rate`. They are a guide to days or
hours, not to minutes.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tasb.artifact import Artifact
from tasb.collection.tables import count_texts
from tasb.files import read_json
from tasb.graph import Graph

TOKENS = 60
"""Tokens of a passage on average, about those of MS MARCO."""
QUERY_TOKENS = 10
LAYERS = {"layers": 6, "dimensions": 768}
"""Of an encoder that is not here yet: DistilBERT's."""
USED = 0.4
"""Share of the rate of matrix products that a training or an encoding reaches, about."""
MODEL = 6.5
"""Bytes of a model on the disk for each weight of its layers, word embeddings included, about."""
ROW = 40
"""Bytes of a line of a ranking, in both formats."""


@dataclass
class Needs:
    """What some artifacts need."""

    jobs: int = 0
    fetched: int = 0
    """Bytes from the network, as far as their size is declared."""
    unknown: list[str] = field(default_factory=list)
    """Downloads whose size is not declared."""
    disk: float = 0.0
    """Bytes of results."""
    flop: float = 0.0
    """Of matrix products."""


@dataclass(frozen=True)
class Sizes:
    """What the estimates are made from."""

    passages: int
    queries: int


def sizes_of(graph: Graph) -> Sizes:
    """Return how many passages there are, and about how many queries train.

    Raises:
        ValueError: they are not known before the collection is read.
    """
    data, made = graph.config.data, graph.passages().files["passages"][0]
    if Path(made).is_file():
        passages = count_texts(made)
    elif data.ir_datasets is not None:
        import ir_datasets

        found = ir_datasets.load(data.ir_datasets).docs_metadata() or {}
        passages = int(found.get("count") or 0)
    else:
        passages = _lines(Path(data.folder or "", data.passages or "").expanduser())
    if not passages:
        raise ValueError("the number of passages is not known before they are read; run "
                         f"'snakemake --cores all {made}' first")  # fmt: skip
    queries = graph.query_set("training").files["queries"][0] if data.train else ""
    trained = count_texts(queries) if Path(queries).is_file() else passages // 10
    return Sizes(passages, trained)


def _lines(path: Path) -> int:
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 24), b""))


def needs(graph: Graph, artifacts: Iterable[Artifact], sizes: Sizes) -> Needs:
    """Return what some artifacts need that are not there yet."""
    found = Needs()
    for artifact in artifacts:
        if all(Path(path).is_file() for path in artifact.paths):
            continue
        found.jobs += 1
        stage = artifact.name.split("/")[0]
        if stage == "downloads":
            size = artifact.settings["download"]["bytes"]
            found.fetched += size or 0
            found.disk += size or 0
            found.unknown += [] if size else [artifact.name.split("/")[1]]
        if stage in ESTIMATES:
            disk, flop = ESTIMATES[stage](graph, artifact, sizes)
            found.disk += disk
            found.flop += flop
    return found


def _weights(graph: Graph, encoder: str) -> tuple[int, int]:
    """Return the weights in an encoder's layers, and its dimensions."""
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
    return int(layers * (4 * dimensions**2 + 2 * dimensions * inner)), int(dimensions)


def _encoder(graph: Graph, artifact: Artifact) -> str:
    """Return the encoder whose tokenizer an artifact uses, or on which a training rests."""
    names = [made.name for made in artifact.closure() if made.name.startswith("encoders/")]
    return names[0].partition("/")[2] if names else ""


def _training(graph: Graph, artifact: Artifact, sizes: Sizes) -> tuple[float, float]:
    if "times" not in artifact.files:
        return 0.0, 0.0
    settings = artifact.settings["training"]
    weights, _ = _weights(graph, _encoder(graph, artifact))
    passages = settings["batch_size"] * (1 + settings["negatives"])
    tokens = min(TOKENS, settings["passage_length"]) * passages
    tokens += QUERY_TOKENS * settings["batch_size"]
    return MODEL * weights, 6.0 * weights * tokens * settings["steps"]


def _vectors(graph: Graph, artifact: Artifact, sizes: Sizes) -> tuple[float, float]:
    weights, dimensions = _weights(graph, _encoder(graph, artifact))
    shards = artifact.settings.get("shards", 1)
    if "/tokens/" in artifact.name:
        each = TOKENS * 2 * dimensions
    elif artifact.settings.get("texts") == "passages":
        each = 2 * dimensions
    else:
        return 0.0, 0.0
    passages = sizes.passages / shards
    return passages * each, 2.0 * weights * TOKENS * passages


def _rankings(graph: Graph, artifact: Artifact, sizes: Sizes) -> tuple[float, float]:
    depth = artifact.settings.get("depth", graph.config.rankings.depth)
    return ROW * min(depth, sizes.passages) * 100.0 * len(artifact.files["ranking"]), 0.0


def _plans(graph: Graph, artifact: Artifact, sizes: Sizes) -> tuple[float, float]:
    if "scores" not in artifact.files:
        return 0.0, 0.0
    weights, _ = _weights(graph, _encoder(graph, artifact))
    start, stop = artifact.part.get("steps", (0, 0))
    steps, batch = stop - start, artifact.settings.get("batch_size", 32)
    return 4.0 * batch**2 * steps, 2.0 * weights * 2 * batch * TOKENS * steps


ESTIMATES = {"students": _training, "vectors": _vectors, "rankings": _rankings, "plans": _plans}
"""Bytes and FLOP of an artifact, by its stage; what is not listed is small next to them."""


def rate() -> float:
    """Return the FLOP a second of matrix products on this device, in the precision of `auto`."""
    import torch

    from tasb.models.device import device
    from tasb.models.precision import resolve_precision

    on = device()
    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}
    dtype = kind.get(resolve_precision("auto", on), torch.float32)
    size = 4096 if on.type == "cuda" else 1024
    first, second = (torch.randn(size, size, device=on).to(dtype) for _ in range(2))
    times = []
    for _ in range(8):
        started = time.perf_counter()
        product = first @ second
        float(product[0, 0])  # waits for a GPU
        times.append(time.perf_counter() - started)
    return float(2 * size**3 / min(times))


def report(graph: Graph, flops: float, free: int) -> str:
    """Return what each target needs and what all of them need, as a table.

    Args:
        graph: of the config.
        flops: see `rate`.
        free: bytes that the disk of ``results`` has left.
    """
    sizes = sizes_of(graph)
    lines = [f"{'target':24}{'jobs':>7}{'GB of results':>15}{'hours here':>12}"]
    every: dict[str, Artifact] = {}
    for name in graph.config.chosen:
        made = {artifact.name: artifact for artifact in graph.target(name)}
        every |= made
        lines.append(_line(name, needs(graph, made.values(), sizes), flops))
    total = needs(graph, every.values(), sizes)
    lines += [_line("all together", total, flops), ""]
    lines.append(f"{sizes.passages:,} passages; matrix products here {flops / 1e12:,.1f} TFLOP/s, "
                 f"of which {USED:.0%} are counted on.")  # fmt: skip
    unknown = f", and {', '.join(total.unknown)} of unknown size" if total.unknown else ""
    lines.append(f"To be fetched: {total.fetched / 1e9:.1f} GB declared{unknown}; encoders and "
                 "ir_datasets' files come on top.")  # fmt: skip
    short = total.disk - free
    lines.append(f"Free on the disk: {free / 1e9:,.0f} GB." if short < 0 else
                 f"error: the disk has {free / 1e9:,.0f} GB free, and {total.disk / 1e9:,.0f} are "
                 "needed: make room, or leave systems out of 'targets'")  # fmt: skip
    return "\n".join(lines)


def _line(name: str, found: Needs, flops: float) -> str:
    hours = found.flop / (USED * flops) / 3600
    shown = f"{hours:,.1f}" if hours < 100 else f"{math.ceil(hours):,}"
    return f"{name:24}{found.jobs:7,}{found.disk / 1e9:15,.1f}{shown:>12}"
