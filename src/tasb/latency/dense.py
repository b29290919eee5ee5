"""What is timed of a dense system."""

from collections.abc import Callable

import faiss
import numpy as np
import polars as pl
import torch
from tokenizers import Tokenizer

from tasb.collection.tables import read_ids
from tasb.jobs import Job
from tasb.latency.measure import Asked, Opened, Stage, waiting
from tasb.models.sides import QUERIES
from tasb.rankings.blocked import DeviceVectors, top_passages
from tasb.rankings.exact import Positions, Scores
from tasb.rankings.ranking import ranking_of
from tasb.rankings.search import set_parameters
from tasb.tokens.texts import Texts
from tasb.vectors.encode import TextEncoder, open_encoder

Search = Callable[[Scores], tuple[Positions, Scores]]


def stages(job: Job) -> Opened:
    """Tokenization, encoding, retrieval, and the rest: ids and order of the found passages."""
    encoder = open_encoder(job)
    tokenizer = Tokenizer.from_file(job.file("tokenizer"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    passage_ids, depth = read_ids(job.file("passages")), job.recipe["depth"]
    search = _index(job, depth) if job.recipe["index"] else _exact(job, depth, encoder.device)

    def tokenized(asked: Asked) -> tuple[Asked, Texts]:
        """Return the token ids of a batch."""
        return asked, _texts(tokenizer, encoder, asked.texts)

    def encoded(found: tuple[Asked, Texts]) -> tuple[Asked, Scores]:
        """Return the vectors of a batch."""
        return found[0], encoder.vectors_of(found[1])

    def retrieved(found: tuple[Asked, Scores]) -> tuple[Asked, tuple[Positions, Scores]]:
        """Return positions and scores of the top passages."""
        return found[0], search(found[1])

    def listed(found: tuple[Asked, tuple[Positions, Scores]]) -> pl.DataFrame:
        """Return the ranking."""
        asked, (positions, scores) = found
        return ranking_of(asked.ids, passage_ids, list(zip(positions, scores)))

    named: list[Stage] = [("tokenization", tokenized), ("query encoding", encoded),
             ("retrieval", retrieved), ("rest", listed)]  # fmt: skip
    return named, waiting(encoder.device)


def _texts(tokenizer: Tokenizer, encoder: TextEncoder, texts: list[str]) -> Texts:
    encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    stops = np.cumsum([len(encoding) for encoding in encodings])
    ids = np.fromiter((number for each in encodings for number in each.ids), np.uint32)
    starts = np.concatenate(([0], stops[:-1]))
    special, length = encoder.model.sides[QUERIES], encoder.lengths[QUERIES]
    return special.around(ids, starts, stops, length)


def _exact(job: Job, depth: int, on: torch.device) -> Search:
    vectors = DeviceVectors(job.files("vectors"), on)
    return lambda queries: top_passages(queries, vectors, depth)


def _index(job: Job, depth: int) -> Search:
    faiss.omp_set_num_threads(job.threads)
    index = faiss.read_index(job.file("index"))
    set_parameters(index, job.recipe["index"])

    def search(queries: Scores) -> tuple[Positions, Scores]:
        """Return positions and scores of each query, best first."""
        scores, positions = index.search(queries, min(depth, index.ntotal))
        return positions, scores

    return search
