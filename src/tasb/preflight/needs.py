"""What artifacts need: bytes on the disk and from the network, matrix products, memory."""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tasb.artifact import Artifact
from tasb.graph import Graph
from tasb.preflight.sizes import Shape, shape_of

TOKENS = 60
"""Tokens of a passage on average, about those of MS MARCO."""
QUERY_TOKENS = 10
PACKED = 120
"""Bytes of a passage, packed: those of MS MARCO's archive."""
ROW = 40
"""Bytes of a line of a ranking, in both formats."""
QUERIES = 100
"""Queries of a reported set, about."""
STATE = 16
"""Bytes in memory of a weight in training: itself, its gradient, and Adam's two averages."""
KEPT = 34
"""Bytes in memory that a layer keeps of each token and dimension for its backward pass, in bf16
(Korthikanti et al. 2022, without attention's own)."""
AT_ONCE = 2
"""Dense systems whose vectors are on the disk together, where they are not kept."""
TERM = 12
"""Bytes in memory of each word of each passage while BM25 indexes them, at least."""


@dataclass
class Estimate:
    """What one artifact needs."""

    fetched: float = 0.0
    """Bytes from the network, about."""
    disk: float = 0.0
    """Bytes that stay."""
    passing: float = 0.0
    """Bytes that are deleted once nothing needs them."""
    flop: float = 0.0
    """Of matrix products."""
    memory: float = 0.0
    """Bytes of the device that computes it, at least."""
    on_device: bool = False
    """Whether that is the GPU, where there is one."""


@dataclass
class Needs:
    """What some artifacts need."""

    jobs: int = 0
    trainings: int = 0
    fetched: float = 0.0
    """Bytes from the network, as far as their size is known."""
    unknown: list[str] = field(default_factory=list)
    """Downloads whose size is not declared."""
    kept: float = 0.0
    """Bytes of results that stay."""
    passing: dict[str, float] = field(default_factory=dict)
    """Bytes of vectors that do not, by system."""
    flop: float = 0.0
    """Of matrix products."""
    memory: float = 0.0
    """Bytes of the job that needs most, on CPUs."""
    device: float = 0.0
    """Bytes of the job that needs most, of those that compute with a model."""

    @property
    def disk(self) -> float:
        """Bytes of results at the time when there are most."""
        return self.kept + sum(sorted(self.passing.values())[-AT_ONCE:])

    def add(self, artifact: Artifact, found: Estimate) -> None:
        """Count an artifact."""
        self.jobs += 1
        self.trainings += "times" in artifact.files
        self.fetched += found.fetched
        self.kept += found.disk
        system = artifact.name.split("/")[2] if found.passing else ""
        if found.passing:
            self.passing[system] = self.passing.get(system, 0.0) + found.passing
        self.flop += found.flop
        if found.on_device:
            self.device = max(self.device, found.memory)
        else:
            self.memory = max(self.memory, found.memory)


def needs(
    graph: Graph,
    artifacts: Iterable[Artifact],
    passages: int,
    todo: Container[str] | None = None,
) -> Needs:
    """Return what some artifacts need that are to be made.

    Args:
        graph: of the config.
        artifacts: each once.
        passages: of the collection.
        todo: files that will be made; None for those that are not there.
    """
    found = Needs()
    for artifact in artifacts:
        if not any(_is_due(path, todo) for path in graph.lasting(artifact)):
            continue
        stage = artifact.name.split("/")[0]
        estimate = ESTIMATES[stage](graph, artifact, passages) if stage in ESTIMATES else Estimate()
        found.add(artifact, estimate)
        if stage == "downloads" and not estimate.fetched:
            found.unknown.append(artifact.name.split("/")[1])
    return found


def _is_due(path: str, todo: Container[str] | None) -> bool:
    return not Path(path).is_file() if todo is None else path in todo


def _download(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    size = graph.config.downloads[artifact.name.split("/")[1]].size
    return Estimate(fetched=size, disk=size)


def _encoder(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    size = 4.0 * shape_of(graph, artifact).weights
    hub = graph.config.encoders[artifact.name.split("/")[1]].hub
    return Estimate(fetched=size if hub else 0.0, disk=size)


def _collection(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    if "passages" not in artifact.files:
        return Estimate()
    fetched = PACKED * passages if graph.config.data.ir_datasets else 0.0
    return Estimate(fetched=fetched, disk=PACKED * passages)


def _tokens(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    is_of_passages = artifact.name.endswith("/passages")
    return Estimate(disk=2.0 * TOKENS * passages * is_of_passages)


def _training(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    if "times" not in artifact.files:
        return Estimate()
    settings, shape = artifact.settings["training"], shape_of(graph, artifact)
    texts = settings["batch_size"] * (1 + settings["negatives"])
    tokens = min(TOKENS, settings["passage_length"]) * texts
    tokens += QUERY_TOKENS * settings["batch_size"]
    at_once = min(tokens, settings.get("gradient_cache") or tokens)
    return Estimate(
        disk=4.0 * shape.weights,
        flop=6.0 * shape.products * tokens * settings["steps"],
        memory=STATE * shape.weights + _activations(shape, at_once),
        on_device=True,
    )


def _activations(shape: Shape, tokens: int) -> float:
    return float(KEPT * shape.layers * shape.dimensions * tokens)


def _vectors(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    shape, shards = shape_of(graph, artifact), artifact.settings.get("shards", 1)
    if "/tokens/" in artifact.name:
        each = TOKENS * 2 * shape.dimensions
    elif artifact.settings.get("texts") == "passages":
        each = 2 * shape.dimensions
    else:
        return Estimate()
    size, kept = passages / shards * each, graph.config.keep_vectors
    return Estimate(
        disk=size if kept else 0.0,
        passing=0.0 if kept else size,
        flop=2.0 * shape.products * TOKENS * passages / shards,
        memory=4.0 * shape.weights,
        on_device=True,
    )


def _rankings(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    depth = artifact.settings.get("depth", graph.config.rankings.depth)
    lexical = artifact.make.startswith("tasb.rankings.lexical")
    return Estimate(
        disk=ROW * min(depth, passages) * QUERIES * len(artifact.files["ranking"]),
        memory=TERM * TOKENS * passages * lexical,
    )


def _plans(graph: Graph, artifact: Artifact, passages: int) -> Estimate:
    if "scores" not in artifact.files:
        return Estimate()
    shape = shape_of(graph, artifact)
    start, stop = artifact.part.get("steps", (0, 0))
    steps, batch = stop - start, artifact.settings.get("batch_size", 32)
    flop = 2.0 * shape.products * 2 * batch * TOKENS * steps
    return Estimate(
        disk=4.0 * batch**2 * steps, flop=flop, memory=4.0 * shape.weights, on_device=True
    )


ESTIMATES: dict[str, Callable[[Graph, Artifact, int], Estimate]] = {
    "downloads": _download,
    "encoders": _encoder,
    "collection": _collection,
    "tokens": _tokens,
    "students": _training,
    "vectors": _vectors,
    "rankings": _rankings,
    "plans": _plans,
}
"""The estimate of an artifact, by its stage; what is not listed is small next to them."""
