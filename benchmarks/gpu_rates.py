"""What is measured on the card, each with the limit that the card's own rates set."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gpu_checks import LOSSES, Live, top_k
from gpu_data import SPECIAL, Batch, Data, Sizes, new_encoder, write_folder

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.device import autocast, resolve_precision
from tasb.students.config import Training
from tasb.students.losses import in_batch_margin_mse, margin_mse
from tasb.students.objective import Objective


@dataclass(frozen=True)
class Rates:
    """What the card does at best."""

    products: float
    """Floating-point operations a second in matrix products, in the precision of training."""
    memory: float
    """Bytes a second, read and written."""


@dataclass(frozen=True)
class Row:
    """A measurement; `limit` and `peer` in the same unit, None where there is none."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    peer: float | None = None


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
    sizes: Sizes, data: Data, size: int, live: bool, rates: Rates, device: torch.device
) -> Row:
    """Measure steps of dual supervision; without a live teacher its margins are at hand."""
    precision = resolve_precision("auto", device)
    model = BertDot(new_encoder(sizes), Card()).to(device).train()
    teacher = ColBert(new_encoder(sizes), 0.02).to(device)
    source = Live(teacher, data, precision) if live else Stored(size)
    stores = data.queries, data.passages
    objective = Objective(Training(), LOSSES, model, *stores, source, precision)
    fused = device.type == "cuda"
    optimizer = torch.optim.Adam(model.parameters(), lr=7e-6, fused=fused)
    batches = data.batches(size, sizes.steps)

    def work() -> None:
        for batch in batches:
            objective.losses(batch)["loss"].backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    steps = sizes.steps / seconds(work, 1)
    tokens = sum(len(text) for batch in batches for text in _texts(data, batch)) / sizes.steps
    weights = weights_of_layers(model)
    operations = (6 + (2 if live else 0)) * weights * tokens
    adam = 28 * sum(p.numel() for p in model.parameters())  # 4 bytes: 4 values read, 3 written
    limit = 1 / (operations / rates.products + adam / rates.memory)
    name = "with a live ColBERT" if live else "student alone"
    peer = None if live else peer_training(sizes, data, batches, device)
    return Row(f"training, batch {size}, {name}", steps, "steps/s", limit, peer)


class Stored:
    """Margins that are at hand."""

    def __init__(self, size: int) -> None:
        self.values = np.random.default_rng(0).normal(-8, 3, (size, 2 * size)).astype(np.float16)

    def margins(self, _: object) -> np.ndarray:
        """Return the margins of any batch."""
        return self.values


def _texts(data: Data, batch: Batch) -> list[np.ndarray]:
    both = np.concatenate((batch.positive, batch.negative))
    queries = data.queries.texts(batch.query, SPECIAL, 30)
    return [*queries, *data.passages.texts(both, SPECIAL, 200)]


def encoding(sizes: Sizes, data: Data, rates: Rates, device: torch.device) -> Row:
    """Measure passages encoded to vectors, and sentence-transformers on the same texts."""
    precision = resolve_precision("auto", device)
    model = BertDot(new_encoder(sizes), Card()).to(device).eval()
    texts = data.passages.texts(range(len(data.passages)), model.encoder.special, 200)

    @torch.inference_mode()
    def work() -> None:
        for start in range(0, len(texts), 8_192):
            with autocast(precision, device):
                model(texts[start : start + 8_192], 65_536).float().cpu()

    rate = len(texts) / seconds(work, 1)
    operations = 2 * weights_of_layers(model) * np.mean([len(text) for text in texts])
    peer = _peer(sizes, data, precision)
    return Row("passages encoded", rate, "passages/s", rates.products / operations, peer)


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
    precision, margins = resolve_precision("auto", device), Stored(len(batches[0].query)).values
    teacher = torch.as_tensor(margins, device=device).float()

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
    rate = sizes.steps / seconds(lambda: [teacher.margins(batch) for batch in batches], 1)
    tokens = sum(len(text) for batch in batches for text in _texts(data, batch)) / sizes.steps
    limit = rates.products / (2 * weights_of_layers(model) * tokens)
    return Row(f"batches of {size} scored by ColBERT", rate, "batches/s", limit)


def search(sizes: Sizes, rates: Rates, device: torch.device) -> list[Row]:
    """Measure exact search over vectors that are on the card, in milliseconds."""
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    passages = torch.randn(sizes.vectors, sizes.dimensions, device=device, dtype=dtype)
    rows = []
    for count in sizes.searched:
        queries = torch.randn(count, sizes.dimensions, device=device)
        taken = 1e3 * seconds(lambda queries=queries: top_k(queries, passages, sizes.depth))
        operations = 2 * count * passages.numel()
        limit = 1e3 * max(passages.nbytes / rates.memory, operations / rates.products)
        what = f"top {sizes.depth:,} of {sizes.vectors:,}, {count:,} queries"
        rows.append(Row(what, taken, "ms", limit))
    return rows
