"""Both teachers over token stores of random texts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from tasb.models.bert_cat import BertCat
from tasb.models.bert_dot import BertDot
from tasb.models.card import Card
from tasb.models.colbert import ColBert
from tasb.models.encoder import Encoder
from tasb.teachers.scoring import PairScorer
from tasb.tokens.store import TokenStore, write_tokens

QUERY_LENGTH, PASSAGE_LENGTH = 8, 12
CLS, SEP = 2, 3


@dataclass(frozen=True)
class Texts:
    """Token stores, and their files."""

    queries_file: Path
    passages_file: Path
    queries: TokenStore
    passages: TokenStore


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Texts:
    folder = tmp_path_factory.mktemp("texts")
    random = np.random.default_rng(8)
    files = folder / "queries.arrow", folder / "passages.arrow"
    for file, count, longest in zip(files, (6, 15), (9, 16)):
        lengths = random.integers(1, longest, count)
        write_tokens([random.integers(5, 90, length).tolist() for length in lengths], 100, file)
    return Texts(*files, *(TokenStore(file) for file in files))


def large_weights(module: torch.nn.Module) -> None:
    """Draw weights that make scores differ much between pairs."""
    torch.manual_seed(9)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "norm" not in name.lower():
                parameter.normal_(std=0.3)


@pytest.fixture
def scorer(tiny_encoder: Path, texts: Texts) -> Callable[[str], PairScorer]:
    """Make a scorer of a model: bert_cat, colbert or bert_dot."""

    def make(model: str, batch_tokens: int = 60) -> PairScorer:
        encoder = Encoder.load(tiny_encoder, tiny_encoder / "tokenizer.json")
        made = {"bert_cat": BertCat, "colbert": ColBert, "bert_dot": BertDot}
        network = made[model](encoder, *([Card()] if model == "bert_dot" else []))
        large_weights(network)
        lengths = QUERY_LENGTH, PASSAGE_LENGTH
        return PairScorer(network, texts.queries, texts.passages, lengths, batch_tokens, "fp32")

    return make


@pytest.fixture
def score_alone(texts: Texts) -> Callable[[PairScorer, int, int], float]:
    """The score of one pair by its equation, without padding."""

    def score(scorer: PairScorer, query: int, passage: int) -> float:
        first = [CLS, *texts.queries[query][: QUERY_LENGTH - 2].tolist(), SEP]
        second = [CLS, *texts.passages[passage][: PASSAGE_LENGTH - 2].tolist(), SEP]
        transformer = scorer.model.encoder.transformer
        if isinstance(scorer.model, BertDot):
            first, second = (transformer(input_ids=torch.tensor([ids])).last_hidden_state[0, 0]
                             for ids in (first, second))  # fmt: skip
            return float(first @ second)
        head = scorer.model.head
        if isinstance(scorer.model, BertCat):
            segments = [0] * len(first) + [1] * len(second[1:])
            ids = torch.tensor([first + second[1:]])
            states = transformer(input_ids=ids, token_type_ids=torch.tensor([segments]))
            return float(head(states.last_hidden_state[0, 0]))
        query_vectors, passage_vectors = (
            head(transformer(input_ids=torch.tensor([ids])).last_hidden_state[0])
            for ids in (first, second)
        )
        return sum(max(float(q @ p) for p in passage_vectors) for q in query_vectors)

    def without_gradient(scorer: PairScorer, query: int, passage: int) -> float:
        with torch.no_grad():
            return score(scorer, query, passage)

    return without_gradient
