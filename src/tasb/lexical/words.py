"""Words of a text from its word pieces, and the terms by which queries and passages match."""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import Stemmer

from tasb.errors import TasbError
from tasb.lexical.bm25 import LUCENE_STOPWORDS, POSSESSIVE, TOKEN

CONTINUED = "##"
"""What the pieces of a word begin with, but its first."""
WORD = re.compile(TOKEN)


class WordPieces:
    """The vocabulary of a WordPiece tokenizer."""

    def __init__(self, tokenizer_file: str | Path) -> None:
        """Read a tokenizer.json.

        Raises:
            TasbError: it is no WordPiece tokenizer, so that words cannot be put together.
        """
        model = json.loads(Path(tokenizer_file).read_text(encoding="utf-8"))["model"]
        if model.get("type", "WordPiece") != "WordPiece":
            raise TasbError(
                f"{tokenizer_file}: a {model['type']} tokenizer; DeepCT puts words together from "
                "the pieces of a WordPiece one: start the run from BERT or the like"
            )
        self.pieces = {number: piece for piece, number in model["vocab"].items()}

    def words(self, ids: Iterable[int]) -> tuple[list[str], list[int]]:
        """Return the words of a text, and the place of the first piece of each."""
        words: list[str] = []
        places: list[int] = []
        for place, number in enumerate(ids):
            piece = self.pieces[int(number)]
            if piece.startswith(CONTINUED) and words:
                words[-1] += piece.removeprefix(CONTINUED)
            else:
                words.append(piece)
                places.append(place)
        return words, places


class Terms:
    """Porter stems of words that are no stop words."""

    def __init__(self) -> None:
        self._stem = Stemmer.Stemmer("porter").stemWord
        self._stopwords = set(LUCENE_STOPWORDS)

    def of_word(self, word: str) -> str | None:
        """Return the term of a word; None for a stop word or a sign."""
        lower = word.lower()
        if lower in self._stopwords or not WORD.fullmatch(lower):
            return None
        return self._stem(lower) or None

    def of_text(self, text: str) -> set[str]:
        """Return the terms of a text."""
        found = (self.of_word(word) for word in WORD.findall(POSSESSIVE.sub("", text)))
        return {term for term in found if term is not None}


def term_recall(
    words: Sequence[str], queries: Sequence[set[str]], terms: Terms
) -> npt.NDArray[np.float32]:
    """Return for each word of a passage the share of its queries that have the word's term.

    Args:
        words: of the passage.
        queries: terms of each of its relevant queries, at least one.
        terms: how words become terms.
    """
    found = [terms.of_word(word) for word in words]
    return np.array([sum(term in query for query in queries) / len(queries) for term in found],
                    np.float32)  # fmt: skip
