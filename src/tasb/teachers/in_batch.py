"""ColBERT scores each query of a batch with all 2b passages of it, live or beforehand."""

import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from tasb.files import whole
from tasb.jobs import Job, log, progress
from tasb.models.bert_cat import BertCat
from tasb.models.device import autocast, prepare
from tasb.plans.plan import Batch, read_plan
from tasb.teachers.scoring import PairScorer, open_scorer
from tasb.teachers.stored import Margins


class LiveTeacher:
    """Scores a batch with the teacher's model when it is asked for."""

    def __init__(self, scorer: PairScorer) -> None:
        if isinstance(scorer.model, BertCat):
            raise TypeError("BERT_CAT scores no whole batch")
        self.scorer, self.model = scorer, scorer.model

    @torch.inference_mode()
    def margins(self, batch: Batch) -> Margins:
        """Return the margins of all passages of the batch, fp16 (b, 2b)."""
        scorer = self.scorer
        both = np.concatenate((batch.positive, batch.negative))
        queries, passages = scorer.query_texts(batch.query), scorer.passage_texts(both)
        with autocast(scorer.precision, scorer.device):
            scores = self.model.all_scores(queries, passages, scorer.batch_tokens)
        own = scores.diagonal()
        result: Margins = (scores - own[:, None]).cpu().numpy().astype(np.float16)
        return result


def make(job: Job) -> None:
    """Score the batches of a shard of a plan."""
    scorer = open_scorer(job.recipe["scorer"], job.inputs, prepare(job))
    job.about["precision"] = scorer.precision
    start, stop = job.recipe["steps"]
    path = job.output("scores")
    write_in_batch_scores(job.files("plan"), (start, stop), LiveTeacher(scorer), path)


def _announce(batch: Batch, steps: tuple[int, int], teacher: LiveTeacher) -> None:
    """Log the size of the scores of some steps, and the time that the first of them foretells."""
    started, count = time.perf_counter(), steps[1] - steps[0]
    size = teacher.margins(batch).nbytes * count
    hours = (time.perf_counter() - started) * count / 3600
    log.info("%d batches: %.3f GB, about %.2f hours", count, size / 1e9, hours)


def write_in_batch_scores(
    plan: Sequence[str | Path], steps: tuple[int, int], teacher: LiveTeacher, path: str | Path
) -> None:
    """Write the margins of some consecutive steps of a plan, one record batch a step.

    A memory-mapped Arrow file: step (int32), margins (fp16 list of b * 2b).
    """
    schema = pa.schema([("step", pa.int32()), ("margins", pa.list_(pa.float16()))])
    batches: Iterator[Batch] = read_plan(plan, *steps)
    with (
        whole(path) as part,
        pa.OSFile(str(part), "wb") as file,
        pa.ipc.new_file(file, schema) as writer,
    ):
        first = next(batches)
        _announce(first, steps, teacher)
        for batch in progress(chain([first], batches), steps[1] - steps[0], "batches scored"):
            margins = teacher.margins(batch).ravel()
            offsets = pa.array([0, len(margins)], pa.int32())
            column = pa.ListArray.from_arrays(offsets, pa.array(margins))
            step = pa.array([batch.step], pa.int32())
            writer.write_batch(pa.record_batch([step, column], schema))
