"""DeepCT's loss against a plain loop over the words of each passage."""

import json

import numpy as np
import pytest
import torch

from tasb.lexical.words import WordPieces
from tasb.models.deep_ct import DeepCt
from tasb.models.encoder import Encoder
from tasb.plans.plan import Batch
from tasb.students.term_objective import TermObjective
from tasb.tokens.store import TokenStore, write_tokens

QUERIES = ["alpha river", "rivers of stone", "green"]
PASSAGES = [["river", "##s", "the", "alpha"], ["stone"], ["blue", "green", "blue"]]
RELEVANT = {0: [0, 1], 2: [2]}
TARGETS = {0: [1.0, None, 0.0, 0.5], 2: [0.0, 1.0, 0.0]}
"""``river##s`` is in both queries; ``the`` is a stop word; a piece that goes on has no target."""


def test_the_loss_is_the_mean_over_first_pieces_of_all_words(tiny_encoder, tiny_run, tmp_path):
    file = tiny_encoder / "tokenizer.json"
    vocabulary = json.loads(file.read_text())["model"]["vocab"]
    vocabulary["the"] = vocabulary.pop("gamma")  # any word that no text here has
    tokenizer = {"model": {"type": "WordPiece", "vocab": vocabulary}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    pieces = WordPieces(tmp_path / "tokenizer.json")
    ids = [[vocabulary[piece] for piece in passage] for passage in PASSAGES]
    write_tokens(ids, 1000, tmp_path / "passages.arrow")
    torch.manual_seed(4)
    model = DeepCt(Encoder.load(tiny_encoder, file), head_std=0.5).eval()
    store = TokenStore(tmp_path / "passages.arrow")
    objective = TermObjective(tiny_run.loop, model, store, pieces, QUERIES, RELEVANT, "fp32")
    query, positive = np.array([0, 1, 2]), np.array([0, 0, 2])
    ready = objective.ready(Batch(0, query, positive, positive, None))
    errors = []
    for passage, targets in TARGETS.items():
        given = torch.tensor([[2, *ids[passage], 3]])
        states = model.encoder.transformer(input_ids=given).last_hidden_state[0, 1:-1]
        weights = model.head(states)[:, 0].tolist()
        errors += [(y - t) ** 2 for y, t in zip(weights, targets) if t is not None]
    assert float(objective.losses(ready)["loss"]) == pytest.approx(np.mean(errors), abs=1e-5)
