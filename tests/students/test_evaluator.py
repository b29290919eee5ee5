import math

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoModel

from tasb.errors import TasbError
from tasb.models.bert_cat import BertCat
from tasb.models.colbert import ColBert
from tasb.models.encoder import Encoder
from tasb.students.evaluator import Evaluator
from tasb.teachers.scoring import PairScorer


def ndcg(grades, ideal):
    gains = [sum(g / math.log2(rank + 2) for rank, g in enumerate(r[:10])) for r in (grades, ideal)]
    return gains[0] / gains[1]


def test_the_value_is_the_mean_ndcg_of_dot_products_of_cls_vectors(world, tmp_path):
    candidates = pl.DataFrame(
        {
            "query": np.repeat([1, 4, 6], 8),
            "passage": np.arange(24),
            "grade": [0, 1, 0, 2, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 2],
        }
    ).with_columns(query_id=pl.format("q{}", "query"), passage_id=pl.format("p{}", "passage"))
    candidates.write_parquet(tmp_path / "set.parquet")
    evaluator = Evaluator(tmp_path / "set.parquet", world.queries, world.passages, (8, 12), "fp32")
    transformer = AutoModel.from_pretrained(world.encoder).eval()

    def vector(ids, length):
        text = torch.tensor([[2, *ids[: length - 2].tolist(), 3]])
        return transformer(input_ids=text).last_hidden_state[0, 0].detach()

    values = []
    for rows in candidates.partition_by("query"):
        query = vector(world.queries[rows["query"][0]], 8)
        scores = [float(query @ vector(world.passages[p], 12)) for p in rows["passage"]]
        order = sorted(zip(scores, rows["grade"]), reverse=True)
        values.append(ndcg([g for _, g in order], sorted(rows["grade"], reverse=True)))
    assert 0.2 < min(values) < 1
    assert evaluator.ndcg(world.student()) == pytest.approx(sum(values) / 3, rel=1e-6)


@pytest.mark.parametrize("architecture", [BertCat, ColBert])
def test_every_model_is_evaluated_by_its_own_scores(world, tmp_path, architecture):
    torch.manual_seed(5)
    encoder = Encoder.load(world.encoder, world.encoder / "tokenizer.json")
    model = architecture(encoder, 0.5).eval()
    grades = [0, 1, 0, 2, 0, 0, 1, 0, 1, 0, 0, 0, 3, 0, 0, 1]
    rows = pl.DataFrame({"query": [1] * 8 + [4] * 8, "passage": range(16), "grade": grades})
    rows = rows.with_columns(
        query_id=pl.format("q{}", "query"), passage_id=pl.format("p{}", "passage")
    )
    rows.write_parquet(tmp_path / "set.parquet")
    evaluator = Evaluator(tmp_path / "set.parquet", world.queries, world.passages, (8, 12), "fp32")
    scorer = PairScorer(model, world.queries, world.passages, (8, 12), 100, "fp32")
    values = []
    for part in rows.partition_by("query"):
        scores = scorer.scores(part["query"].to_numpy(), part["passage"].to_numpy())
        order = sorted(zip(scores, part["grade"]), reverse=True)
        values.append(ndcg([grade for _, grade in order], sorted(part["grade"], reverse=True)))
    assert evaluator.ndcg(model) == pytest.approx(sum(values) / 2, rel=1e-6)


def test_dropout_is_off_in_an_evaluation(world, tmp_path):
    columns = {"query": [0] * 8, "passage": range(8), "grade": [1, 0, 0, 0, 1, 0, 0, 0]}
    ids = {"query_id": ["a"] * 8, "passage_id": [f"p{at}" for at in range(8)]}
    pl.DataFrame(columns | ids).write_parquet(tmp_path / "set.parquet")
    evaluator = Evaluator(tmp_path / "set.parquet", world.queries, world.passages, (8, 12), "fp32")
    expected = evaluator.ndcg(world.student())
    assert all(evaluator.ndcg(world.student().train()) == expected for _ in range(5))


def test_an_empty_set_is_refused_with_its_file(world, tmp_path):
    columns = {"query": pl.Int32, "passage": pl.Int32, "query_id": pl.String}
    pl.DataFrame(schema=columns).write_parquet(tmp_path / "set.parquet")
    with pytest.raises(TasbError, match=r"set\.parquet: the early-stopping set is empty"):
        Evaluator(tmp_path / "set.parquet", world.queries, world.passages, (8, 12), "fp32")
