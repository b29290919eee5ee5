"""The learning rate of each step."""

import math

from tasb.students.config import Training


def learning_rate(settings: Training, step: int) -> float:
    """Return the learning rate of a step, counted from 0.

    As released, warm-up and cosine are followed in jumps, every `schedule_interval` steps:
    a linear rise from 0 over `warmup_steps`, then a half cosine that would reach 0 at
    `horizon` times `steps`.
    """
    at = step - step % settings.schedule_interval
    if at < settings.warmup_steps:
        return settings.lr * at / settings.warmup_steps
    if settings.schedule == "constant":
        return settings.lr
    length = settings.horizon * settings.steps - settings.warmup_steps
    progress = min(1.0, (at - settings.warmup_steps) / max(1.0, length))
    return settings.lr * 0.5 * (1 + math.cos(math.pi * progress))
