"""BM25 by bm25s, with Lucene's formula and an analyser near to its English one."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import numpy.typing as npt
import Stemmer
from bm25s.stopwords import STOPWORDS_EN

from tasb.collection.tables import read_text_column
from tasb.errors import TasbError
from tasb.jobs import log, progress
from tasb.lexical.config import Bm25

LUCENE_STOPWORDS = (
    "a an and are as at be but by for if in into is it no not of on or such that the their "
    "then there these they this to was will with"
).split()
TOKEN = r"(?u)\b\w+\b"
POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)

MANY = 100_000
"""Texts above which bm25s shows how far it is."""
EMPTY_STEMS = ["s"]
"""What Porter's stemmer leaves nothing of; the empty term would match every such text."""


class TermIndex:
    """Scores of each term in each passage, in memory, and the analysis of queries."""

    def __init__(self, settings: Bm25, size: int) -> None:
        """Take the analysis, and the number of passages."""
        self._settings, self.size = settings, size
        self._retriever = bm25s.BM25(method="lucene", k1=settings.k1, b=settings.b)

    def terms_of(self, texts: list[str]) -> list[list[str]]:
        """Return the terms of texts: words that are no stop words, stemmed."""
        tokenized = self._terms(texts)
        names = {number: term for term, number in tokenized.vocab.items()}
        return [[names[number] for number in ids] for ids in tokenized.ids]

    def _terms(self, texts: list[str]) -> Any:
        algorithm = None if self._settings.stemmer == "none" else self._settings.stemmer
        stopwords = {"lucene": LUCENE_STOPWORDS, "english": STOPWORDS_EN, "none": []}
        return bm25s.tokenize(
            [POSSESSIVE.sub("", text) for text in texts],
            token_pattern=TOKEN,
            stopwords=[*stopwords[self._settings.stopwords], *EMPTY_STEMS],
            stemmer=Stemmer.Stemmer(algorithm) if algorithm else None,
            show_progress=len(texts) > MANY,
        )

    def search(
        self, queries: list[str], depth: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
        """Yield for each query its passages with a score above zero, best first.

        Equal scores are in order of position, so that a ranking does not depend on chance.

        Yields:
            positions and scores, both of shape (at most `depth`,).
        """
        depth = min(depth, self.size)
        for query in progress(queries, len(queries), "queries searched"):
            terms = self._retriever.get_tokens_ids(self.terms_of([query])[0])
            scores = self._retriever.get_scores_from_ids(terms) if terms else np.zeros(self.size)
            best = _top(scores, depth)
            yield best, scores[best].astype(np.float32)


class Bm25Index(TermIndex):
    """BM25 over the texts of a collection."""

    def __init__(
        self, passages: str | Path, settings: Bm25, added: Iterable[str] | None = None
    ) -> None:
        """Index the passages of a table.

        Args:
            passages: Parquet of texts.
            settings: k1, b and analysis.
            added: what is appended to each passage, in their order; None for nothing.

        Raises:
            TasbError: no passage has a term.
        """
        texts = [text for part in read_text_column(passages) for text in part]
        super().__init__(settings, len(texts))
        if added is not None:
            texts = [f"{text} {more}" for text, more in zip(texts, added, strict=True)]
        terms = self._terms(texts)
        if not terms.vocab:
            raise TasbError(
                f"{passages}: no passage has a term for BM25, since stop words and signs are none; "
                "look at the texts, or set stopwords: none"
            )
        self._retriever.index(terms, show_progress=len(texts) > MANY)
        log.info("BM25 index of %d passages", self.size)


def _top(scores: npt.NDArray[np.floating[Any]], depth: int) -> npt.NDArray[np.int64]:
    """Return the positions of the best positive scores, ties by position."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > depth:
        least = np.partition(scores[positive], -depth)[-depth]
        positive = positive[scores[positive] >= least]
    return positive[np.lexsort((positive, -scores[positive]))][:depth]
