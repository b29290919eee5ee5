"""ColBERT, the in-batch teacher: each query token finds its best passage token (Eq. 2-3)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import nn

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


class ColBert(HeadedEncoder):
    """One vector per token: a linear layer with bias, no normalisation, over the encoder."""

    passages_at_once: ClassVar[int] = 0

    def __init__(self, encoder: Encoder, head_std: float = 0.02) -> None:
        super().__init__(encoder, nn.Linear(encoder.dimensions, encoder.dimensions), head_std)

    def inputs(
        self, queries: Texts, passages: Texts, tokens: int | None, pairs: Pairs | None = None
    ) -> Inputs:
        """Return what scores are computed from; arguments as `BertCat.inputs`."""
        texts = self.encoder.ready(queries, tokens), self.encoder.ready(passages, tokens)
        if pairs is None:
            return Inputs(texts, len(queries))
        return by_group(texts, len(queries), pairs, device_of(self))

    def all_scores(self, inputs: Inputs) -> torch.Tensor:
        """Return the scores of every query with every passage, fp32 (queries, passages)."""
        query = self._queries(inputs.texts[0])

        def scores(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return the scores of a group of passages, (passages, queries)."""
            return max_similarity(query, self.head(states).float(), mask).T

        return self.encoder.pooled(inputs.texts[1], scores).T

    def pair_scores(self, inputs: Inputs) -> torch.Tensor:
        """Return the scores of the pairs, fp32 (n,)."""
        if not isinstance(inputs, PairsByGroup):
            raise TypeError("these inputs are not of pairs")
        query, parts = self._queries(inputs.texts[0]), []
        groups = self.encoder.groups(inputs.texts[1])
        for (group, states), (of_query, of_passage) in zip(groups, inputs.own):
            passage = self.head(states).float()[of_passage]
            with full_precision(query.device):
                similar = torch.einsum("bqd,bpd->bqp", query[of_query], passage)
            masked = group.mask[of_passage].unsqueeze(1) == 0
            parts.append(similar.masked_fill_(masked, MASKED).amax(-1).sum(-1))
        return torch.cat(parts)[inputs.place]

    def _queries(self, texts: Loaded) -> torch.Tensor:
        """Return the token vectors of queries, fp32 (n, longest, dimensions), zero for padding."""
        longest = max(group.mask.shape[1] for group in texts.groups)

        def vectors(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return the token vectors of a group, padded to the longest query of all."""
            rows = self.head(states).float() * mask.unsqueeze(-1)
            return nn.functional.pad(rows, (0, 0, 0, longest - rows.shape[1]))

        return self.encoder.pooled(texts, vectors)


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
