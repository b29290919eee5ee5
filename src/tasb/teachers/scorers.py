"""The scorer of a job, from its files."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from tasb.models.card import completed_card
from tasb.models.deep_ct import DeepCt
from tasb.models.generator import QueryGenerator
from tasb.models.load import load_model
from tasb.models.rerankers import DuoBert
from tasb.teachers.duo import DuoScorer
from tasb.teachers.scoring import PairScorer
from tasb.tokens.store import TokenStore


def open_scorer(
    settings: Mapping[str, Any], files: Mapping[str, Sequence[str]], device: torch.device
) -> PairScorer:
    """Load the model of a job that scores pairs.

    Args:
        settings: model, card, batch_tokens, precision.
        files: model (config.json, model.safetensors), tokenizer, query_tokens, passage_tokens,
            and card, if the settings leave a part of it open.
        device: where it computes.
    """
    card = completed_card(settings["card"], next(iter(files.get("card", [])), None))
    model = load_model(settings["model"], card, files["model"], files["tokenizer"][0])
    if isinstance(model, DeepCt | QueryGenerator):
        raise TypeError("a model of this kind scores no pairs")
    kind = DuoScorer if isinstance(model, DuoBert) else PairScorer
    scorer = kind(
        model.to(device),
        TokenStore(files["query_tokens"][0]),
        TokenStore(files["passage_tokens"][0]),
        (card.query_length, card.passage_length),
        settings["batch_tokens"],
        card.precision or settings["precision"],
    )
    scorer.refuse_no_room()
    return scorer
