"""Models from their files: by the name of the architecture, with the card of the checkpoint."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from tasb.models.bert_cat import BertCat
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.encoder import Encoder

Model = BertDot | BertCat | ColBert
"""Each gives `pair_scores`, and saves itself; BertDot and ColBert also give `all_scores`."""

HEADED: dict[str, type[BertCat] | type[ColBert]] = {"bert-cat": BertCat, "colbert": ColBert}


def new_model(
    settings: Mapping[str, Any], card: Card, folder: str | Path, tokenizer: str | Path, seed: int
) -> Model:
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
    if settings["kind"] not in HEADED:
        return BertDot(encoder, card)
    return HEADED[settings["kind"]](encoder, settings["head_std"])


def load_model(
    settings: Mapping[str, Any], card: Card, weights: Sequence[str], tokenizer: str | Path
) -> Model:
    """Return a trained model.

    Args:
        settings: ``kind`` of its architecture.
        card: how texts become vectors.
        weights: config.json and model.safetensors, in one folder.
        tokenizer: its tokenizer.json.
    """
    encoder = Encoder.load(Path(weights[0]).parent, tokenizer)
    if settings["kind"] not in HEADED:
        return BertDot(encoder, card)
    model = HEADED[settings["kind"]](encoder)
    model.load_head(weights[1])
    return model
