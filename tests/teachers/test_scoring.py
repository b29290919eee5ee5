import numpy as np
import pytest

from tasb.teachers import scoring
from tasb.teachers.scorers import open_scorer

MODELS = ["bert_cat", "colbert"]
QUERY = np.array([0, 5, 3, 3, 1, 0, 2, 4, 5, 5])
PASSAGE = np.array([14, 0, 7, 8, 2, 14, 11, 4, 4, 13])


@pytest.mark.parametrize("model", MODELS)
def test_a_score_is_that_of_its_pair_alone(scorer, score_alone, model):
    teacher = scorer(model)
    found = teacher.scores(QUERY, PASSAGE)
    expected = [score_alone(teacher, *pair) for pair in zip(QUERY, PASSAGE)]
    assert found.dtype == np.float32
    assert np.ptp(expected) > 0.3
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("model", MODELS)
def test_neither_blocks_nor_groups_change_a_score(scorer, model):
    together = scorer(model, 16_384).scores(QUERY, PASSAGE)
    alone = scorer(model, 1)
    alone.block = 3
    apart = alone.scores(QUERY, PASSAGE)
    np.testing.assert_allclose(apart, together, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("model", MODELS)
def test_dropout_is_off_in_a_scorer_of_a_model_in_training(scorer, model):
    teacher = scorer(model)
    expected = teacher.scores(QUERY, PASSAGE)
    again = scoring.PairScorer(
        teacher.model.train(), teacher.queries, teacher.passages, (8, 12), 60, "fp32"
    )
    assert (again.scores(QUERY, PASSAGE) == expected).all()


@pytest.mark.parametrize("model", MODELS)
def test_a_scorer_of_saved_files_gives_the_same_scores(
    scorer, texts, tiny_encoder, tmp_path, model
):
    teacher = scorer(model)
    teacher.model.save(tmp_path)
    settings = {
        "model": {"kind": model.replace("_", "-")},
        "card": {"query_length": 8, "passage_length": 12},
        "batch_tokens": 60,
        "precision": "fp32",
    }
    files = {
        "model": [str(tmp_path / "config.json"), str(tmp_path / "model.safetensors")],
        "tokenizer": [tiny_encoder / "tokenizer.json"],
        "query_tokens": [texts.queries_file],
        "passage_tokens": [texts.passages_file],
    }
    opened = open_scorer(settings, files, "cpu")
    assert (opened.scores(QUERY, PASSAGE) == teacher.scores(QUERY, PASSAGE)).all()
