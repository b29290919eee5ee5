"""Config of systems: a system is whatever makes a ranking."""

from typing import Annotated, Literal

from pydantic import Field

from tasb.lexical.config import Bm25
from tasb.models.card import Card
from tasb.settings import Settings


class Run(Settings):
    """A run that is trained here, searched with a given index."""

    kind: Literal["run"]
    run: str
    index: str = "Flat"
    """A Faiss factory string; 'Flat' searches the vectors themselves, exactly."""


class Checkpoint(Card):
    """Released weights as they are."""

    kind: Literal["checkpoint"]
    encoder: str
    index: str = "Flat"


class Lexical(Bm25):
    """BM25."""

    kind: Literal["lexical"]


class Rerank(Settings):
    """The top passages of a system, put in a new order by a trained teacher.

    Below `depth` the order of the first system is kept.
    """

    kind: Literal["rerank"]
    system: str
    model: str
    depth: int = Field(100, ge=1)


class Trec(Settings):
    """Run files from elsewhere, one per query set."""

    kind: Literal["trec"]
    files: dict[str, str] = Field(min_length=1)
    repair: list[Literal["order", "duplicates", "unknown-queries"]] = []
    """What may be mended, in place of an error: lines in another order than their scores,
    repeated passages (the best score is kept), queries that the query set lacks (dropped)."""


System = Annotated[Run | Checkpoint | Lexical | Rerank | Trec, Field(discriminator="kind")]


class Rankings(Settings):
    """Rankings of every system."""

    depth: int = Field(1000, ge=1)
    """Passages per query, at most the size of the collection."""
