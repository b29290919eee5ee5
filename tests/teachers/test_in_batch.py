import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import torch

from tasb.plans.plan import Batch, read_plan, write_plan
from tasb.teachers.in_batch import LiveTeacher, write_in_batch_scores
from tasb.teachers.scoring import PairScorer
from tasb.teachers.stored import StoredMargins

STEPS, B = 5, 3


def margins_of(teacher, batch):
    return teacher.targets(teacher.inputs(batch)).numpy()


@pytest.fixture
def teacher(scorer):
    return LiveTeacher(scorer("colbert"))


@pytest.fixture
def plan(tmp_path):
    """The batches of five steps, in two files."""
    random = np.random.default_rng(2)
    columns = {
        "query": np.repeat(np.arange(6), 2),
        "positive": random.integers(0, 15, 12),
        "negative": random.integers(0, 15, 12),
    }
    pairs, shards = tmp_path / "pairs.parquet", [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    pl.DataFrame({k: v.astype(np.int32) for k, v in columns.items()}).write_parquet(pairs)
    sampling = {
        "sampler": {"kind": "random"},
        "batch_size": B,
        "one_pair_queries": "keep",
        "seed": 0,
    }
    for shard, steps in zip(shards, ((0, 2), (2, STEPS))):
        write_plan(pairs, None, sampling, steps, shard)
    return shards


def margins_loop(teacher, score_alone, batch):
    """Scores of all positives, then all negatives, less the own positive's; pair by pair."""
    passages = [*batch.positive, *batch.negative]
    return [
        [
            score_alone(teacher.scorer, query, passage) - score_alone(teacher.scorer, query, own)
            for passage in passages
        ]
        for query, own in zip(batch.query, batch.positive)
    ]


@pytest.mark.parametrize("model", ["colbert", "bert_dot"])
def test_margins_are_scores_less_the_own_positives(model, scorer, score_alone, plan):
    teacher = LiveTeacher(scorer(model))
    batch = next(read_plan(plan, 3, 4))
    found, expected = margins_of(teacher, batch), margins_loop(teacher, score_alone, batch)
    assert found.dtype == np.float16
    assert found.shape == (B, 2 * B)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(found, expected, rtol=2**-10, atol=2e-3)
    assert (found.diagonal() == 0).all()


def test_stored_margins_are_the_live_ones_in_every_step(teacher, plan, tmp_path):
    shards = [tmp_path / name for name in ("first.arrow", "second.arrow")]
    for shard, steps in zip(shards, ((0, 3), (3, STEPS))):
        write_in_batch_scores(plan, steps, teacher, shard)
    stored = StoredMargins(shards)
    batches = list(read_plan(plan, 0, STEPS))
    for batch in [*batches, *reversed(batches)]:
        assert (stored.margins(batch) == margins_of(teacher, batch)).all()


def test_a_file_of_margins_holds_two_bytes_a_score(teacher, plan, tmp_path):
    write_in_batch_scores(plan, (1, 4), teacher, tmp_path / "scores.arrow")
    table = pa.ipc.open_file(tmp_path / "scores.arrow").read_all()
    assert table.schema.field("margins").type == pa.list_(pa.float16())
    assert table["step"].to_pylist() == [1, 2, 3]
    assert [len(margins) for margins in table["margins"]] == [2 * B * B] * 3


@torch.no_grad()
def test_large_scores_keep_the_resolution_of_their_margins(teacher, plan):
    """Raw scores above 2048 would resolve to 2 in fp16."""
    batch, scorer = next(read_plan(plan, 0, 1)), teacher.scorer
    scorer.model.head.bias += 6
    queries = scorer.query_texts(batch.query)
    passages = scorer.passage_texts(np.concatenate((batch.positive, batch.negative)))
    scores = scorer.model.all_scores(scorer.model.inputs(queries, passages, 60)).numpy()
    assert scores.max() > 2048
    margins = scores - scores.diagonal()[:, None]
    np.testing.assert_allclose(margins_of(teacher, batch), margins, rtol=2**-10, atol=1e-2)


def test_margins_in_half_precision_are_near_those_in_full(teacher, plan):
    batch, scorer = next(read_plan(plan, 0, 1)), teacher.scorer
    half = PairScorer(scorer.model, scorer.queries, scorer.passages, (8, 12), 60, "bf16")
    found, exact = margins_of(LiveTeacher(half), batch), margins_of(teacher, batch)
    assert np.abs(found - exact).max() < 0.1 * np.abs(exact).max()


def test_a_cross_encoder_is_refused_as_in_batch_teacher(scorer):
    with pytest.raises(TypeError, match="scores no whole batch"):
        LiveTeacher(scorer("bert_cat"))


def test_a_passage_that_comes_twice_in_a_batch_has_one_margin(teacher):
    batch = Batch(
        step=0,
        query=np.array([1, 4], dtype=np.int32),
        positive=np.array([2, 9], dtype=np.int32),
        negative=np.array([9, 2], dtype=np.int32),
        margin=None,
    )
    margins = margins_of(teacher, batch)
    np.testing.assert_allclose(margins[:, 0], margins[:, 3], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(margins[:, 1], margins[:, 2], rtol=1e-3, atol=1e-4)
