"""A collection of random texts, its training pairs and a plan, for one tiny encoder."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from transformers import AutoModel

from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.encoder import Encoder
from tasb.plans.plan import write_plan
from tasb.students.loss_kinds import InBatchMarginMse, Losses, MarginMse
from tasb.students.run import TrainingRun
from tasb.teachers.scoring import PairScorer
from tasb.tokens.store import TokenStore, write_tokens

QUERIES, PASSAGES, STEPS = 9, 24, 12


@dataclass(frozen=True)
class World:
    """Files of a run."""

    folder: Path
    encoder: Path
    pairs: Path
    plan: list[Path]
    """Three files of four steps each."""
    queries: TokenStore
    passages: TokenStore

    def student(self) -> BertDot:
        """Return a fresh student in evaluation mode."""
        encoder = Encoder.load(self.encoder, self.encoder / "tokenizer.json")
        return BertDot(encoder, Card()).eval()

    def teacher(self) -> PairScorer:
        """Return a ColBERT teacher whose scores differ between passages."""
        encoder = Encoder.load(self.encoder, self.encoder / "tokenizer.json")
        torch.manual_seed(17)
        model = ColBert(encoder)
        torch.nn.init.normal_(model.head.weight, std=0.5)
        return PairScorer(model, self.queries, self.passages, (8, 12), 100, "fp32")


def write_large_weights(source: Path, folder: Path) -> Path:
    """Write an encoder whose [CLS] states differ much between texts."""
    model = AutoModel.from_pretrained(source)
    torch.manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" not in name.lower():
                parameter.normal_(std=0.3)
    model.save_pretrained(folder)
    shutil.copy(source / "tokenizer.json", folder)
    return folder


def write_texts(path: Path, count: int, lengths: list[int], seed: int) -> TokenStore:
    """Write random texts; few lengths keep the number of forward passes small."""
    random = np.random.default_rng(seed)
    lengths = random.choice(lengths, count)
    write_tokens((random.integers(5, 90, length).tolist() for length in lengths), 100, path)
    return TokenStore(path)


def write_pairs(path: Path) -> None:
    random = np.random.default_rng(3)
    query = np.repeat(np.arange(QUERIES), 4)
    pl.DataFrame(
        {
            "query": query.astype(np.int32),
            "positive": random.integers(0, 12, len(query)).astype(np.int32),
            "negative": random.integers(12, PASSAGES, len(query)).astype(np.int32),
            "positive_score": random.normal(2, 1, len(query)).astype(np.float32),
            "negative_score": random.normal(0, 1, len(query)).astype(np.float32),
        }
    ).write_parquet(path)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> World:
    folder = tmp_path_factory.mktemp("students")
    pairs, plan = folder / "pairs.parquet", [folder / f"plan{part}.parquet" for part in range(3)]
    write_pairs(pairs)
    sampling = {
        "sampler": {"kind": "random"},
        "batch_size": 4,
        "one_pair_queries": "keep",
        "seed": 1,
    }
    for part, path in enumerate(plan):
        write_plan(pairs, None, sampling, (4 * part, 4 * part + 4), path)
    queries = write_texts(folder / "queries.arrow", QUERIES, [3, 7], seed=1)
    passages = write_texts(folder / "passages.arrow", PASSAGES, [7, 14], seed=2)
    encoder = write_large_weights(tiny_encoder, folder / "encoder")
    return World(folder, encoder, pairs, plan, queries, passages)


@pytest.fixture
def tiny_run() -> TrainingRun:
    """A run of the dual supervision that changes its weights fast."""
    return TrainingRun(
        losses=Losses(pairwise=MarginMse(), in_batch=InBatchMarginMse(kind="margin-mse")),
        lr=1e-3,
        warmup_steps=0,
        schedule_interval=1,
        precision="fp32",
        batch_size=4,
        steps=STEPS,
        query_length=8,
        passage_length=12,
        early_stopping=None,
        log_interval=2,
        checkpoint_interval=3,
    )
