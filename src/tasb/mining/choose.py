"""Which of the candidates of some queries become positives and negatives."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tasb.collection.relevant import Relevant

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
MOST = np.finfo(np.float64).max
Columns = tuple[Ints, Ints, Ints]


@dataclass(frozen=True)
class Block:
    """Some queries, with their candidates by rank."""

    queries: Ints
    """(queries,) positions."""
    passages: Ints
    """(queries, ranks) positions, -1 for none."""
    relevant: Relevant
    text_of: Ints
    """(passages,) equal numbers for equal texts."""
    own: Ints | None = None
    """(all queries,) the passage of each query's id, where it is no negative."""
    scores: pl.DataFrame | None = None
    """query, passage, score, in order of query and passage; of this block's pairs at least."""

    def score(self, row: Ints, passages: Ints, scale: str) -> Floats:
        """Return the scores of passages (n, any) for rows (n,); NaN where there is none."""
        found = np.full(passages.shape, np.nan)
        if self.scores is None or not passages.size:
            return found
        ends = [self.queries[0], self.queries[-1] + 1]
        low, high = np.searchsorted(self.scores["query"].to_numpy(), ends)
        known = self.scores.slice(low, high - low)
        width = len(self.text_of) + 1
        keys = known["query"].to_numpy().astype(np.int64) * width + known["passage"].to_numpy()
        asked = self.queries[row][:, None] * width + passages
        place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        values = known["score"].to_numpy().astype(np.float64)
        values = 1 / (1 + np.exp(-values)) if scale == "probability" else values
        return np.where((keys[place] == asked) & (passages >= 0), values[place], np.nan)


def chosen(block: Block, choice: Mapping[str, Any], seed: int) -> tuple[Columns, Counter[str]]:
    """Return the pairs of some queries.

    Args:
        block: queries and candidates.
        choice: see `tasb.mining.config.Choice`.
        seed: of the draws.

    Returns:
        query, positive, negative, each (pairs,) positions; and counts.
    """
    row, positive = positives(block, choice)
    allowed = _others(block, row, positive)
    ranks = np.arange(block.passages.shape[1])
    near = allowed & (ranks < choice["depth"]) & _kept(block, choice, row, positive)
    count = choice["negatives"]
    words = _words(block, row, positive, seed)
    by_rank = np.broadcast_to(ranks, near.shape)
    order = words if choice["draw"] == "random" else by_rank.astype(np.float64)
    keys = np.where(near, order, np.inf)
    if choice["fill"] is not None:
        far = allowed & (ranks >= choice["depth"]) & (ranks < choice["fill"])
        keys = np.where(far, len(ranks) + words, keys)
    first = np.argpartition(keys, min(count, keys.shape[1]) - 1, axis=1)[:, :count]
    first = np.take_along_axis(
        first, np.take_along_axis(keys, first, 1).argsort(1, kind="stable"), 1
    )
    taken = np.isfinite(np.take_along_axis(keys, first, 1))
    place, column = np.nonzero(taken)
    negative = block.passages[row[place], first[place, column]]
    short = near.sum(1) < count
    counts = Counter({
        "pairs": len(place),
        "positives": len(row),
        "positives with fewer negatives than asked for": int(short.sum()),
        "positives without any": int((~taken.any(1)).sum()),
    })  # fmt: skip
    return (block.queries[row[place]], positive[place], negative), counts


def positives(block: Block, choice: Mapping[str, Any]) -> tuple[Ints, Ints]:
    """Return row and passage of each positive.

    A retrieved one is the candidate that the teacher scores highest, of equal ones the first by
    rank; without scores it is the first.
    """
    if choice["positives"] == "judged":
        return block.relevant.of(block.queries)
    every = np.arange(len(block.queries))
    near = block.passages[:, : choice["depth"]]
    if block.own is not None:
        near = np.where(near == block.own[block.queries][:, None], -1, near)
    scores = block.score(every, near, choice["scale"])
    rated = np.where(np.isnan(scores), np.where(near >= 0, -MOST, -np.inf), scores)
    best = rated.argmax(1)
    found, score = near[every, best], scores[every, best]
    kept = found >= 0
    if choice["positives_above"] is not None:
        kept &= score > choice["positives_above"]
    return every[kept], found[kept]


def _others(block: Block, row: Ints, positive: Ints) -> Mask:
    """Return which candidates are no positive: neither judged, nor equal in text to what is."""
    texts = np.where(block.passages >= 0, block.text_of[block.passages], -1)
    allowed = (texts >= 0)[row] & (texts[row] != block.text_of[positive][:, None])
    judged, passage = block.relevant.of(block.queries)
    place = np.arange(len(judged)) - np.searchsorted(judged, judged)
    barred = np.zeros(texts.shape, bool)
    for turn in range(int(place.max(initial=-1)) + 1):
        at = place == turn
        barred[judged[at]] |= texts[judged[at]] == block.text_of[passage[at]][:, None]
    if block.own is not None:
        barred |= block.passages == block.own[block.queries][:, None]
    mask: Mask = allowed & ~barred[row]
    return mask


def _kept(block: Block, choice: Mapping[str, Any], row: Ints, positive: Ints) -> Mask:
    """Return which candidates the teacher lets be negatives of each positive."""
    shape = len(row), block.passages.shape[1]
    if choice["negatives_below"] is None and choice["margin"] is None:
        return np.ones(shape, bool)
    scores = block.score(np.arange(len(block.queries)), block.passages, choice["scale"])[row]
    kept: Mask = ~np.isnan(scores)
    if choice["negatives_below"] is not None:
        kept &= scores < choice["negatives_below"]
    if choice["margin"] is not None:
        own = block.score(row, positive[:, None], choice["scale"])
        size = np.abs(own) if choice["margin_of"] == "positive" else 1.0
        kept &= scores <= own + choice["margin"] * size
    return kept


def _words(block: Block, row: Ints, positive: Ints, seed: int) -> Floats:
    """Return a number in [0, 1) for each candidate of each positive: SplitMix64 of its place.

    Those of a query depend on the seed, its position, the positive and the rank alone.
    """
    query = block.queries[row].astype(np.uint64)
    key = _mixed(_mixed(query + np.uint64(seed)) + positive.astype(np.uint64))
    ranks = np.arange(1, block.passages.shape[1] + 1, dtype=np.uint64)
    steps: npt.NDArray[np.uint64] = np.multiply(ranks, np.uint64(0x9E3779B97F4A7C15))
    words = _mixed(np.add(key[:, None], steps))
    words >>= np.uint64(11)
    numbers: Floats = words.astype(np.float64)
    numbers *= 2.0**-53
    return numbers


def _mixed(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the output function of SplitMix64 (Steele et al. 2014), elementwise."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = words ^ (words >> np.uint64(31))
    return mixed
