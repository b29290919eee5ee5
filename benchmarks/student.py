"""A student to be trained: MiniLM with pairwise Margin-MSE."""

from typing import Any

import torch
from texts import encoder_folder

from tasb.models.dropout import use_drop
from tasb.models.load import Model, new_model
from tasb.students.config import Training
from tasb.students.loss_kinds import MarginMse
from tasb.students.make import card_of

LOSSES: dict[str, Any] = {
    "pairwise": {"function": MarginMse.function, "options": {}},
    "in_batch": None,
    "alpha": None,
}


def new_student(settings: Training, device: torch.device) -> Model:
    """Return the student as a training job makes it."""
    folder = encoder_folder()
    tokenizer = folder / "tokenizer.json"
    model = new_model({"kind": "bert-dot"}, card_of(settings), folder, tokenizer, seed=0)
    if device.type == "cpu":
        use_drop(model)
    return model.to(device)
