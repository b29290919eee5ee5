"""Training pairs grouped by query and by margin bin, ready to be drawn from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from tasb.jobs import log

Ints = npt.NDArray[np.int64]
Margins = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PairTable:
    """Pairs in the order of their groups.

    A group is the non-empty set H(P_q, i) of Eq. 12: the pairs of one query in one margin
    bin. An item is what a batch draws: a query, with all of its groups.
    """

    item_queries: Ints
    """(items,) query position of each item."""
    item_groups: Ints
    """(items + 1,) item i has the groups item_groups[i] to item_groups[i + 1]."""
    group_pairs: Ints
    """(groups + 1,) group g has the pairs group_pairs[g] to group_pairs[g + 1]."""
    positive: npt.NDArray[np.int32]
    """(pairs,) passage position."""
    negative: npt.NDArray[np.int32]
    """(pairs,) passage position."""
    margin: Margins | None
    """(pairs,) teacher score of the positive less that of the negative, where there is one."""


def read_pairs(
    path: str | Path, bins: int, drop_one_pair_queries: bool, by_positive: bool = False
) -> PairTable:
    """Read the pairs of a Parquet table that is sorted by query.

    Args:
        path: query, positive, negative positions, and perhaps the scores of both.
        bins: margin bins per query (h of Eq. 12); 1 where margins do not matter.
        drop_one_pair_queries: leave out queries with a single pair, as released.
        by_positive: keep the pairs of a query that share a positive next to each other.
    """
    table = pq.read_table(path)
    query = table["query"].to_numpy()
    positive, negative = table["positive"].to_numpy(), table["negative"].to_numpy()
    margin = None
    if "positive_score" in table.column_names:
        margin = table["positive_score"].to_numpy() - table["negative_score"].to_numpy()
    if drop_one_pair_queries:
        _, inverse, counts = np.unique(query, return_inverse=True, return_counts=True)
        keep = counts[inverse] > 1
        log.info("%d queries with a single pair are dropped", int((counts == 1).sum()))
        query, positive, negative = query[keep], positive[keep], negative[keep]
        margin = None if margin is None else margin[keep]
    if by_positive:
        order = np.lexsort((positive, query))
        query, positive, negative = query[order], positive[order], negative[order]
        margin = None if margin is None else margin[order]
    return group_pairs(query, positive, negative, margin, bins)


def group_pairs(
    query: npt.NDArray[np.int32],
    positive: npt.NDArray[np.int32],
    negative: npt.NDArray[np.int32],
    margin: Margins | None,
    bins: int,
) -> PairTable:
    """Return pairs, sorted by query, in groups of (query, margin bin)."""
    starts = np.flatnonzero(np.diff(query, prepend=-1))
    bounds = np.append(starts, len(query))
    item = np.repeat(np.arange(len(starts)), np.diff(bounds))
    if bins > 1 and margin is not None:
        group = item * bins + margin_bins(margin, starts, item, bins)
        order = np.argsort(group, kind="stable")
        group = group[order]
        positive, negative, margin = positive[order], negative[order], margin[order]
    else:
        group = item * bins
    group_starts = np.flatnonzero(np.diff(group, prepend=-1))
    groups_of_items = np.searchsorted(group[group_starts] // bins, np.arange(len(starts) + 1))
    return PairTable(
        item_queries=query[starts].astype(np.int64),
        item_groups=groups_of_items.astype(np.int64),
        group_pairs=np.append(group_starts, len(query)).astype(np.int64),
        positive=positive,
        negative=negative,
        margin=margin,
    )


def margin_bins(margin: Margins, starts: Ints, item: Ints, bins: int) -> Ints:
    """Return the bin 0..h-1 of each pair among the pairs of its query (Eq. 12).

    Bins have equal width between the smallest and the largest margin of a query; each holds
    its lower edge, the last one its upper edge too. Equal margins are all in bin 0.

    Args:
        margin: (pairs,) margins, sorted by query.
        starts: (queries,) first pair of each query.
        item: (pairs,) which query each pair belongs to.
        bins: h.
    """
    low = np.minimum.reduceat(margin, starts)[item]
    return bin_of(margin, low, np.maximum.reduceat(margin, starts)[item] - low, bins)


def bin_of(margin: Margins, low: Margins, width: Margins, bins: int) -> Ints:
    """Return the bin of each margin in a range of its own; all inputs (pairs,)."""
    safe = np.where(width > 0, width, 1)
    index = ((margin - low) * np.float32(bins) / safe).astype(np.int64)
    return np.where(width > 0, np.minimum(index, bins - 1), 0)
