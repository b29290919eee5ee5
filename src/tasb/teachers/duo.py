"""Scores of passages from comparisons of all ordered pairs of a query's passages."""

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


class DuoScorer(PairScorer):
    """A model that compares passages, in inference mode, over token stores."""

    @torch.inference_mode()
    def scores(self, query: Positions, passage: Positions) -> Scores:
        """Return the symmetric sum of passage[i] over all passages of query[i], fp32 (n,)."""
        self.model.eval()
        order = np.argsort(query, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(query[order])) + 1) if len(query) else []
        found, waiting, pairs = np.zeros(len(query), np.float32), [], 0
        for group in groups:
            waiting.append(group)
            pairs += len(group) * (len(group) - 1)
            if pairs >= PAIRS or group is groups[-1]:
                for own, scores in zip(waiting, self._scored(waiting, query, passage)):
                    found[own] = scores
                waiting, pairs = [], 0
        return found

    def _scored(
        self, groups: list[npt.NDArray[np.int64]], query: Positions, passage: Positions
    ) -> list[Scores]:
        """Return the sums of some queries' passages."""
        sides = [ordered_pairs(len(group)) for group in groups]
        first, second = (np.concatenate([group[pair[side]] for group, pair in zip(groups, sides)])
                         for side in (0, 1))  # fmt: skip
        if not len(first):
            return [np.zeros(len(group), np.float32) for group in groups]
        queries, of_query = np.unique(query[first], return_inverse=True)
        passages, of_passage = np.unique(passage[np.concatenate((first, second))],
                                         return_inverse=True)  # fmt: skip
        triples = of_query, of_passage[: len(first)], of_passage[len(first) :]
        texts = self.query_texts(queries), self.passage_texts(passages)
        model = self.model
        if not isinstance(model, DuoBert):
            raise TypeError("only a model that compares passages is scored so")
        inputs = model.triples(*texts, self.batch_tokens, triples)
        with autocast(self.precision, self.device):
            scored = Fetched(model.pair_scores(inputs).float().sigmoid()).numpy()
        ends = np.cumsum([len(pair[0]) for pair in sides])[:-1]
        return [symmetric_sum(part, len(group))
                for part, group in zip(np.split(scored, ends), groups)]  # fmt: skip
