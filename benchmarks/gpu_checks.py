"""GPU and CPU give the same: losses, gradients, vectors, rankings, clusters."""

import copy
from typing import Any

import numpy as np
import torch
from gpu_data import TINY, Data, Held, Sizes, new_encoder

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.device import device_of
from tasb.models.inputs import Inputs
from tasb.models.precision import autocast, resolve_precision
from tasb.rankings.blocked import top_passages
from tasb.students.config import Training
from tasb.students.objective import Objective
from tasb.tokens.texts import Texts

LOSSES = {
    "pairwise": {"function": "tasb.students.losses:margin_mse", "options": {}},
    "in_batch": {
        "function": "tasb.students.losses:in_batch_margin_mse",
        "options": {"form": "released"},
    },
    "alpha": 0.75,
}


class Live:
    """An in-batch teacher on the device, as `tasb.teachers.in_batch.LiveTeacher`."""

    def __init__(self, model: ColBert, data: Data, precision: str) -> None:
        self.model, self.data, self.precision = model.eval(), data, precision
        self.device = device_of(model)
        self.model.requires_grad_(False).encoder.record(precision)

    def inputs(self, batch: Any) -> Inputs:
        """Return the texts of a batch."""
        special, both = self.model.encoder.special, np.concatenate((batch.positive, batch.negative))
        queries = self.data.queries.texts(batch.query, special, 30)
        return self.model.inputs(queries, self.data.passages.texts(both, special, 200), None)

    @torch.no_grad()
    def targets(self, inputs: Inputs) -> torch.Tensor:
        """Return the margins of a batch, fp16 (b, 2b)."""
        with autocast(self.precision, self.device):
            scores = self.model.all_scores(inputs)
        return (scores - scores.diagonal()[:, None]).half()


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
        vectors = [_vectors(copy.deepcopy(model).eval().to(on), texts) for on in ("cpu", device)]
    return [
        _packed(model, texts, device),
        _recorded(model, teacher, data, device),
        _row("losses", sides[0][0], sides[1][0], 1e-4),
        _row("gradients", sides[0][1], sides[1][1], 1e-3),
        _row("vectors", *vectors, 1e-4),
        _rankings(sizes, device),
        _clusters(sizes, device),
    ]


def _vectors(model: BertDot, texts: Texts) -> torch.Tensor:
    return model(model.encoder.ready(texts, 8_192)).cpu()


def _losses(
    model: BertDot, teacher: ColBert, data: Data, batch: object
) -> tuple[torch.Tensor, torch.Tensor]:
    stores = data.queries, data.passages
    settings = Training(precision="fp32")
    objective = Objective(settings, LOSSES, model, *stores, Live(teacher, data, "fp32"), "fp32")
    losses = objective.losses(objective.ready(batch))
    losses["loss"].backward()
    gradients = [p.grad.flatten().cpu() for p in model.parameters() if p.grad is not None]
    return torch.stack([value.detach().cpu() for value in losses.values()]), torch.cat(gradients)


def _packed(model: BertDot, texts: Texts, device: torch.device) -> dict[str, object]:
    """Compare packed texts with padded ones, in the precision that is trained in."""
    model, found = copy.deepcopy(model).to(device).eval(), []
    with torch.inference_mode(), autocast(resolve_precision("auto", device), device):
        for model.encoder.packs in (False, True):
            found.append(_vectors(model, texts))
    limit = 1e-5 if resolve_precision("auto", device) == "fp32" else 3e-2
    return _row("packed and padded", *found, limit)


def _recorded(
    model: BertDot, teacher: ColBert, data: Data, device: torch.device
) -> dict[str, object]:
    """Compare losses of replayed passes, of other texts each time, with those of none.

    Student and teacher, in the precision that is trained in, without dropout.
    """
    precision, found = resolve_precision("auto", device), []
    batches = data.batches(8, 12)
    for records in (False, True):
        trained = copy.deepcopy(model).to(device).train()
        live = Live(copy.deepcopy(teacher).to(device), data, precision)
        if records:
            trained.encoder.record(precision)
        else:
            live.model.encoder.recorder = None
        stores = data.queries, data.passages
        objective = Objective(Training(), LOSSES, trained, *stores, live, precision)
        ready = map(objective.ready, batches)
        found.append(torch.stack([objective.losses(batch)["loss"].detach() for batch in ready]))
    return _row("recorded and not", *found, 1e-3 if device.type == "cuda" else 0.0)


def _row(what: str, cpu: torch.Tensor, gpu: torch.Tensor, limit: float) -> dict[str, object]:
    difference = float((cpu - gpu).abs().max() / cpu.abs().max())
    return {"check": what, "difference": difference, "limit": limit, "equal": difference <= limit}


def _rankings(sizes: Sizes, device: torch.device) -> dict[str, object]:
    """Compare rankings; scores are whole numbers, so that they are exact and often equal."""
    torch.manual_seed(2)
    passages = torch.randint(-8, 9, (4_000, sizes.dimensions)).half()
    queries = torch.randint(-8, 9, (5, sizes.dimensions)).float().numpy()
    sides = [top_passages(queries, Held(passages.to(on)), 50) for on in ("cpu", device)]
    same = np.array_equal(sides[0][0], sides[1][0])
    row = _row("rankings", *(torch.from_numpy(scores) for _, scores in sides), 0.0)
    return row | {"equal": row["equal"] and same}


def _clusters(sizes: Sizes, device: torch.device) -> dict[str, object]:
    """Compare the assignment to given centroids, the inner product of Eq. 10 as released."""
    torch.manual_seed(3)
    vectors, centroids = torch.randn(5_000, sizes.dimensions), torch.randn(50, sizes.dimensions)
    assigned = [(vectors.to(on) @ centroids.to(on).T).argmax(1).cpu() for on in ("cpu", device)]
    other = float((assigned[0] != assigned[1]).float().mean())
    return {"check": "clusters", "difference": other, "limit": 1e-3, "equal": other <= 1e-3}
