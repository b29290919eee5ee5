"""BM25 over given term frequencies, without a text that repeats words."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import scipy.sparse

from tasb.errors import TasbError
from tasb.lexical.bm25 import TermIndex
from tasb.lexical.config import Bm25


class WeightedIndex(TermIndex):
    """BM25 with term frequencies that are given.

    Stop words are left out and words are stemmed first, so that words of one stem add up. A
    passage without any term is not part of the index: idf and mean length do not count it.
    """

    def __init__(self, frequencies: pl.DataFrame, passages: int, settings: Bm25) -> None:
        """Score the terms of all passages.

        Args:
            frequencies: passage, word, tf.
            passages: of the collection.
            settings: k1, b and analysis.

        Raises:
            TasbError: no passage has a term.
        """
        super().__init__(settings, passages)
        table = self._terms_of(frequencies)
        if table.is_empty():
            raise TasbError("no word of any passage has a weight above 0: train DeepCT longer")
        length = table.group_by("passage").agg(length=pl.col("tf").sum())
        df = table.group_by("term").agg(df=pl.len()).sort("term")
        df = df.with_columns(number=pl.int_range(pl.len()))
        table = table.join(length, on="passage").join(df, on="term").sort("number", "passage")
        scores = self._scores(table, length["length"].to_numpy())
        place = table["passage"].to_numpy(), table["number"].to_numpy()
        matrix = scipy.sparse.csc_matrix((scores, place), shape=(passages, df.height))
        self._retriever.scores = {"data": matrix.data, "indices": matrix.indices,
                                  "indptr": matrix.indptr, "num_docs": passages}  # fmt: skip
        self._retriever.nonoccurrence_array = None  # Lucene's has none; `index` would set it
        self._retriever.vocab_dict = dict(df.select("term", "number").iter_rows())

    def _terms_of(self, frequencies: pl.DataFrame) -> pl.DataFrame:
        """Return passage, term, tf."""
        words = frequencies["word"].unique(maintain_order=True)
        terms = pl.DataFrame(
            {"word": words, "term": self.terms_of(words.to_list())},
            schema={"word": pl.String, "term": pl.List(pl.String)},
        )
        rows = frequencies.join(terms.explode("term").drop_nulls(), on="word")
        return rows.group_by("passage", "term").agg(tf=pl.col("tf").sum())

    def _scores(
        self, table: pl.DataFrame, lengths: npt.NDArray[np.integer[Any]]
    ) -> npt.NDArray[np.float32]:
        """Return idf times tf, as Lucene's BM25 has them.

        Args:
            table: tf, df, length, a row for each term of each passage.
            lengths: of all passages that have terms.
        """
        tf, df, length = (table[name].to_numpy() for name in ("tf", "df", "length"))
        idf = np.log(1 + (len(lengths) - df + 0.5) / (df + 0.5))
        k1, b = self._settings.k1, self._settings.b
        scores: npt.NDArray[np.float32] = (
            idf * tf / (tf + k1 * (1 - b + b * length / lengths.mean()))
        )
        return scores.astype(np.float32)


def frequencies(weights: pl.DataFrame, scale: str) -> pl.DataFrame:
    """Return how often each word counts in its passage: passage, word, tf.

    A weight below 0 counts as 0; tf is 100 y, or 100 √y, rounded; a word with less than 1 is left
    out, and with it a passage that has no other.

    Args:
        weights: passage, words, weights.
        scale: linear or sqrt.
    """
    words = weights.explode("words", "weights").drop_nulls()
    positive = pl.col("weights").clip(lower_bound=0)
    value = positive if scale == "linear" else positive.sqrt()
    found = words.select("passage", word="words", tf=(100 * value).round().cast(pl.Int32))
    return found.filter(pl.col("tf") >= 1)
