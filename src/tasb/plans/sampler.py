"""The four samplers as one: draw clusters, then queries, then a margin bin, then a pair.

=============  =======================  ==============  ====
sampler        clusters of items        items           bins
=============  =======================  ==============  ====
random         one, of all queries      queries         1     Eq. 9
random-pairs   one, of all pairs        pairs           1     Eq. 9 as released
tas            topics                   queries         1     Eq. 11
tas-balanced   topics                   queries         h     Eq. 13
=============  =======================  ==============  ====
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tasb.plans.pairs import Ints, PairTable
from tasb.seeds import random_words

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Clusters:
    """Items grouped by cluster; no cluster is empty."""

    items: Ints
    """(items,) item numbers in the order of their clusters."""
    bounds: Ints
    """(clusters + 1,) cluster c has items[bounds[c]:bounds[c + 1]]."""

    @classmethod
    def single(cls, items: int) -> "Clusters":
        """Return one cluster of all items."""
        return cls(np.arange(items), np.array([0, items]))

    @classmethod
    def of(cls, assignment: Ints) -> "Clusters":
        """Return the clusters of an assignment (items,); unused cluster numbers vanish."""
        order = np.argsort(assignment, kind="stable")
        starts = np.flatnonzero(np.diff(assignment[order], prepend=-1))
        return cls(order, np.append(starts, len(order)))


@dataclass(frozen=True)
class Batches:
    """Drawn batches; all arrays are (steps, batch size)."""

    item: Ints
    pair: Ints


def draw_batches(
    pairs: PairTable,
    clusters: Clusters,
    batch_size: int,
    clusters_per_batch: int,
    seed: int,
    start: int,
    stop: int,
) -> Batches:
    """Draw the batches of steps `start` to `stop`; batch s depends on the seed and s alone.

    A batch draws clusters uniformly and with replacement, each giving
    ``batch_size // clusters_per_batch`` queries drawn without replacement, or all of its
    queries if it has fewer, until the batch is full. Each query draws one of its non-empty
    bins, then a pair from it, uniformly.

    Args:
        pairs: the pairs, grouped by item and bin.
        clusters: the items, grouped by cluster.
        batch_size: b of the equations.
        clusters_per_batch: n of the equations.
        seed: of this run's sampling.
        start: first step.
        stop: the step after the last one.
    """
    table = random_words(seed, start, stop, 4 * batch_size)
    by_cluster, by_item, by_bin, by_pair = np.split(table, 4, axis=1)
    share = batch_size // clusters_per_batch
    item = _draw_items(clusters, batch_size, share, by_cluster, by_item)
    first, last = pairs.item_groups[item], pairs.item_groups[item + 1]
    group = first + below(by_bin, last - first)
    begin, end = pairs.group_pairs[group], pairs.group_pairs[group + 1]
    return Batches(item=item, pair=begin + below(by_pair, end - begin))


def below(random: Words, bound: Ints) -> Ints:
    """Turn random words into integers 0 .. bound - 1, elementwise."""
    fraction = (random >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return (fraction * bound).astype(np.int64)


def _draw_items(
    clusters: Clusters, batch_size: int, share: int, by_cluster: Words, by_item: Words
) -> Ints:
    """Fill each batch cluster by cluster. Shapes (steps, batch size)."""
    steps = len(by_cluster)
    sizes = np.diff(clusters.bounds)
    item = np.empty((steps, batch_size), dtype=np.int64)
    filled = np.zeros(steps, dtype=np.int64)
    open_steps, turn = np.arange(steps), 0
    while len(open_steps):
        cluster = below(by_cluster[open_steps, turn], np.array(len(sizes)))
        size = sizes[cluster]
        count = np.minimum(np.minimum(size, share), batch_size - filled[open_steps])
        chosen = _without_replacement(size, count, open_steps, filled, by_item)
        row, column = np.nonzero(np.arange(chosen.shape[1]) < count[:, None])
        places = filled[open_steps][row] + column
        members = clusters.bounds[cluster][row] + chosen[row, column]
        item[open_steps[row], places] = clusters.items[members]
        filled[open_steps] += count
        open_steps, turn = open_steps[filled[open_steps] < batch_size], turn + 1
    return item


def _without_replacement(
    size: Ints, count: Ints, steps: Ints, filled: Ints, by_item: Words
) -> Ints:
    """Draw `count` distinct numbers below `size` for each row, by Floyd's algorithm.

    Args:
        size: (rows,) how many there are to draw from.
        count: (rows,) how many to draw, at most `size`.
        steps: (rows,) the batch of each row.
        filled: (all steps,) words of `by_item` that each batch has used.
        by_item: (all steps, batch size) random words.

    Returns:
        (rows, largest count); a row's entries past its count mean nothing.
    """
    widest = int(count.max())
    chosen = np.full((len(size), widest), -1, dtype=np.int64)
    for turn in range(widest):
        last = size - count + turn
        word = by_item[steps, np.minimum(filled[steps] + turn, by_item.shape[1] - 1)]
        number = below(word, last + 1)
        taken = (chosen[:, :turn] == number[:, None]).any(axis=1)
        chosen[:, turn] = np.where(taken, last, number)
    return chosen
