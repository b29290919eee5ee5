"""Training: ours, and sentence-transformers' trainer with MarginMSELoss.

Theirs tokenizes while it trains; ours reads tokens, which another stage made once. One
repetition is a training of some steps, set-up included.
"""

import os
import tempfile

import numpy as np
import torch
from alternate import alternate, options
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.losses import MarginMSELoss
from student import LOSSES, new_student
from texts import TEXTS, Triples, encoder_folder, read

from tasb.jobs import Job
from tasb.models.batches import length_groups
from tasb.models.device import prepare
from tasb.models.encoder import BATCH_TOKENS
from tasb.plans.plan import Batch
from tasb.students.checkpoint import CheckpointFolder
from tasb.students.config import Training
from tasb.students.objective import Objective
from tasb.students.training import Trainer

BATCH, LENGTH = 32, 200


def our_trainer(triples: Triples, precision: str) -> Trainer:
    """Return a trainer of pairwise Margin-MSE on a MiniLM."""
    settings = Training(
        batch_size=BATCH,
        query_length=LENGTH,
        passage_length=LENGTH,
        steps=1_000_000,
        log_interval=1_000_000,
        checkpoint_interval=1_000_000,
        precision=precision,
        early_stopping=None,
    )
    device = prepare(Job({}, {}, {}, os.cpu_count() or 1))
    model = new_student(settings, device)
    stores = triples.query_tokens, triples.passage_tokens
    objective = Objective(settings, LOSSES, model, *stores, None, precision)
    trainer = Trainer(settings, objective, None, CheckpointFolder(tempfile.mkdtemp(), ""))
    trainer.resume()
    return trainer


def batches(triples: Triples, margins: np.ndarray) -> list[Batch]:
    """Return the batches; query i has the passages 2i and 2i + 1."""
    found = []
    for step, start in enumerate(range(0, len(triples.queries), BATCH)):
        query = np.arange(start, start + BATCH)
        found.append(Batch(step, query, 2 * query, 2 * query + 1, margins[query]))
    return found


def their_trainer(
    triples: Triples, margins: np.ndarray, precision: str
) -> SentenceTransformerTrainer:
    """Return sentence-transformers' trainer on the same pairs."""
    model = SentenceTransformer(str(encoder_folder()))
    model.max_seq_length = LENGTH
    pairs = {
        "query": triples.queries,
        "positive": triples.passages[::2],
        "negative": triples.passages[1::2],
        "label": margins.tolist(),
    }
    arguments = SentenceTransformerTrainingArguments(
        tempfile.mkdtemp(),
        per_device_train_batch_size=BATCH,
        num_train_epochs=1,
        bf16=precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        max_grad_norm=0,
        learning_rate=7e-6,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    return SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict(pairs),
        loss=MarginMSELoss(model),
    )


def padding(triples: Triples) -> float:
    """Return the share of padding among the tokens of our forward passes."""
    queries, passages = (
        np.array([min(len(ids) + 2, LENGTH) for ids in store])
        for store in (triples.query_tokens, triples.passage_tokens)
    )
    padded = 0
    for start in range(0, len(queries), BATCH):
        read = passages[2 * start : 2 * (start + BATCH)]
        batch = np.concatenate((queries[start : start + BATCH], read))
        groups = length_groups(batch, BATCH_TOKENS)
        padded += sum(int(batch[group].max()) * len(group) for group in groups)
    return 1 - (queries.sum() + passages.sum()) / padded


def main() -> None:
    """Print one row for each collection."""
    given = options(__doc__, steps=4)
    for name in TEXTS:
        triples = read(name, given.steps * BATCH)
        margins = np.random.default_rng(1).normal(3, 2, len(triples.queries)).astype(np.float32)
        ours = our_trainer(triples, given.precision)
        theirs = their_trainer(triples, margins, given.precision)
        drawn = batches(triples, margins)
        share = f"{padding(triples):.0%} of our tokens padding"
        what = f"training, {name}, {given.precision}, {share}"
        alternate(
            what,
            len(triples.queries),
            "queries",
            lambda ours=ours, drawn=drawn: ours.train(drawn),
            lambda theirs=theirs: theirs.train(),
            given.repetitions,
        )


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
