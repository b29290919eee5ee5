"""Released models of each family, tiny ones of random weights, against their own computation."""

import numpy as np
import pytest
import torch
from families import CLS, MASK, QUESTIONS, SEP, TEXTS, near
from torch import nn
from transformers import AutoModel, BertConfig, BertForSequenceClassification, RobertaConfig

from tasb.errors import TasbError
from tasb.models.sides import QUERIES
from tasb.teachers.scorers import open_scorer


@torch.no_grad()
def states(folder, ids, mask=None):
    """Return the hidden states of one text."""
    model = AutoModel.from_pretrained(folder).eval()
    given = None if mask is None else torch.tensor([mask])
    return model(input_ids=torch.tensor([ids]), attention_mask=given).last_hidden_state[0]


@torch.no_grad()
@pytest.mark.parametrize("before", ["", "ance_encoder.", "roberta."])
def test_ance_has_a_linear_layer_and_a_normalisation_over_cls(
    release, vectors, stores, tmp_path, before
):
    torch.manual_seed(2)
    config = RobertaConfig(
        vocab_size=100, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=80, pad_token_id=0, bos_token_id=CLS,
        eos_token_id=SEP,
    )  # fmt: skip
    AutoModel.from_config(config).save_pretrained(tmp_path / "roberta")
    linear, norm = nn.Linear(16, 16), nn.LayerNorm(16)
    nn.init.normal_(norm.weight, 1, 0.3)
    head = {f"embeddingHead.{k}": v for k, v in linear.state_dict().items()}
    head |= {f"norm.{k}": v for k, v in norm.state_dict().items()}
    folder = release(tmp_path / "roberta", head, lambda name: before + name)
    found = vectors(folder, query_length=20, passage_length=40)
    for store, rows in zip(stores, found):
        for ids, row in zip(store, rows):
            cls = states(tmp_path / "roberta", [CLS, *ids.tolist(), SEP])[0]
            near(row, norm(linear(cls)).detach().numpy())


def test_tct_v1_averages_from_the_fourth_token_on_with_masks_in_queries(
    release, vectors, stores, tiny_encoder
):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    found = vectors(
        release(), pooling="mean", pooled_from=4, query_length=12, passage_length=40,
        query_prefix="[q] ", passage_prefix="[d] ", separator=False, masked_queries=True,
    )  # fmt: skip
    prefix = [tokenizer.encode(text, add_special_tokens=False).ids for text in ("[q]", "[d]")]
    assert [len(ids) for ids in prefix] == [3, 3]
    for side, (store, rows) in enumerate(zip(stores, found)):
        for ids, row in zip(store, rows):
            text = [CLS, *prefix[side], *ids.tolist()]
            text = (text + [MASK] * 12)[:12] if side == QUERIES else text
            near(row, states(tiny_encoder, text)[4:].mean(0).numpy())


def test_a_prefix_of_text_is_read_before_each_text(release, vectors, tiny_encoder):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    found = vectors(
        release(), pooling="mean", similarity="cosine", query_length=9, passage_length=40,
        query_prefix="one two: ", passage_prefix="three: ",
    )  # fmt: skip
    for prefix, texts, rows, length in (
        ("one two: ", QUESTIONS, found[0], 9), ("three: ", TEXTS, found[1], 40)
    ):  # fmt: skip
        for text, row in zip(texts, rows):
            ids = tokenizer.encode(prefix + text, add_special_tokens=False).ids[: length - 2]
            mean = states(tiny_encoder, [CLS, *ids, SEP]).mean(0)
            near(row, (mean / mean.norm()).numpy())


def test_a_prefix_that_runs_into_the_text_is_refused(release, vectors):
    with pytest.raises(TasbError, match=r"query_prefix 'one': this tokenizer reads 'word' other"):
        vectors(release(), query_prefix="one")


@pytest.fixture
def scorer(stores, copied, tmp_path):
    """The scorer of a release."""

    def scores(folder, **model):
        files = {**copied(folder), "query_tokens": [str(tmp_path / "queries.arrow")],
                 "passage_tokens": [str(tmp_path / "passages.arrow")]}  # fmt: skip
        settings = {"model": model, "batch_tokens": 512, "precision": "fp32",
                    "card": {"query_length": 10, "passage_length": 30}}  # fmt: skip
        found = open_scorer(settings, files, torch.device("cpu"))
        pairs = [(q, p) for q in range(len(QUESTIONS)) for p in range(len(TEXTS))]
        return pairs, found.scores(*(np.array(side) for side in zip(*pairs)))

    return scores


def pieces(stores, query, passage):
    """Return the ids of a pair, cut as the card has it."""
    return stores[0][query][:8].tolist(), stores[1][passage][:28].tolist()


def max_sim(queries, passages):
    return float((queries @ passages.T).max(1).values.sum())


@torch.no_grad()
@pytest.mark.parametrize("before", ["bert_model.", "bert."])
def test_the_released_colbert_teacher(release, scorer, stores, tiny_encoder, before):
    torch.manual_seed(3)
    layer = nn.Linear(16, 16)
    head = {f"compressor.{name}": value for name, value in layer.state_dict().items()}
    pairs, found = scorer(release(more=head, rename=lambda n: before + n), kind="colbert")
    for (query, passage), score in zip(pairs, found):
        q, p = ([CLS, *ids, SEP] for ids in pieces(stores, query, passage))
        expected = max_sim(layer(states(tiny_encoder, q)), layer(states(tiny_encoder, p)))
        assert score == pytest.approx(expected, rel=1e-4)


@torch.no_grad()
def test_colbert_v1(release, scorer, stores, tiny_encoder):
    torch.manual_seed(4)
    layer = nn.Linear(16, 6, bias=False)
    folder = release(more={"linear.weight": layer.weight.data}, rename=lambda n: f"bert.{n}")
    form = {"dimensions": 6, "bias": False, "normalised": True, "markers": (7, 8), "mask": MASK}
    pairs, found = scorer(folder, kind="colbert", **form)
    unit = nn.functional.normalize
    for (query, passage), score in zip(pairs, found):
        q, p = pieces(stores, query, passage)
        text = [CLS, 7, *q, SEP]
        filled = (text + [MASK] * 11)[:11]
        mask = [1] * len(text) + [0] * (11 - len(text))
        queries = unit(layer(states(tiny_encoder, filled, mask)), dim=-1)
        passages = unit(layer(states(tiny_encoder, [CLS, 8, *p, SEP])), dim=-1)
        assert score == pytest.approx(max_sim(queries, passages), rel=1e-4)


@torch.no_grad()
def test_the_released_bert_cat(release, scorer, stores, tiny_distilbert):
    torch.manual_seed(5)
    layer = nn.Linear(16, 1)
    head = {f"_classification_layer.{name}": value for name, value in layer.state_dict().items()}
    folder = release(tiny_distilbert, head, lambda name: f"bert.{name}")
    pairs, found = scorer(folder, kind="bert-cat")
    for (query, passage), score in zip(pairs, found):
        q, p = pieces(stores, query, passage)
        expected = layer(states(tiny_distilbert, [CLS, *q, SEP, *p, SEP])[0])
        assert score == pytest.approx(float(expected), rel=1e-4)


@torch.no_grad()
def test_mono_bert_is_a_classifier_of_two_classes(release, scorer, stores, tmp_path):
    torch.manual_seed(6)
    config = BertConfig(
        vocab_size=100, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    model = BertForSequenceClassification(config).eval()
    nn.init.normal_(model.classifier.weight)
    model.save_pretrained(tmp_path / "mono")
    pairs, found = scorer(release(tmp_path / "mono"), kind="mono-bert")
    for (query, passage), score in zip(pairs, found):
        q, p = pieces(stores, query, passage)
        ids = torch.tensor([[CLS, *q, SEP, *p, SEP]])
        segments = torch.tensor([[0] * (len(q) + 2) + [1] * (len(p) + 1)])
        logits = model(input_ids=ids, token_type_ids=segments).logits[0]
        assert score == pytest.approx(float(logits[1] - logits[0]), rel=1e-3, abs=1e-5)
