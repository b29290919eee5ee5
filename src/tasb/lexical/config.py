"""Config of BM25."""

from typing import Literal

from pydantic import Field

from tasb.settings import Settings


class Bm25(Settings):
    """BM25 with Lucene's idf and tf."""

    k1: float = Field(0.9, ge=0)
    """Saturation of term frequencies."""
    b: float = Field(0.4, ge=0, le=1)
    """Share of the document length that counts."""
    stemmer: Literal["porter", "english", "none"] = "porter"
    """Porter's stemmer, Snowball's English one, or none."""
    stopwords: Literal["lucene", "english", "none"] = "lucene"
    """Lucene's 33 words, a longer English list, or none."""


class Negatives(Settings):
    """BM25 negatives, for a collection without training pairs."""

    bm25: Bm25 = Bm25()
    """The BM25 that finds them."""
    depth: int = Field(100, ge=1)
    """Negatives are drawn from this many top passages of a query."""
    per_query: int = Field(30, ge=1)
    """Negatives of a query."""
