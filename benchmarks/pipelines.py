"""Parts of Table 7's pipelines, each next to a plain way: re-ranking, MaxSim, fusion."""

import os
import time
from collections.abc import Callable

import numpy as np
import polars as pl
import torch
from alternate import alternate, options
from texts import TEXTS, Triples, encoder_folder, read
from transformers import AutoModel

from tasb.jobs import Job
from tasb.models.bert_cat import BertCat
from tasb.models.device import prepare
from tasb.models.encoder import Encoder
from tasb.rankings.fusion import both, listed, weighted_sum
from tasb.rankings.max_sim import TokenSearch
from tasb.teachers.scoring import PairScorer
from tasb.vectors.config import Vectors

QUERY, PASSAGE = 30, 200
CANDIDATES, TOKENS, DIMENSIONS = 1000, 80, 128
QUERIES, DEPTH = 6980, 1000


def reranking(given: object) -> None:
    """Print our pairs a second next to those of a plain loop over length-sorted batches."""
    folder, precision = encoder_folder(), given.precision  # type: ignore[attr-defined]
    model = BertCat(Encoder.load(folder, folder / "tokenizer.json")).eval()
    plain = AutoModel.from_pretrained(folder).eval()
    for name in TEXTS:
        texts = read(name, 128)
        count = len(texts.passages)
        query, passage = np.arange(count) % len(texts.queries), np.arange(count)
        stores = texts.query_tokens, texts.passage_tokens
        scorer = PairScorer(model, *stores, (QUERY, PASSAGE), Vectors().batch_tokens, precision)
        alternate(
            f"re-ranking, {name}, {precision}", count, "pairs",
            lambda s=scorer, q=query, p=passage: s.scores(q, p),
            lambda t=texts, q=query, p=passage: plain_scores(plain, model.head, t, q, p),
            given.repetitions,  # type: ignore[attr-defined]
        )  # fmt: skip


@torch.inference_mode()
def plain_scores(
    plain: torch.nn.Module, head: torch.nn.Module, texts: Triples, query: np.ndarray,
    passage: np.ndarray,
) -> torch.Tensor:  # fmt: skip
    """Score pairs in the order of their lengths, 32 at a time, padded."""
    ids = [[101, *texts.query_tokens[q][: QUERY - 2].tolist(), 102,
            *texts.passage_tokens[p][: PASSAGE - 2].tolist(), 102]
           for q, p in zip(query, passage)]  # fmt: skip
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    scores = torch.empty(len(ids))
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        longest = max(len(ids[row]) for row in rows)
        given = torch.zeros((len(rows), longest), dtype=torch.long)
        mask = torch.zeros_like(given)
        for place, row in enumerate(rows):
            given[place, : len(ids[row])], mask[place, : len(ids[row])] = torch.tensor(ids[row]), 1
        states = plain(input_ids=given, attention_mask=mask).last_hidden_state
        scores[rows] = head(states[:, 0])[:, 0]
    return scores


def seconds(run: Callable[[], object]) -> float:
    """Return the best of three times."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


class Kept:
    """Token vectors in memory."""

    def __init__(self, vectors: torch.Tensor) -> None:
        self.all = vectors

    def vectors(self, rows: np.ndarray) -> torch.Tensor:
        """Return rows as `StoredVectors` does."""
        return self.all[torch.from_numpy(rows)]


def max_sim() -> None:
    """Print the time of 1,000 candidates of a query, and that of a loop over them."""
    torch.manual_seed(0)
    counts = np.random.default_rng(0).integers(TOKENS // 2, TOKENS, 5 * CANDIDATES)
    search = TokenSearch.__new__(TokenSearch)
    search.vectors = Kept(torch.randn(int(counts.sum()), DIMENSIONS))  # type: ignore[assignment]
    search.counts, search.ends, search.on = counts, np.cumsum(counts), torch.device("cpu")
    query = torch.randn(32, DIMENSIONS)
    passages = np.arange(0, 5 * CANDIDATES, 5)

    def loop() -> list[float]:
        """Score passage by passage."""
        found = []
        for passage in passages:
            end = search.ends[passage]
            own = search.vectors.all[end - counts[passage] : end]  # type: ignore[attr-defined]
            found.append(float((query @ own.T).amax(1).sum()))
        return found

    np.testing.assert_allclose(search.scores(query.numpy(), passages), loop(), rtol=1e-4)
    fast, slow = seconds(lambda: search.scores(query.numpy(), passages)), seconds(loop)
    print(f"MaxSim of {CANDIDATES} candidates: {1e3 * fast:.1f} ms, by a loop {1e3 * slow:.1f} ms "
          f"({slow / fast:.1f} times)", flush=True)  # fmt: skip


def fusion() -> None:
    """Print the time of a weighted sum of two runs of MS MARCO's dev queries."""
    random = np.random.default_rng(0)
    runs = []
    for _ in range(2):
        query = np.repeat(np.arange(QUERIES, dtype=np.int32), DEPTH)
        passage = random.integers(0, 20_000, len(query)).astype(np.int32)
        score = random.random(len(query), np.float32)
        table = pl.DataFrame({"query": query, "passage": passage, "score": score})
        runs.append(table.unique(["query", "passage"]))
    ids = [str(number) for number in range(QUERIES)], [str(number) for number in range(20_000)]
    took = seconds(lambda: listed(weighted_sum(both(*runs), 0.5), ids, DEPTH))
    print(f"fusion of two runs of {QUERIES:,} × {DEPTH:,}: {took:.1f} s", flush=True)


def main() -> None:
    """Print all of them."""
    given = options(__doc__)
    prepare(Job({}, {}, {}, os.cpu_count() or 1))
    reranking(given)
    max_sim()
    fusion()


if __name__ == "__main__":
    main()
