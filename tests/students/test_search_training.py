"""Training on searches: what a query finds; a stopped training ends as an undisturbed one."""

from pathlib import Path

import faiss
import numpy as np
import polars as pl
import pytest
import torch

from tasb.collection.relevant import Relevant
from tasb.errors import TasbError
from tasb.jobs import Job
from tasb.plans.plan import read_plan
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.search_objective import SearchObjective, open_objective
from tasb.students.searches import ExactSearch, IndexSearch
from tasb.students.training import Trainer
from tasb.vectors.shards import write_vectors
from tasb.vectors.stored import StoredVectors

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> list[Path]:
    folder, random = tmp_path_factory.mktemp("vectors"), np.random.default_rng(1)
    files = [folder / "0.arrow", folder / "1.arrow"]
    for file in files:
        write_vectors([random.normal(size=(7, 16)), random.normal(size=(5, 16))], 16, file)
    return files


def every(shards: list[Path]) -> torch.Tensor:
    return StoredVectors(shards, CPU).vectors(np.arange(24)[None])[0]


def test_vectors_by_position_are_those_of_the_files(shards):
    stored, vectors = StoredVectors(shards, CPU), every(shards)
    assert len(stored) == 24
    asked = np.array([[23, 0, 6], [7, 11, 12]])
    assert torch.equal(stored.vectors(asked), vectors[torch.from_numpy(asked)])


def test_exact_search_finds_the_largest_products(shards):
    torch.manual_seed(2)
    queries = torch.randn(3, 16).half().float()
    found = ExactSearch(shards, CPU).find(queries, 5)
    assert (found == (queries @ every(shards).T).argsort(1, descending=True)[:, :5].numpy()).all()


@pytest.mark.parametrize("factory", ["Flat", "PQ4x2np", "IVF2,PQ4x2np"])
def test_an_index_gives_back_its_vectors_or_the_exact_ones(shards, tmp_path, factory):
    index = faiss.index_factory(16, factory, faiss.METRIC_INNER_PRODUCT)
    vectors = every(shards).numpy()
    index.train(vectors)
    index.add(vectors)
    faiss.write_index(index, str(tmp_path / "index"))
    settings = {"nprobe": 2 if "IVF" in factory else None, "ef_search": None}
    own = IndexSearch(tmp_path / "index", settings, None, CPU)
    found = own.find(torch.from_numpy(vectors[:2]), 4)
    assert found.shape == (2, 4)
    given = own.vectors(found)
    exact = IndexSearch(tmp_path / "index", settings, StoredVectors(shards, CPU), CPU)
    assert torch.equal(exact.vectors(found), torch.from_numpy(vectors)[torch.from_numpy(found)])
    assert torch.equal(given, exact.vectors(found)) == (factory == "Flat")
    scores = torch.einsum("bd,bkd->bk", torch.from_numpy(vectors[:2]), given)
    assert (scores.diff(dim=1) <= 1e-4).all()  # the vectors that it ranks by


@pytest.fixture
def open_trainer(world, tiny_run, shards, tmp_path):
    pl.DataFrame({"query": np.arange(9), "passage": np.arange(9) + 3, "grade": 1}).write_parquet(
        tmp_path / "qrels.parquet"
    )

    def opened(name: str) -> Trainer:
        model = world.student().train()
        relevant = Relevant.read(tmp_path / "qrels.parquet")
        objective = SearchObjective(
            tiny_run.loop, model, world.queries, ExactSearch(shards, CPU), relevant, 6, "fp32"
        )
        return Trainer(tiny_run.loop, objective, None, CheckpointFolder(tmp_path / name, "f"))

    return opened


def test_missing_relevant_passages_are_appended(open_trainer):
    objective = open_trainer("appended").objective
    found = np.array([[3, 9, 1], [1, 2, 0], [0, 6, 5]])
    passages, relevant = objective.with_missing(np.array([0, 1, 2]), found)
    assert passages.tolist() == [[3, 9, 1, -1], [1, 2, 0, 4], [0, 6, 5, -1]]
    assert relevant.tolist() == [
        [True, False, False, False], [False, False, False, True], [False, False, True, False],
    ]  # fmt: skip


def test_a_stopped_training_ends_with_the_weights_of_an_undisturbed_one(world, open_trainer):
    whole = open_trainer("whole")
    whole.resume()
    whole.train(read_plan(world.plan, 0, 12))
    stopped = open_trainer("stopped")
    stopped.resume()
    stopped.train(read_plan(world.plan, 0, 8))  # its last checkpoint is at step 6
    again = open_trainer("stopped")
    again.resume()
    assert again.progress.step == 6
    again.train(read_plan(world.plan, 6, 12))
    states = whole.model.state_dict(), again.model.state_dict()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    fresh = world.student().state_dict()
    assert any(not torch.equal(value, fresh[name]) for name, value in states[0].items())


def test_a_loss_is_that_of_a_plain_script(world, open_trainer, shards):
    """Three steps at batch 4 without dropout: scores, ranks and pairs are found anew."""
    trainer, vectors = open_trainer("plain"), every(shards)
    model = trainer.model.eval()
    for batch in read_plan(world.plan, 0, 3):
        ready = trainer.objective.ready(batch)
        with torch.no_grad():
            loss = float(trainer.objective.losses(ready)["loss"])
            queries = model(ready.texts).float()
        total = 0.0
        for row, query in enumerate(batch.query):
            exact = (queries[row].half().float() @ vectors.T).argsort(descending=True)[:6].tolist()
            scores = (queries[row] @ vectors.T).tolist()
            own = int(query) + 3
            ranked = exact + ([] if own in exact else [own])
            terms = [
                abs((1 / (i + 1) if i < 6 else 0) - (1 / (j + 1) if j < 6 else 0))
                * np.log1p(np.exp(scores[other] - scores[own]))
                for i, mine in enumerate(ranked) if mine == own
                for j, other in enumerate(ranked) if other != own
            ]  # fmt: skip
            total += float(np.mean(terms)) / len(batch.query)
        assert loss == pytest.approx(total, rel=1e-5)


def test_vectors_that_are_gone_are_refused(world, tiny_run, shards):
    how = {"run": "ltre", "index": None, "vectors": "exact", "depth": 4, "drop_own_passage": False}
    files = {"vectors": [str(shards[0])], "passages": [str(world.folder / "passages.arrow")]}
    with pytest.raises(
        TasbError, match=r"^runs\.ltre\.init: .*0\.arrow and its like hold 12 vectors"
    ):
        open_objective(
            Job({"search": how}, files, {}), tiny_run.loop, world.student(), world.queries, "fp32"
        )
