"""ColBERT, the in-batch teacher: each query token finds its best passage token (Eq. 2-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from tasb.models.batches import Group
from tasb.models.device import device_of, to_device
from tasb.models.encoder import Encoder, Loaded
from tasb.models.headed import HeadedEncoder
from tasb.models.inputs import Chosen, Inputs, Pairs
from tasb.models.precision import full_precision
from tasb.tokens.texts import Texts

MASKED = -1000.0
"""Score of a padded passage token, below any real one (the released value)."""


@dataclass(frozen=True)
class PairsByGroup(Inputs):
    """Pairs in the order of the groups of passages, so that one group at a time is in memory."""

    own: tuple[Chosen, ...] = ()
    """Of each group: the query of each pair, and which passage of the group."""
    place: torch.Tensor = torch.empty(0)
    """(n,) where each pair is found among those of all groups."""


@dataclass(frozen=True)
class Form:
    """How token vectors are made; the defaults are those of the paper's teacher."""

    dimensions: int | None = None
    """Of a token vector; None: as many as the encoder's."""
    bias: bool = True
    """Whether the linear layer has one."""
    normalised: bool = False
    """Whether token vectors have length 1."""
    markers: Sequence[int] | None = None
    """Token ids after [CLS] of a query and of a passage: ColBERT v1's [Q] and [D]."""
    mask: int | None = None
    """The id of [MASK], with which queries are filled up to a fixed length; None: they are not.
    No token attends to them, but their vectors count."""
    filled: int = 0
    """That length, the marker included."""


TEACHER = Form()


class ColBert(HeadedEncoder):
    """One vector per token: a linear layer over the encoder."""

    passages_at_once: ClassVar[int] = 0

    def __init__(self, encoder: Encoder, head_std: float = 0.02, form: Form = TEACHER) -> None:
        size = form.dimensions or encoder.dimensions
        super().__init__(encoder, nn.Linear(encoder.dimensions, size, bias=form.bias), head_std)
        self.form = form

    def token_vectors(self, states: torch.Tensor) -> torch.Tensor:
        """Return the token vectors of states, fp32 (texts, tokens, dimensions)."""
        vectors: torch.Tensor = self.head(states).float()
        return nn.functional.normalize(vectors, dim=-1) if self.form.normalised else vectors

    def marked(self, texts: Texts, side: int) -> Texts:
        """Return texts with the marker of their side, 0 for queries and 1 for passages."""
        if self.form.markers is None:
            return texts
        ids = np.insert(texts.ids, texts.starts + 1, self.form.markers[side])
        return Texts(ids, texts.lengths + 1)

    def ready_queries(self, queries: Texts, tokens: int | None) -> Loaded:
        """Return queries on the device, with the marker and the filling of the form."""
        marked = self.marked(queries, 0)
        if self.form.mask is None:
            return self.encoder.ready(marked, tokens)
        return filled(self.encoder, marked, self.form.mask, self.form.filled)

    def ready_passages(self, passages: Texts, tokens: int | None) -> Loaded:
        """Return passages on the device, with the marker of the form."""
        return self.encoder.ready(self.marked(passages, 1), tokens)

    def inputs(
        self, queries: Texts, passages: Texts, tokens: int | None, pairs: Pairs | None = None
    ) -> Inputs:
        """Return what scores are computed from; arguments as `BertCat.inputs`."""
        texts = self.ready_queries(queries, tokens), self.ready_passages(passages, tokens)
        if pairs is None:
            return Inputs(texts, len(queries))
        return by_group(texts, len(queries), pairs, device_of(self))

    def all_scores(self, inputs: Inputs) -> torch.Tensor:
        """Return the scores of every query with every passage, fp32 (queries, passages)."""
        query = self.query_vectors(inputs.texts[0])

        def scores(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return the scores of a group of passages, (passages, queries)."""
            return max_similarity(query, self.token_vectors(states), mask).T

        return self.encoder.pooled(inputs.texts[1], scores).T

    def pair_scores(self, inputs: Inputs) -> torch.Tensor:
        """Return the scores of the pairs, fp32 (n,)."""
        if not isinstance(inputs, PairsByGroup):
            raise TypeError("these inputs are not of pairs")
        query, parts = self.query_vectors(inputs.texts[0]), []
        groups = self.encoder.groups(inputs.texts[1])
        for (group, states), (of_query, of_passage) in zip(groups, inputs.own):
            passage = self.token_vectors(states)[of_passage]
            with full_precision(query.device):
                similar = torch.einsum("bqd,bpd->bqp", query[of_query], passage)
            masked = group.mask[of_passage].unsqueeze(1) == 0
            parts.append(similar.masked_fill_(masked, MASKED).amax(-1).sum(-1))
        return torch.cat(parts)[inputs.place]

    def query_vectors(self, texts: Loaded) -> torch.Tensor:
        """Return the token vectors of queries, fp32 (n, longest, dimensions), zero for padding."""
        longest = max(group.mask.shape[1] for group in texts.groups)

        def vectors(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return the token vectors of a group, padded to the longest query of all."""
            rows = self.token_vectors(states)
            if self.form.mask is None:
                rows = rows * mask.unsqueeze(-1)
            return nn.functional.pad(rows, (0, 0, 0, longest - rows.shape[1]))

        return self.encoder.pooled(texts, vectors)


def filled(encoder: Encoder, queries: Texts, mask: int, length: int) -> Loaded:
    """Return queries, each filled up with [MASK] to a fixed length, as one padded group.

    Args:
        encoder: the encoder.
        queries: with special tokens and marker.
        mask: the id of [MASK].
        length: tokens of a query; longer ones are cut.
    """
    ids = np.full((len(queries), length), mask, np.int64)
    real = np.zeros_like(ids)
    for row, (start, count) in enumerate(zip(queries.starts, np.minimum(queries.lengths, length))):
        ids[row, :count], real[row, :count] = queries.ids[start : start + count], 1
    on, rows = device_of(encoder), np.arange(len(queries))
    segments = to_device(np.zeros_like(ids), on) if encoder.has_segments else None
    group = Group(rows, to_device(ids, on), to_device(real, on), segments)
    return Loaded([group], to_device(rows, on))


def by_group(
    texts: tuple[Loaded, Loaded], queries: int, pairs: Pairs, on: torch.device
) -> PairsByGroup:
    """Return the inputs of pairs.

    Args:
        texts: queries and passages.
        queries: how many there are.
        pairs: whose scores are asked for.
        on: the device of the model.
    """
    rows = [group.rows for group in texts[1].groups]
    ends = np.cumsum([len(part) for part in rows])
    place = np.concatenate(rows).argsort()[pairs[1]]
    order = place.argsort(kind="stable")
    cuts = np.searchsorted(place[order], ends)
    own = [
        (to_device(pairs[0][part], on), to_device(place[part] - start, on))
        for part, start in zip(np.split(order, cuts[:-1]), [0, *ends])
    ]
    return PairsByGroup(texts, queries, own=tuple(own), place=to_device(order.argsort(), on))


def max_similarity(
    queries: torch.Tensor, passages: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    """Return Eq. 3 for every query with every passage, fp32 (queries, passages).

    A padded query token is a zero vector, so its best similarity, and its part, is zero.

    Args:
        queries: (queries, query tokens, dimensions), zero vectors for padding.
        passages: (passages, passage tokens, dimensions).
        mask: (passages, passage tokens), 0 for padding.
    """
    with full_precision(queries.device):
        similar = torch.einsum("aqd,bpd->abqp", queries, passages)
    similar.masked_fill_(mask[None, :, None, :] == 0, MASKED)
    return similar.amax(-1).sum(-1)
