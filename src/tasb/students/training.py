"""The training loop: the same for students and teachers, and resumable at any step."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from tasb.background import ahead
from tasb.errors import TasbError
from tasb.jobs import log, progress
from tasb.models.device import environment, peak_memory
from tasb.seeds import derive
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import Training
from tasb.students.objective import Objective, Ready
from tasb.students.schedule import learning_rate

if TYPE_CHECKING:
    from tasb.plans.plan import Batch
    from tasb.students.evaluator import Evaluator


@dataclass
class Progress:
    """Where a training stands; together with weights and optimizer it is all of its state."""

    step: int = 0
    """Steps done."""
    sums: dict[str, float] = field(default_factory=dict)
    """Losses summed since the last line of the log."""
    lines: list[dict[str, float]] = field(default_factory=list)
    """The log: losses and learning rates, and nDCG@10 on the early-stopping set, by step."""
    best: float = -1.0
    """Best nDCG@10 on the early-stopping set."""
    best_step: int = 0
    without_gain: int = 0
    """Evaluations since the best one."""
    seconds: float = 0.0
    """Time in the loop, over all sessions."""
    peak_memory: int = 0
    """Bytes, the largest of all sessions."""
    sessions: list[dict[str, Any]] = field(default_factory=list)
    """Where the steps were computed; a session begins ``from_step``, after a kill or at 0."""


class Trainer:
    """One run, from its plan to its final weights."""

    def __init__(
        self,
        settings: Training,
        objective: Objective,
        evaluator: "Evaluator | None",
        checkpoints: CheckpointFolder,
    ) -> None:
        self.settings, self.objective, self.evaluator = settings, objective, evaluator
        self.checkpoints = checkpoints
        self.model = objective.model
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings.lr, fused=True)
        scaled = objective.precision == "fp16" and objective.device.type == "cuda"
        self.scaler = torch.amp.GradScaler(objective.device.type, enabled=scaled)
        self.progress = Progress()
        self._sums: dict[str, torch.Tensor] = {}
        """Losses that have not been fetched from the device."""

    def resume(self) -> None:
        """Take up the last saved state, if there is one for the same inputs."""
        state = self.checkpoints.open()
        if state is not None:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.scaler.load_state_dict(state["scaler"])
            self.progress = Progress(**state["progress"])
        encoder = self.model.encoder
        here = environment(self.objective.device, self.objective.precision) | {
            "texts": "packed" if encoder.packed_here() else "padded",
            "attention_dropout": encoder.attention_dropout,
        }
        self.progress.sessions.append({"from_step": self.progress.step, **here})

    def train(self, batches: "Iterable[Batch]") -> None:
        """Train on the batches that follow the state, and leave the chosen weights in the model.

        With early stopping the weights of the best evaluation are chosen, else the last ones.

        Raises:
            TasbError: a loss is not finite.
        """
        done, total = self.progress.step, self.settings.steps
        ready = ahead(batches, self.objective.ready)
        for batch in progress(self._until_stopped(ready), total, "steps", initial=done):
            started = time.perf_counter()
            self._step(batch)
            self.progress.step = batch.step + 1
            self._log()
            self._evaluate()
            self.progress.seconds += time.perf_counter() - started
            if self.progress.step % self.settings.checkpoint_interval == 0:
                self.save()
        if self.evaluator is not None and self.progress.best_step:
            log.info("best step %d: nDCG@10 %.4f", self.progress.best_step, self.progress.best)
            best = self.checkpoints.load_best(self.progress.best_step)
            self.model.load_state_dict(best["model"])

    def _until_stopped(self, batches: Iterable[Ready]) -> Iterator[Ready]:
        for batch in batches:
            if self._stopped():
                log.info("stopped early after step %d", self.progress.step)
                return
            yield batch

    def _stopped(self) -> bool:
        rule = self.settings.early_stopping
        if rule is None or self.progress.step < rule.minimum:
            return False
        return self.progress.without_gain >= rule.patience

    def _step(self, batch: Ready) -> None:
        """One update; its randomness (dropout) depends on the seed and the step alone."""
        torch.manual_seed(derive(self.settings.seed, "dropout", batch.step) >> 1)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, batch.step)
        self.model.train()
        losses = self.objective.losses(batch)
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(losses["loss"]).backward()  # type: ignore[no-untyped-call]
        if self.settings.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip_norm)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        for name, value in losses.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.detach().double()

    def _read_sums(self) -> None:
        """Fetch the losses since they were fetched last; only here does the loop wait for a GPU.

        Raises:
            TasbError: a loss was not finite, so nothing that follows would be.
        """
        for name, value in self._sums.items():
            self.progress.sums[name] = self.progress.sums.get(name, 0.0) + float(value)
        self._sums = {}
        if not math.isfinite(self.progress.sums.get("loss", 0.0)):
            rate = self.optimizer.param_groups[0]["lr"]
            raise TasbError(
                f"the loss is {self.progress.sums['loss']} after {self.progress.step} steps, at a "
                f"learning rate of {rate:.3g} in {self.objective.precision}: lower lr, clip "
                f"gradients with clip_norm, or set precision to fp32"
            )

    def _log(self) -> None:
        step, interval = self.progress.step, self.settings.log_interval
        if step % interval and step != self.settings.steps:
            return
        self._read_sums()
        steps = step % interval or interval
        means = {name: total / steps for name, total in self.progress.sums.items()}
        self._write_line({**means, "lr": learning_rate(self.settings, step - 1)})
        self.progress.sums = {}

    def _evaluate(self) -> None:
        rule, step = self.settings.early_stopping, self.progress.step
        if self.evaluator is None or rule is None:
            return
        if step % rule.interval and step != self.settings.steps:
            return
        value = self.evaluator.ndcg(self.model)
        self._write_line({"ndcg@10": value})
        if value > self.progress.best:
            self.progress.best, self.progress.best_step = value, step
            self.progress.without_gain = 0
            self.checkpoints.save_best(step, {"model": self.model.state_dict()})
        else:
            self.progress.without_gain += 1

    def _write_line(self, values: dict[str, float]) -> None:
        text = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        log.info("step %d: %s", self.progress.step, text)
        self.progress.lines.append({"step": self.progress.step, **values})

    def save(self) -> None:
        """Save the state."""
        self._read_sums()
        self.progress.peak_memory = max(self.progress.peak_memory, peak_memory())
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "progress": dict(vars(self.progress)),
        }
        self.checkpoints.save(state)
