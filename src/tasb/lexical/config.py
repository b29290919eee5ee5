"""Config of BM25."""

from typing import Literal

from pydantic import Field

from tasb.settings import Settings


class Bm25(Settings):
    """BM25 with Lucene's idf and tf."""

    k1: float = Field(0.9, ge=0)
    b: float = Field(0.4, ge=0, le=1)
    stemmer: Literal["porter", "english", "none"] = "porter"
    stopwords: Literal["lucene", "english", "none"] = "lucene"


class Negatives(Settings):
    """BM25 negatives, for a collection without training pairs."""

    bm25: Bm25 = Bm25()
    depth: int = Field(100, ge=1)
    """Negatives are drawn from this many top passages of a query."""
    per_query: int = Field(30, ge=1)
