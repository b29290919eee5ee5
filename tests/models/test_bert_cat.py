from pathlib import Path

import numpy as np
import pytest
import torch

from tasb.models.bert_cat import BertCat
from tasb.models.encoder import Encoder
from tasb.tokens.texts import Texts

SEP = 3


@pytest.fixture
def model(encoder) -> BertCat:
    torch.manual_seed(11)
    model = BertCat(encoder)
    torch.nn.init.normal_(model.head.weight)
    torch.nn.init.normal_(model.head.bias)
    return model


@pytest.fixture
def pairs(texts) -> list[np.ndarray]:
    """[CLS] query [SEP] passage [SEP]: each text as query of the next one."""
    return [np.concatenate((q, p[1:])) for q, p in zip(texts, texts[1:])]


def scored(model, texts, tokens):
    """Score each text as query of the next one."""
    rows = np.arange(len(texts) - 1)
    return model.pair_scores(
        model.inputs(Texts.of(texts), Texts.of(texts), tokens, (rows, rows + 1))
    )


def score_alone(reference, head, pair) -> float:
    """Eq. 1 for one pair: W_s times the [CLS] state, plus the bias."""
    inputs = {"input_ids": torch.tensor(pair)[None]}
    if reference.config.model_type == "bert":
        first = list(pair).index(SEP) + 1
        segments = [0] * first + [1] * (len(pair) - first)
        inputs["token_type_ids"] = torch.tensor(segments)[None]
    cls = reference(**inputs).last_hidden_state[0, 0]
    weighted = sum(float(w) * float(x) for w, x in zip(head.weight[0], cls))
    return weighted + float(head.bias)


@pytest.mark.parametrize("tokens", [1, 60, 16_384])
def test_a_score_is_that_of_the_pair_alone(model, reference, texts, pairs, tokens):
    with torch.no_grad():
        scores = scored(model, texts, tokens)
        expected = [score_alone(reference, model.head, pair) for pair in pairs]
    torch.testing.assert_close(scores, torch.tensor(expected), atol=5e-5, rtol=1e-4)


def test_a_saved_model_gives_the_same_scores(model, weights, texts, tmp_path: Path):
    model.save(tmp_path)
    again = BertCat(Encoder.load(tmp_path, weights / "tokenizer.json")).eval()
    again.load_head(tmp_path / "model.safetensors")
    again.encoder.packs = model.encoder.packs
    with torch.no_grad():
        assert torch.equal(scored(again, texts, 60), scored(model, texts, 60))


def test_scores_keep_fp32_resolution_in_half_precision(model, texts):
    torch.nn.init.constant_(model.head.bias, 1000.0)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        scores = scored(model, texts, 60)
    assert scores.dtype == torch.float32
    assert (scores != scores.bfloat16()).any()
