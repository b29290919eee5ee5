"""Models from their files: by the name of the architecture, with the card of the checkpoint."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from tasb.models.bert_cat import BertCat
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import TEACHER, ColBert, Form
from tasb.models.deep_ct import DeepCt
from tasb.models.encoder import Encoder
from tasb.models.generator import QueryGenerator
from tasb.models.rerankers import DuoBert, MonoBert
from tasb.models.sides import sides_of
from tasb.models.weights import load_head, refuse_long_texts

Model = BertDot | BertCat | ColBert
"""Each gives `pair_scores`; BertDot and ColBert also give `all_scores`."""
Trained = Model | DeepCt | QueryGenerator
"""Whatever is trained here; each saves itself."""

HEADED: dict[str, type[BertCat] | type[ColBert] | type[DeepCt]] = {
    "bert-cat": BertCat,
    "colbert": ColBert,
    "deep-ct": DeepCt,
    "duo-bert": DuoBert,
    "mono-bert": MonoBert,
}


def new_model(
    settings: Mapping[str, Any], card: Card, folder: str | Path, tokenizer: str | Path, seed: int
) -> Trained:
    """Return a model to be trained; a new head is drawn from the seed.

    Args:
        settings: ``kind``, and ``head_std`` where it has a head.
        card: how texts become vectors.
        folder: of the pre-trained encoder.
        tokenizer: its tokenizer.json.
        seed: of the head.
    """
    torch.manual_seed(seed)
    encoder = Encoder.load(folder, tokenizer)
    _refuse_long_texts(encoder, settings, card)
    if settings["kind"] == "doc2query":
        return QueryGenerator(encoder)
    if settings["kind"] not in HEADED:
        return BertDot(encoder, card)
    return _headed(encoder, settings, card)


def load_model(
    settings: Mapping[str, Any], card: Card, weights: Sequence[str], tokenizer: str | Path
) -> Trained:
    """Return a trained model.

    Args:
        settings: ``kind`` of its architecture.
        card: how texts become vectors.
        weights: config.json and model.safetensors, in one folder.
        tokenizer: its tokenizer.json.
    """
    encoder = Encoder.load(Path(weights[0]).parent, tokenizer)
    _refuse_long_texts(encoder, settings, card)
    if settings["kind"] not in HEADED:
        dense = BertDot(encoder, card, sides_of(encoder.special, card, tokenizer))
        if card.head:
            load_head(dense.head, weights[1])
        return dense
    model = _headed(encoder, settings, card)
    model.load_head(weights[1])
    return model


def _headed(
    encoder: Encoder, settings: Mapping[str, Any], card: Card
) -> BertCat | ColBert | DeepCt:
    """Return an encoder with a new head."""
    std = settings.get("head_std", 0.02)
    if settings["kind"] != "colbert":
        return HEADED[settings["kind"]](encoder, std)
    names = ("dimensions", "bias", "normalised", "mask", "markers")
    given = {name: settings.get(name, getattr(TEACHER, name)) for name in names}
    length = card.query_length + (given["markers"] is not None)
    return ColBert(encoder, std, Form(**given, filled=length))


def _refuse_long_texts(encoder: Encoder, settings: Mapping[str, Any], card: Card) -> None:
    """Refuse lengths that the encoder has no positions for; some models join texts."""
    query, passage, kind = card.query_length, card.passage_length, settings["kind"]
    joined = HEADED[kind].passages_at_once if kind in HEADED else 0
    length = query + joined * (passage - 1) if joined else max(query, passage)
    what = f"query_length {query}, passage_length {passage}, model '{settings['kind']}'"
    refuse_long_texts(encoder.transformer.config, length, what)
