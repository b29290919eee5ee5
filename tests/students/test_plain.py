"""Three steps of a training, recomputed by a plain script that shares none of its code.

Texts go through transformers one by one, losses are sums over Python lists, and the optimizer is
PyTorch's plain one.
"""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoModel

from tasb.collection.relevant import Relevant
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.encoder import Encoder
from tasb.plans.plan import Batch, read_plan, write_plan
from tasb.students.artifacts import losses_of
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.labels import Labels
from tasb.students.loss_kinds import Contrastive, CrossEntropy, Kl, Losses, MarginMse, RankNet
from tasb.students.objective import Objective
from tasb.students.training import Trainer

CLS, SEP = 2, 3
METHODS = {
    "ance": Losses(pairwise=RankNet(kind="ranknet")),
    "cross-entropy": Losses(pairwise=CrossEntropy(kind="cross-entropy")),
    "contrastive": Losses(pairwise=None, in_batch=Contrastive(kind="contrastive", temperature=2.0)),
    "tct": Losses(
        pairwise=None, in_batch=Kl(kind="kl", form="published", teacher_temperature=0.25)
    ),
    "label-free": Losses(pairwise=MarginMse(scale=20.0)),
}
RELEVANT = {0: {3, 5}, 4: {7}, 8: {1, 2, 15}}


@pytest.fixture(scope="module")
def still(world, tmp_path_factory) -> Path:
    """The encoder without dropout."""
    folder = tmp_path_factory.mktemp("still")
    model = AutoModel.from_pretrained(world.encoder)
    model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = 0.0
    model.save_pretrained(folder)
    return folder


def plan(world, folder: Path, negatives: int) -> Path:
    settings = {"sampler": {"kind": "random"}, "batch_size": 4, "one_pair_queries": "keep",
                "seed": 9, "negatives": negatives}  # fmt: skip
    write_plan(world.pairs, None, settings, (0, 3), folder / "plan.parquet")
    return folder / "plan.parquet"


def relevant_of(folder: Path) -> Relevant:
    rows = [(query, passage, 1) for query, found in RELEVANT.items() for passage in found]
    table = pl.DataFrame(rows, schema=["query", "passage", "grade"], orient="row")
    table.write_parquet(folder / "qrels.parquet")
    return Relevant.read(folder / "qrels.parquet")


def taught(query: int, passage: int) -> float:
    """Return a score that a teacher might give."""
    return math.sin(31 * query + 7 * passage)


class PlainTeacher:
    """Scores every query of a batch with every passage of it."""

    def inputs(self, batch: Batch) -> torch.Tensor:
        passages = [*batch.positive.tolist(), *batch.negative.tolist()]
        return torch.tensor([[taught(q, p) for p in passages] for q in batch.query.tolist()])

    def targets(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs


def teacher_of(method: str, relevant: Relevant) -> Labels | PlainTeacher | None:
    if method == "contrastive":
        return Labels(relevant, torch.device("cpu"))
    return PlainTeacher() if method == "tct" else None


def vector(model, store, position: int, length: int) -> torch.Tensor:
    ids = [CLS, *store[int(position)].tolist()[: length - 2], SEP]
    return model(input_ids=torch.tensor([ids])).last_hidden_state[0, 0]


def plain_loss(method: str, queries, positives, negatives, rows) -> torch.Tensor:
    """Return the loss of a batch from its vectors.

    rows: query, positive, negatives (positions), and the margins of the plan.
    """
    n, terms = len(negatives) // len(queries), []
    for i, query in enumerate(queries):
        own = query @ positives[i]
        if method == "ance":
            terms += [
                torch.log(1 + torch.exp(query @ negatives[n * i + k] - own)) for k in range(n)
            ]
        if method == "cross-entropy":
            other = [torch.sigmoid(-(query @ negatives[n * i + k])) for k in range(n)]
            terms += [-(torch.log(torch.sigmoid(own)) + torch.log(each)) / 2 for each in other]
        if method == "label-free":
            margins = [own - query @ negatives[n * i + k] for k in range(n)]
            terms += [(margins[k] - 20 * rows[3][n * i + k]) ** 2 for k in range(n)]
        if method == "tct":
            passages, vectors = [*rows[1], *rows[2]], [*positives, *negatives]
            raised = [math.exp(4 * taught(rows[0][i], passage)) for passage in passages]
            logits = torch.stack([query @ other for other in vectors])
            shares = [each / sum(raised) for each in raised]
            student = [each - torch.logsumexp(logits, 0) for each in logits]
            terms.append(sum(t * (math.log(t) - s) for t, s in zip(shares, student)))
        if method == "contrastive":
            passages = [*rows[1], *rows[2]]
            vectors = [*positives, *negatives]
            seen, logits = {passages[i]} | RELEVANT.get(rows[0][i], set()), [own / 2]
            for passage, other in zip(passages, vectors):
                if passage not in seen:
                    logits.append(query @ other / 2)
                    seen.add(passage)
            terms.append(torch.logsumexp(torch.stack(logits), 0) - own / 2)
    return torch.stack(terms).mean()


@pytest.mark.parametrize("negatives", [1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_losses_of_three_steps_are_those_of_a_plain_script(
    world, tiny_run, still, tmp_path, method, negatives
):
    drawn, relevant = plan(world, tmp_path, negatives), relevant_of(tmp_path)
    run = tiny_run.model_copy(update={
        "losses": METHODS[method], "negatives": negatives, "steps": 3, "schedule": "constant",
        "log_interval": 1, "lr": 1e-4,
    })  # fmt: skip
    model = BertDot(Encoder.load(still, world.encoder / "tokenizer.json"), Card())
    teacher = teacher_of(method, relevant)
    stores = world.queries, world.passages
    objective = Objective(run.loop, losses_of(run), model, *stores, teacher, "fp32")
    trainer = Trainer(run.loop, objective, None, CheckpointFolder(tmp_path / "state", "f"))
    trainer.resume()
    trainer.train(read_plan([drawn], 0, 3))
    found = [line["loss"] for line in trainer.progress.lines]

    plain = AutoModel.from_pretrained(still).train()
    adam, expected = torch.optim.Adam(plain.parameters(), lr=1e-4), []
    for rows in pl.read_parquet(drawn).partition_by("step", maintain_order=True):
        query, positive = rows["query"].to_list(), rows["positive"].to_list()
        negative = [each for some in rows["negatives"].to_list() for each in some]
        margins = [each for some in rows["margins"].to_list() for each in some]
        sides = [[vector(plain, world.queries, q, 8) for q in query],
                 [vector(plain, world.passages, p, 12) for p in positive],
                 [vector(plain, world.passages, p, 12) for p in negative]]  # fmt: skip
        loss = plain_loss(method, *sides, (query, positive, negative, margins))
        adam.zero_grad()
        loss.backward()
        adam.step()
        expected.append(float(loss.detach()))
    assert all(math.isfinite(value) for value in expected)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
