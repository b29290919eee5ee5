"""The models that can be trained: what each one is made of, and which scores it gives."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from tasb.settings import Settings, as_kind


class Model(Settings):
    """An architecture; the class of its name is in `tasb.models.load`."""

    scores_batches: ClassVar[bool] = True
    """Whether it scores all queries of a batch with all passages at little cost."""
    makes_vectors: ClassVar[bool] = False
    """Whether a text is one vector, so that passages can be searched."""
    has_token_vectors: ClassVar[bool] = False
    """Whether each token is a vector, so that passages can be searched by their tokens."""
    compares: ClassVar[bool] = False
    """Whether it scores a passage against another one, and none alone."""
    objective: ClassVar[str | None] = None
    """What opens its training objective, where it scores no pairs and has no loss of `losses`."""


class BertDot(Model):
    """One vector per text, scores by dot product: the dense retriever."""

    kind: Literal["bert-dot"] = "bert-dot"
    makes_vectors: ClassVar[bool] = True


class BertCat(Model):
    """Query and passage are read together: the pairwise teacher."""

    kind: Literal["bert-cat"]
    head_std: float = Field(0.02, gt=0)
    """Standard deviation of the first weights of the head."""
    scores_batches: ClassVar[bool] = False


class MonoBert(BertCat):
    """Query and passage are read together, and judged relevant or not: monoBERT."""

    kind: Literal["mono-bert"]  # type: ignore[assignment]


class DuoBert(BertCat):
    """A query and two passages are read together, and the first is judged better or not: duoBERT.

    It re-ranks by all ordered pairs of the top passages.
    """

    kind: Literal["duo-bert"]  # type: ignore[assignment]
    compares: ClassVar[bool] = True


class ColBert(Model):
    """One vector per token: the in-batch teacher, and a retriever.

    The defaults are the teacher's. ColBERT v1 has 128 dimensions, no bias, vectors of length 1,
    markers 1 and 2, and [MASK] 103.
    """

    kind: Literal["colbert"]
    head_std: float = Field(0.02, gt=0)
    """Standard deviation of the first weights of the head."""
    dimensions: int | None = Field(None, ge=1)
    """Of a token vector; null: as many as the encoder's."""
    bias: bool = True
    """Whether the linear layer has a bias."""
    normalised: bool = False
    """Whether token vectors have length 1."""
    markers: tuple[int, int] | None = None
    """Ids of the tokens behind [CLS] of a query and of a passage."""
    mask: int | None = None
    """The id of [MASK], with which queries are filled up to `query_length` and the marker."""
    has_token_vectors: ClassVar[bool] = True


class DeepCt(Model):
    """A weight for each word of a passage: DeepCT."""

    kind: Literal["deep-ct"]
    head_std: float = Field(0.02, gt=0)
    """Standard deviation of the first weights of the head."""
    scores_batches: ClassVar[bool] = False
    objective: ClassVar[str | None] = "tasb.students.term_objective:open_objective"


class Doc2Query(Model):
    """An encoder-decoder that writes queries for a passage: docT5query."""

    kind: Literal["doc2query"]
    scores_batches: ClassVar[bool] = False
    objective: ClassVar[str | None] = "tasb.students.generation_objective:open_objective"


AnyModel = Annotated[
    Annotated[
        BertDot | BertCat | MonoBert | DuoBert | ColBert | DeepCt | Doc2Query,
        Field(discriminator="kind"),
    ],
    BeforeValidator(as_kind),
]
