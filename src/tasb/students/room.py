"""Whether the memory of a GPU holds a training, tried on its longest texts before it begins."""

import numpy as np
import torch

from tasb.models.room import refuse_no_room
from tasb.plans.plan import Batch
from tasb.students.objective import Objective
from tasb.teachers.in_batch import LiveTeacher

MOST = 16_384
"""Tokens of the first gradient cache that is tried where all activations find no room."""


def refuse_no_room_to_train(objective: Objective, run: str) -> None:
    """Make a step on the longest texts, without its update, and forget it.

    Args:
        objective: of the run.
        run: its name.

    Raises:
        TasbError: there is no room; it names a gradient cache that fits.
    """
    model, teacher = objective.model, objective.teacher
    batch = longest_batch(objective)
    encoders = [model.encoder]
    if isinstance(teacher, LiveTeacher):
        encoders.append(teacher.model.encoder)
    recorders = [encoder.recorder for encoder in encoders]

    def step(tokens: int | None) -> None:
        """Keep the activations of so many tokens, or all."""
        model.encoder.recompute = tokens is not None
        moments = [torch.empty_like(weight) for weight in model.parameters() for _ in range(2)]
        objective.losses(objective.ready_in(batch, tokens))["loss"].backward()  # type: ignore[no-untyped-call]
        del moments

    for encoder in encoders:
        encoder.recorder = None
    cache, key = objective.settings.gradient_cache, f"runs.{run}.gradient_cache"
    try:
        refuse_no_room(step, cache, objective.device, key, MOST)
    finally:
        model.zero_grad(set_to_none=True)
        model.encoder.recompute = cache is not None
        for encoder, recorder in zip(encoders, recorders):
            encoder.recorder = recorder


def longest_batch(objective: Objective) -> Batch:
    """Return a batch of the longest queries and passages."""
    size, negatives = objective.settings.batch_size, objective.settings.negatives
    count = size * (1 + negatives)
    passages = np.resize(objective.passages.longest(count), count).astype(np.int32)
    query = np.resize(objective.queries.longest(size), size).astype(np.int32)
    margin = np.zeros(size * negatives, np.float32)
    return Batch(0, query, passages[:size], passages[size:], margin)
