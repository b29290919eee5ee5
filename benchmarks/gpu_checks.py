"""GPU and CPU give the same: losses, gradients, vectors, rankings, clusters."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from gpu_data import TINY, Data, Sizes, new_encoder

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.device import autocast
from tasb.students.config import Training
from tasb.students.objective import Objective

LOSSES = {
    "pairwise": {"function": "tasb.students.losses:margin_mse"},
    "in_batch": {"function": "tasb.students.losses:in_batch_margin_mse", "form": "released"},
    "alpha": 0.75,
}


class Live:
    """An in-batch teacher on the device, as `tasb.teachers.in_batch.LiveTeacher`."""

    def __init__(self, model: ColBert, data: Data, precision: str) -> None:
        self.model, self.data, self.precision = model.eval(), data, precision
        self.device = next(model.parameters()).device

    @torch.inference_mode()
    def margins(self, batch: object) -> np.ndarray:
        """Return the margins of a batch, fp16 (b, 2b)."""
        special, both = self.model.encoder.special, np.concatenate((batch.positive, batch.negative))
        queries = self.data.queries.texts(batch.query, special, 30)
        passages = self.data.passages.texts(both, special, 200)
        with autocast(self.precision, self.device):
            scores = self.model.all_scores(queries, passages, 16_384)
        return (scores - scores.diagonal()[:, None]).cpu().numpy().astype(np.float16)


def top_k(
    queries: torch.Tensor, passages: torch.Tensor, k: int, block: int = 2**20
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scores and positions of the largest inner products, (queries, k), block by block."""
    scores = torch.empty((len(queries), 0), device=passages.device)
    found = torch.empty((len(queries), 0), dtype=torch.int64, device=passages.device)
    queries = queries.to(passages.dtype)
    for start in range(0, len(passages), block):
        part = queries @ passages[start : start + block].T
        best, rows = part.float().topk(min(k, part.shape[1]), dim=1)
        scores, found = torch.cat((scores, best), 1), torch.cat((found, rows + start), 1)
        kept = scores.topk(min(k, scores.shape[1]), dim=1)
        scores, found = kept.values, found.gather(1, kept.indices)
    return scores, found


def checks(data: Data, device: torch.device) -> list[dict[str, object]]:
    """Return a row for each thing that is compared, with the largest relative difference."""
    sizes, batch = TINY, data.batches(8, 1)[0]
    model = BertDot(new_encoder(sizes, dropout=0.0), Card())
    torch.manual_seed(1)
    teacher = ColBert(new_encoder(sizes, dropout=0.0), 0.5)
    sides = [_losses(copy.deepcopy(model).to(on), copy.deepcopy(teacher).to(on), data, batch)
             for on in (torch.device("cpu"), device)]  # fmt: skip
    texts = data.passages.texts(range(64), model.encoder.special, 200)
    with torch.inference_mode():
        vectors = [copy.deepcopy(model).eval().to(on)(texts, 8_192).cpu() for on in ("cpu", device)]
    return [
        _row("losses", sides[0][0], sides[1][0], 1e-4),
        _row("gradients", sides[0][1], sides[1][1], 1e-3),
        _row("vectors", *vectors, 1e-4),
        _rankings(sizes, device),
        _clusters(sizes, device),
    ]


def _losses(
    model: BertDot, teacher: ColBert, data: Data, batch: object
) -> tuple[torch.Tensor, torch.Tensor]:
    stores = data.queries, data.passages
    settings = Training(precision="fp32")
    objective = Objective(settings, LOSSES, model, *stores, Live(teacher, data, "fp32"), "fp32")
    losses = objective.losses(batch)
    losses["loss"].backward()
    gradients = [p.grad.flatten().cpu() for p in model.parameters() if p.grad is not None]
    return torch.stack([value.detach().cpu() for value in losses.values()]), torch.cat(gradients)


def _row(what: str, cpu: torch.Tensor, gpu: torch.Tensor, limit: float) -> dict[str, object]:
    difference = float((cpu - gpu).abs().max() / cpu.abs().max())
    return {"check": what, "difference": difference, "limit": limit, "equal": difference <= limit}


def _rankings(sizes: Sizes, device: torch.device) -> dict[str, object]:
    """Compare positions; scores are whole numbers, so that they are exact and without ties."""
    torch.manual_seed(2)
    passages = torch.randint(-8, 9, (4_000, sizes.dimensions)).float()
    queries = torch.randint(-8, 9, (5, sizes.dimensions)).float()
    sides: list[Callable[[], torch.Tensor]] = [
        lambda on=on: top_k(queries.to(on), passages.to(on), 50, 1_000)[0].cpu()
        for on in (torch.device("cpu"), device)
    ]
    return _row("scores of rankings", sides[0](), sides[1](), 0.0)


def _clusters(sizes: Sizes, device: torch.device) -> dict[str, object]:
    """Compare the assignment to given centroids, the inner product of Eq. 10 as released."""
    torch.manual_seed(3)
    vectors, centroids = torch.randn(5_000, sizes.dimensions), torch.randn(50, sizes.dimensions)
    assigned = [(vectors.to(on) @ centroids.to(on).T).argmax(1).cpu() for on in ("cpu", device)]
    other = float((assigned[0] != assigned[1]).float().mean())
    return {"check": "clusters", "difference": other, "limit": 1e-3, "equal": other <= 1e-3}
