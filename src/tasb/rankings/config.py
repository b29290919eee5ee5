"""Config of systems: a system is whatever makes a ranking."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from tasb.rankings.kinds.base import System
from tasb.rankings.kinds.colbert import ColBertSearch
from tasb.rankings.kinds.dense import Checkpoint, Run
from tasb.rankings.kinds.fuse import Fuse
from tasb.rankings.kinds.lexical import DeepCt, Doc2Query, Lexical
from tasb.rankings.kinds.rerank import Rerank, RerankT5
from tasb.rankings.kinds.trec import Trec
from tasb.settings import Settings, as_kind

AnySystem = Annotated[
    Annotated[
        Run
        | Checkpoint
        | Lexical
        | DeepCt
        | Doc2Query
        | ColBertSearch
        | Rerank
        | RerankT5
        | Fuse
        | Trec,
        Field(discriminator="kind"),
    ],
    BeforeValidator(as_kind),
]

__all__ = ["AnySystem", "Rankings", "Run", "System"]


class Rankings(Settings):
    """Rankings of every system."""

    depth: int = Field(1000, ge=1)
    """Passages per query, at most the size of the collection."""
