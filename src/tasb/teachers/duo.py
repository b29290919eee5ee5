"""Scores of passages from comparisons of all ordered pairs of a query's passages."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from tasb.models.device import Fetched
from tasb.models.precision import autocast
from tasb.models.rerankers import DuoBert
from tasb.teachers.scoring import PairScorer, Scores
from tasb.tokens.texts import Positions

PAIRS = 2048
"""Ordered pairs that are scored at a time, at least; the pairs of a query stay together."""


def ordered_pairs(count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return all ordered pairs of so many things: the first and the second of each."""
    first, second = np.divmod(np.arange(count * count), count)
    different = first != second
    return first[different], second[different]


def symmetric_sum(probability: Scores, count: int) -> Scores:
    """Return the score of each of so many passages (SYM-SUM, Pradeep et al. 2021).

    A passage gains P(it above the other) as the first of a pair, and 1 - P as the second.

    Args:
        probability: (count * (count - 1),) of `ordered_pairs`.
        count: of passages.
    """
    first, second = ordered_pairs(count)
    gains = np.bincount(first, probability, count) + np.bincount(second, 1 - probability, count)
    return gains.astype(np.float32)


def symmetric_sums(
    query: Positions,
    passage: Positions,
    probabilities: Callable[[Positions, Positions, Positions], Scores],
) -> Scores:
    """Return the symmetric sum of passage[i] over all passages of query[i], fp32 (n,).

    Args:
        query: (n,) positions.
        passage: (n,) positions.
        probabilities: from the query, the first and the second passage of each ordered pair to
            P(first above second).
    """
    order = np.argsort(query, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(query[order])) + 1) if len(query) else []
    found, waiting, pairs = np.zeros(len(query), np.float32), [], 0
    for number, group in enumerate(groups):
        waiting.append(group)
        pairs += len(group) * (len(group) - 1)
        if pairs >= PAIRS or number == len(groups) - 1:
            sides = [ordered_pairs(len(own)) for own in waiting]
            first, second = (np.concatenate([own[pair[side]] for own, pair in zip(waiting, sides)])
                             for side in (0, 1))  # fmt: skip
            scored = probabilities(query[first], passage[first], passage[second])
            ends = np.cumsum([len(pair[0]) for pair in sides])[:-1]
            for own, part in zip(waiting, np.split(scored, ends)):
                found[own] = symmetric_sum(part, len(own))
            waiting, pairs = [], 0
    return found


class DuoScorer(PairScorer):
    """A model that compares passages, in inference mode, over token stores."""

    @torch.inference_mode()
    def scores(self, query: Positions, passage: Positions) -> Scores:
        """Return the symmetric sum of passage[i] over all passages of query[i], fp32 (n,)."""
        self.model.eval()
        return symmetric_sums(query, passage, self._probabilities)

    def _probabilities(self, query: Positions, first: Positions, second: Positions) -> Scores:
        """Return P(first above second) of each triple, fp32 (n,)."""
        model = self.model
        if not isinstance(model, DuoBert):
            raise TypeError("only a model that compares passages is scored so")
        if not len(query):
            return np.empty(0, np.float32)
        queries, of_query = np.unique(query, return_inverse=True)
        passages, of_passage = np.unique(np.concatenate((first, second)), return_inverse=True)
        triples = of_query, of_passage[: len(first)], of_passage[len(first) :]
        texts = self.query_texts(queries), self.passage_texts(passages)
        inputs = model.triples(*texts, self.batch_tokens, triples)
        with autocast(self.precision, self.device):
            found: Scores = Fetched(model.pair_scores(inputs).float().sigmoid()).numpy()
        return found
