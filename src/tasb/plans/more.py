"""Further negatives of a drawn pair: other pairs of the same query and positive."""

import numpy as np
import numpy.typing as npt

from tasb.plans.pairs import Ints, PairTable
from tasb.plans.sampler import Words, below
from tasb.seeds import derive, random_words


def with_more(pair: Ints, table: PairTable, count: int, seed: int, start: int) -> Ints:
    """Return the drawn pairs, each with further ones of the same query and positive.

    They are drawn without replacement as long as there are enough, else with it. The first of
    each is the drawn one, whatever the count.

    Args:
        pair: (steps, batch size) drawn pairs.
        table: the pairs; those of a query that share a positive are next to each other.
        count: n, the negatives of each query.
        seed: of this run's sampling.
        start: the first step.

    Returns:
        (steps * batch size, n) pairs.
    """
    steps, size = pair.shape
    drawn = pair.reshape(-1, 1)
    if count == 1:
        return drawn
    first, length = _alike(table)
    own = derive(seed, "negatives")
    words = random_words(own, start, start + steps, size * (count - 1)).reshape(steps * size, -1)
    begin = first[drawn[:, 0]]
    return begin[:, None] + _others(drawn[:, 0] - begin, length[drawn[:, 0]], words)


def _alike(table: PairTable) -> tuple[Ints, Ints]:
    """Return for each pair where those of its query and positive begin, and how many they are."""
    pairs_of_items = table.group_pairs[table.item_groups]
    item = np.repeat(np.arange(len(table.item_queries)), np.diff(pairs_of_items))
    query = table.item_queries[item]
    new = np.diff(query, prepend=-1) != 0
    new |= np.diff(table.positive, prepend=-1) != 0
    starts = np.flatnonzero(new)
    lengths = np.diff(np.append(starts, len(query)))
    return np.repeat(starts, lengths), np.repeat(lengths, lengths)


def _others(first: Ints, size: Ints, words: Words) -> Ints:
    """Draw further numbers below `size`, each row without what it has as long as there are any.

    Args:
        first: (rows,) the number that each row has.
        size: (rows,) how many there are to draw from.
        words: (rows, further numbers) random words.
    """
    chosen: npt.NDArray[np.int64] = first[:, None]
    for turn in range(words.shape[1]):
        left = size - turn - 1
        number = below(words[:, turn], np.maximum(left, 0))
        for taken in np.sort(chosen, axis=1).T:
            number = number + (number >= taken)
        number = np.where(left > 0, number, below(words[:, turn], size))
        chosen = np.column_stack((chosen, number))
    return chosen
