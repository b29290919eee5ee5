"""ColBERT scores each query of a batch with all 2b passages of it, live or beforehand."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import torch

from tasb.background import ahead, behind
from tasb.files import whole
from tasb.jobs import Job, log, progress
from tasb.models.bert_cat import BertCat
from tasb.models.device import Fetched, prepare, to_device
from tasb.models.inputs import Inputs
from tasb.models.precision import autocast
from tasb.plans.plan import Batch, read_plan
from tasb.teachers.scorers import open_scorer
from tasb.teachers.scoring import PairScorer
from tasb.teachers.stored import Margins, StoredMargins


class InBatchTeacher(Protocol):
    """Whatever says what the scores of a whole batch should be: a teacher, or the labels."""

    def inputs(self, batch: Batch) -> Any:
        """Return what the targets of a batch are made from, on the device."""

    def targets(self, inputs: Any) -> torch.Tensor:
        """Return a teacher's margins of all passages of a batch, or which of them count."""


class StoredTeacher:
    """Reads the margins that were made beforehand."""

    def __init__(self, stored: StoredMargins, device: torch.device) -> None:
        self.stored, self.device = stored, device

    def inputs(self, batch: Batch) -> torch.Tensor:
        """Return the margins of a batch, on the device."""
        return to_device(np.array(self.stored.margins(batch)), self.device)

    def targets(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return them as they are, fp16 (b, 2b)."""
        return inputs


class LiveTeacher:
    """Scores a batch with the teacher's model when it is asked for."""

    def __init__(self, scorer: PairScorer) -> None:
        if isinstance(scorer.model, BertCat):
            raise TypeError("BERT_CAT scores no whole batch")
        self.scorer, self.model = scorer, scorer.model
        self.model.requires_grad_(False)

    def inputs(self, batch: Batch) -> Inputs:
        """Return the texts of a batch, on the device of the teacher."""
        scorer = self.scorer
        both = np.concatenate((batch.positive, batch.negative))
        queries, passages = scorer.query_texts(batch.query), scorer.passage_texts(both)
        return self.model.inputs(queries, passages, scorer.batch_tokens)

    @torch.no_grad()
    def targets(self, inputs: Inputs) -> torch.Tensor:
        """Return the margins of all passages of the batch, fp16 (b, 2b)."""
        with autocast(self.scorer.precision, self.scorer.device):
            scores = self.model.all_scores(inputs)
        return (scores - scores.diagonal()[:, None]).half()


def make(job: Job) -> None:
    """Score the batches of a shard of a plan."""
    scorer = open_scorer(job.recipe["scorer"], job.inputs, prepare(job))
    job.about["precision"] = scorer.precision
    start, stop = job.recipe["steps"]
    path = job.output("scores")
    write_in_batch_scores(job.files("plan"), (start, stop), LiveTeacher(scorer), path)


def _scored(batches: Iterable[Batch], teacher: LiveTeacher) -> Iterator[tuple[Batch, Margins]]:
    """Yield each batch with its margins, while texts of later ones are fetched."""

    def ready(batch: Batch) -> tuple[Batch, Inputs]:
        """Return a batch with its texts on the device."""
        return batch, teacher.inputs(batch)

    scored = ((batch, Fetched(teacher.targets(inputs))) for batch, inputs in ahead(batches, ready))
    for batch, margins in behind(scored):
        yield batch, margins.numpy()


def write_in_batch_scores(
    plan: Sequence[str | Path], steps: tuple[int, int], teacher: LiveTeacher, path: str | Path
) -> None:
    """Write the margins of some consecutive steps of a plan, one record batch a step.

    A memory-mapped Arrow file: step (int32), margins (fp16 list of b * 2b).
    """
    schema = pa.schema([("step", pa.int32()), ("margins", pa.list_(pa.float16()))])
    count = steps[1] - steps[0]
    with (
        whole(path) as part,
        pa.OSFile(str(part), "wb") as file,
        pa.ipc.new_file(file, schema) as writer,
    ):
        scored = progress(_scored(read_plan(plan, *steps), teacher), count, "batches scored")
        for number, (batch, margins) in enumerate(scored):
            if number == 0:
                log.info("%d batches: %.3f GB", count, margins.nbytes * count / 1e9)
            offsets = pa.array([0, margins.size], pa.int32())
            column = pa.ListArray.from_arrays(offsets, pa.array(margins.ravel()))
            step = pa.array([batch.step], pa.int32())
            writer.write_batch(pa.record_batch([step, column], schema))
