"""What is measured on the card, each with the limit that the card's own rates set."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_checks import LOSSES, Live
from gpu_data import SPECIAL, Batch, Data, Held, Sizes, new_encoder, write_folder

from tasb.background import ahead, behind
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.device import Fetched, to_device
from tasb.models.encoder import Loaded
from tasb.models.precision import autocast, resolve_precision
from tasb.rankings.blocked import top_passages
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import Training
from tasb.students.losses import in_batch_margin_mse, margin_mse
from tasb.students.objective import Objective
from tasb.students.training import Trainer


@dataclass(frozen=True)
class Rates:
    """What the card does at best."""

    products: float
    """Floating-point operations a second in matrix products, in the precision of training."""
    memory: float
    """Bytes a second, read and written."""


@dataclass(frozen=True)
class Way:
    """How a training computes."""

    batch: int
    live: bool = False
    """With a ColBERT that scores each batch."""
    cache: int | None = None
    """Tokens whose activations are kept."""

    def __str__(self) -> str:
        name = "with a live ColBERT" if self.live else "student alone"
        kept = "" if self.cache is None else f", gradient cache of {self.cache:,} tokens"
        return f"batch {self.batch}, {name}{kept}"


@dataclass(frozen=True)
class Row:
    """A measurement; `limit` and `peer` in the same unit, None where there is none."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    peer: float | None = None
    memory: float | None = None
    """Peak memory of the card in gigabytes."""


def seconds(work: Callable[[], object], repetitions: int = 3) -> float:
    """Return the shortest of some times, after one that is not measured."""
    found = []
    for _ in range(repetitions + 1):
        started = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        found.append(time.perf_counter() - started)
    return min(found[1:])


def card_rates(sizes: Sizes, device: torch.device, precision: str) -> Rates:
    """Measure matrix products and copies on the device."""
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)
    first, second = (torch.randn(sizes.matrix, sizes.matrix, device=device).to(dtype)
                     for _ in range(2))  # fmt: skip
    block = torch.ones(sizes.matrix**2 * 4, device=device)
    products = 2 * sizes.matrix**3 / seconds(lambda: first @ second)
    return Rates(products, 2 * block.nbytes / seconds(lambda: block.mul_(1.0)))


def weights_of_layers(encoder: torch.nn.Module) -> int:
    """Return the weights that each token is multiplied with: those of all linear layers."""
    linear = (module for module in encoder.modules() if isinstance(module, torch.nn.Linear))
    return sum(module.weight.numel() for module in linear)


def training(
    sizes: Sizes, data: Data, rates: Rates, on: torch.device, way: Way, peer: bool = False
) -> Row:
    """Measure steps of dual supervision, as a training job makes them."""
    precision = resolve_precision("auto", on)
    model = BertDot(new_encoder(sizes), Card()).to(on)
    source: Any = Stored(way.batch, on)
    if way.live:
        source = Live(ColBert(new_encoder(sizes), 0.02).to(on), data, precision)
    settings = Training(
        batch_size=way.batch, gradient_cache=way.cache, early_stopping=None,
        checkpoint_interval=10**9, log_interval=sizes.steps,
    )  # fmt: skip
    if way.cache is None:
        model.encoder.record(precision)
    if on.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    stores = data.queries, data.passages
    objective = Objective(settings, LOSSES, model, *stores, source, precision)
    trainer = Trainer(settings, objective, None, CheckpointFolder("none", ""))
    batches = data.batches(way.batch, sizes.steps)
    steps = sizes.steps / seconds(lambda: trainer.train(batches), 2)
    tokens = sum(_tokens(data, batch) for batch in batches) / sizes.steps
    passes = 6 + (2 if way.cache else 0) + (2 if way.live else 0)
    adam = 28 * sum(p.numel() for p in model.parameters())  # 4 bytes: 4 values read, 3 written
    limit = 1 / (passes * weights_of_layers(model) * tokens / rates.products + adam / rates.memory)
    memory = torch.cuda.max_memory_allocated() / 1e9 if on.type == "cuda" else None
    compared = peer_training(sizes, data, batches, on) if peer else None
    return Row(f"training, {way}", steps, "steps/s", limit, compared, memory)


class Stored:
    """Margins that are at hand."""

    def __init__(self, size: int, on: torch.device) -> None:
        values = np.random.default_rng(0).normal(-8, 3, (size, 2 * size)).astype(np.float16)
        self.values, self.on = values, on

    def inputs(self, _: object) -> torch.Tensor:
        """Return the margins of any batch, on the device."""
        return to_device(self.values, self.on)

    def targets(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return them as they are."""
        return inputs


def _tokens(data: Data, batch: Batch) -> int:
    both = np.concatenate((batch.positive, batch.negative))
    queries = data.queries.texts(batch.query, SPECIAL, 30)
    return len(queries.ids) + len(data.passages.texts(both, SPECIAL, 200).ids)


def encoding(sizes: Sizes, data: Data, rates: Rates, device: torch.device) -> Row:
    """Measure passages encoded to fp16 vectors, and sentence-transformers on the same texts."""
    precision = resolve_precision("auto", device)
    model = BertDot(new_encoder(sizes), Card()).to(device).eval()
    special, count = model.encoder.special, len(data.passages)
    blocks = [range(at, min(at + 4_096, count)) for at in range(0, count, 4_096)]

    def ready(rows: range) -> Loaded:
        return model.encoder.ready(data.passages.texts(rows, special, 200), 131_072)

    def encode(texts: Loaded) -> Fetched:
        with autocast(precision, device):
            return Fetched(model(texts).half())

    @torch.inference_mode()
    def work() -> None:
        for found in behind(map(encode, ahead(blocks, ready))):
            found.numpy()

    rate = count / seconds(work, 1)
    tokens = len(data.passages.texts(range(count), special, 200).ids) / count
    limit = rates.products / (2 * weights_of_layers(model) * tokens)
    return Row("passages encoded", rate, "passages/s", limit, _peer(sizes, data, precision))


def _peer(sizes: Sizes, data: Data, precision: str) -> float | None:
    """Return passages a second of sentence-transformers, or None where it is not installed."""
    model = _peer_model(sizes)
    if model is None:
        return None
    count = min(len(data.passages), 8_192)
    words = data.passages.words(range(count))
    if precision == "bf16":
        model.bfloat16()
    return count / seconds(lambda: model.encode(words, batch_size=256), 1)


def _peer_model(sizes: Sizes) -> Any:
    """Return the same weights in sentence-transformers, or None where it is not installed."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        return SentenceTransformer(str(write_folder(sizes, Path(folder))))


def peer_training(
    sizes: Sizes, data: Data, batches: list[Batch], device: torch.device
) -> float | None:
    """Return the steps a second of a plain loop over sentence-transformers' model.

    Texts are tokenized and padded by it; losses and optimizer are ours.
    """
    model = _peer_model(sizes)
    if model is None:
        return None
    model.to(device).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=7e-6, fused=device.type == "cuda")
    precision = resolve_precision("auto", device)
    teacher = Stored(len(batches[0].query), device).inputs(None).float()

    def vectors(words: list[str]) -> torch.Tensor:
        features = {name: value.to(device) for name, value in model.tokenize(words).items()
                    if isinstance(value, torch.Tensor)}  # fmt: skip
        with autocast(precision, device):
            found: torch.Tensor = model(features)["sentence_embedding"]
        return found.float()

    def work() -> None:
        for batch in batches:
            both = [*batch.positive, *batch.negative]
            query = vectors(data.queries.words(batch.query))
            every = query @ vectors(data.passages.words(both)).T
            b, margin = len(query), torch.as_tensor(batch.margin, device=device)
            loss = margin_mse(every.diagonal(), every[:, b:].diagonal(), margin)
            (loss + 0.75 * in_batch_margin_mse(every, teacher, "released")).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    return len(batches) / seconds(work, 1)


def plan_scores(sizes: Sizes, data: Data, rates: Rates, device: torch.device) -> Row:
    """Measure batches that ColBERT scores before a training."""
    size, precision = sizes.batches[0], resolve_precision("auto", device)
    model = ColBert(new_encoder(sizes), 0.02).to(device)
    teacher, batches = Live(model, data, precision), data.batches(size, sizes.steps)

    def work() -> None:
        scored = (Fetched(teacher.targets(texts)) for texts in ahead(batches, teacher.inputs))
        for found in behind(scored):
            found.numpy()

    rate = sizes.steps / seconds(work, 1)
    tokens = sum(_tokens(data, batch) for batch in batches) / sizes.steps
    limit = rates.products / (2 * weights_of_layers(model) * tokens)
    return Row(f"batches of {size} scored by ColBERT", rate, "batches/s", limit)


def search(sizes: Sizes, rates: Rates, device: torch.device) -> list[Row]:
    """Measure exact search over vectors that are on the card, in milliseconds."""
    shape = sizes.vectors, sizes.dimensions
    passages = torch.randn(shape, device=device, dtype=torch.float16)
    rows = []
    for count in sizes.searched:
        queries = torch.randn(count, sizes.dimensions).numpy()
        held = Held(passages)
        taken = 1e3 * seconds(
            lambda queries=queries, held=held: top_passages(queries, held, sizes.depth)
        )
        operations = 2 * count * passages.numel()
        limit = 1e3 * max(passages.nbytes / rates.memory, operations / rates.products)
        what = f"top {sizes.depth:,} of {sizes.vectors:,}, {count:,} queries"
        rows.append(Row(what, taken, "ms", limit))
    return rows
