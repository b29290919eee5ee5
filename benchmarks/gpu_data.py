"""What the GPU is measured on: random DistilBERT weights, and tokens of MS MARCO's lengths."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import DistilBertConfig, DistilBertModel

from tasb.models.card import Card
from tasb.models.encoder import Encoder
from tasb.models.folder import complete
from tasb.tokens.special import SpecialTokens
from tasb.tokens.texts import Texts

SPECIAL = SpecialTokens(cls=1, sep=2, pad=0)
WORDS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", *(f"w{number}" for number in range(4, 30_522))]


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    layers: int
    dimensions: int
    steps: int
    batches: tuple[int, ...]
    passages: int
    """Passages that are encoded."""
    vectors: int
    """Passages that are searched."""
    searched: tuple[int, ...]
    """Queries that search at once."""
    depth: int
    matrix: int
    """Side of the matrices whose product is timed."""


FULL = Sizes(6, 768, 60, (32, 256), 65_536, 8_841_823, (1, 10, 2_000), 1_000, 8_192)
TINY = Sizes(2, 32, 3, (4, 8), 256, 5_000, (1, 10, 50), 100, 256)


class Store:
    """Token ids of generated texts, read as `tasb.tokens.store.TokenStore` is."""

    def __init__(self, count: int, median: float, spread: float, longest: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        lengths = random.lognormal(np.log(median), spread, count).round().astype(int)
        self._stops = np.cumsum(lengths.clip(2, longest - 2))
        self._starts = np.append(0, self._stops[:-1])
        self._ids = random.integers(4, len(WORDS), self._stops[-1])

    def __len__(self) -> int:
        return len(self._stops)

    def texts(self, positions: Any, special: SpecialTokens, length: int) -> Texts:
        """Return texts with special tokens, cut to a length."""
        rows = np.asarray(positions)
        return special.around(self._ids, self._starts[rows], self._stops[rows], length)

    def words(self, positions: Sequence[int]) -> list[str]:
        """Return the same texts as words, for a peer that tokenizes itself."""
        texts = (self._ids[self._starts[place] : self._stops[place]] for place in positions)
        return [" ".join(WORDS[id] for id in text) for text in texts]


@dataclass(frozen=True)
class Batch:
    """A batch of a plan, as `tasb.plans.plan.Batch`."""

    step: int
    query: np.ndarray
    positive: np.ndarray
    negative: np.ndarray
    margin: np.ndarray


@dataclass(frozen=True)
class Data:
    """Queries and passages: 10 and 82 tokens on average, as on MS MARCO cut at 30 and 200."""

    queries: Store
    passages: Store

    def batches(self, size: int, count: int) -> list[Batch]:
        """Return random batches."""
        random = np.random.default_rng(size)
        found = []
        for step in range(count):
            query = random.permutation(len(self.queries))[:size]
            passage = random.permutation(len(self.passages))[: 2 * size]
            margin = random.normal(3, 2, size).astype(np.float32)
            found.append(Batch(step, query, passage[:size], passage[size:], margin))
        return found


class Held:
    """Vectors that are on the device, read as `tasb.rankings.blocked.DeviceVectors` are."""

    def __init__(self, vectors: torch.Tensor) -> None:
        self._vectors, self.on = vectors, vectors.device

    def blocks(self, rows: int) -> Iterator[torch.Tensor]:
        """Yield the vectors in blocks."""
        yield from torch.split(self._vectors, rows)


def generate(sizes: Sizes) -> Data:
    """Return the texts."""
    count = max(2 * max(sizes.batches), 2_000)
    return Data(Store(count, 9, 0.4, 30, seed=1), Store(sizes.passages, 75, 0.45, 200, seed=2))


def new_encoder(sizes: Sizes, dropout: float = 0.1) -> Encoder:
    """Return an encoder of random weights."""
    torch.manual_seed(0)
    config = DistilBertConfig(
        n_layers=sizes.layers,
        dim=sizes.dimensions,
        hidden_dim=4 * sizes.dimensions,
        n_heads=max(1, sizes.dimensions // 64),
        dropout=dropout,
        attention_dropout=dropout,
    )
    return Encoder(DistilBertModel(config), SPECIAL)


def write_folder(sizes: Sizes, folder: Path) -> Path:
    """Write the same weights with a tokenizer of whole words, for a peer that reads folders."""
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(WORDS[:4])
    tokenizer.save(str(folder / "words.json"))
    new_encoder(sizes).save(folder)
    complete(folder, folder / "words.json", Card())
    return folder
