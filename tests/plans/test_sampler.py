from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from tasb.plans.pairs import group_pairs
from tasb.plans.sampler import Clusters, below, draw_batches
from tasb.seeds import random_words


@dataclass(frozen=True)
class Case:
    """A training set and a sampler; pair p of the whole is passage p, with margin margins[p]."""

    margins: tuple[tuple[int, ...], ...]
    """The margins of each query's pairs."""
    cluster: tuple[int, ...]
    """The cluster of each query."""
    batch: int
    per_batch: int = 1
    """Clusters of a batch, n."""
    bins: int = 1

    def pairs_of(self, query):
        first = sum(map(len, self.margins[:query]))
        return list(enumerate(self.margins[query], start=first))

    def bins_of(self, query):
        """H(P_q, i) of Eq. 12 for each i where it is not empty, read as it stands."""
        pairs = self.pairs_of(query)
        low, high = min(self.margins[query]), max(self.margins[query])
        width = Fraction(high - low, self.bins)
        found = []
        for i in range(self.bins):
            last = i == self.bins - 1
            found.append(
                [
                    pair
                    for pair, margin in pairs
                    if low + i * width <= margin < low + (i + 1) * width
                    or (last and margin == high)
                ]
            )
        return [pairs_in_bin for pairs_in_bin in found if pairs_in_bin]

    def clusters(self):
        """The queries of each cluster that has any."""
        return [
            [query for query, own in enumerate(self.cluster) if own == number]
            for number in sorted(set(self.cluster))
        ]

    def draw(self, seed, start, stop):
        """The batches of some steps, each a list of (query, pair)."""
        sizes = [len(margins) for margins in self.margins]
        query = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
        pair = np.arange(len(query), dtype=np.int32)
        margin = np.array([m for margins in self.margins for m in margins], dtype=np.float32)
        table = group_pairs(query, pair, pair, margin, self.bins)
        clusters = Clusters.of(np.array(self.cluster))
        drawn = draw_batches(table, clusters, self.batch, self.per_batch, seed, start, stop)
        queries, pairs = table.item_queries[drawn.item], table.positive[drawn.pair]
        return [list(zip(*row)) for row in zip(queries.tolist(), pairs.tolist())]


def scalar_below(word, bound):
    return int((word >> 11) / 2**53 * bound)


def floyd(population, count, random_words):
    """Draw distinct members of a list by Floyd's algorithm, a word for each."""
    chosen = []
    for turn, last in enumerate(range(len(population) - count, len(population))):
        number = scalar_below(random_words[turn], last + 1)
        chosen.append(last if number in chosen else number)
    return [population[number] for number in chosen]


def scalar_batch(case, seed, step):
    """The documented procedure, one draw at a time, with the same random words."""
    row = random_words(seed, step, step + 1, 4 * case.batch)[0].tolist()
    by_cluster, by_query, by_bin, by_pair = (
        row[i * case.batch : (i + 1) * case.batch] for i in range(4)
    )
    clusters, queries, turn = case.clusters(), [], 0
    while len(queries) < case.batch:
        members = clusters[scalar_below(by_cluster[turn], len(clusters))]
        room = case.batch - len(queries)
        count = min(len(members), case.batch // case.per_batch, room)
        queries += floyd(members, count, by_query[len(queries) :])
        turn += 1
    batch = []
    for place, query in enumerate(queries):
        bins = case.bins_of(query)
        pairs = bins[scalar_below(by_bin[place], len(bins))]
        batch.append((query, pairs[scalar_below(by_pair[place], len(pairs))]))
    return batch


@st.composite
def cases(draw):
    margins = st.lists(st.integers(-20, 20), min_size=1, max_size=6).map(tuple)
    queries = draw(st.lists(margins, min_size=1, max_size=9))
    cluster = draw(st.tuples(*[st.integers(0, 3)] * len(queries)))
    batch = draw(st.integers(1, 7))
    return Case(
        margins=tuple(queries),
        cluster=cluster,
        batch=batch,
        per_batch=draw(st.integers(1, batch)),
        bins=draw(st.sampled_from([1, 2, 3, 10])),
    )


@settings(max_examples=100, deadline=None)
@given(case=cases(), seed=st.integers(0, 2**64 - 1), start=st.integers(0, 900_000))
def test_batches_are_those_of_the_procedure_drawn_one_by_one(case, seed, start):
    expected = [scalar_batch(case, seed, step) for step in range(start, start + 5)]
    assert case.draw(seed, start, start + 5) == expected


@settings(max_examples=50, deadline=None)
@given(case=cases(), bounds=st.lists(st.integers(0, 12), min_size=2, max_size=2).map(sorted))
def test_a_batch_depends_on_the_seed_and_its_step_alone(case, bounds):
    start, stop = bounds
    assert case.draw(3, start, stop) == case.draw(3, 0, 12)[start:stop]


def law_of_queries(case, queries=()):
    """Yield (batch of queries, probability) for each way to draw it (Eq. 11, topped up)."""
    room = case.batch - len(queries)
    if room == 0:
        yield queries, Fraction(1)
        return
    clusters = case.clusters()
    for members in clusters:
        count = min(len(members), case.batch // case.per_batch, room)
        subsets = list(combinations(members, count))
        for subset in subsets:
            for batch, rest in law_of_queries(case, queries + subset):
                yield batch, rest / len(clusters) / len(subsets)


def law_of_pairs(case, query):
    """Yield (pair, probability): a bin that is not empty, then a pair of it (Eq. 13)."""
    bins = case.bins_of(query)
    return [
        ((query, pair), Fraction(1, len(bins) * len(pairs))) for pairs in bins for pair in pairs
    ]


def law(case):
    """Return the probability of each batch, in any order of its pairs."""
    result = Counter()
    for queries, chance in law_of_queries(case):
        for choice in product(*(law_of_pairs(case, query) for query in queries)):
            probability = chance
            for _, part in choice:
                probability *= part
            result[tuple(sorted(pair for pair, _ in choice))] += probability
    return result


SMALL = {
    "one cluster": Case(((0, 1), (0, 1), (0, 1), (5,)), (0, 0, 0, 0), 2),
    "a cluster smaller than its share": Case(((0, 1), (0, 1), (4,), (7, 8)), (0, 0, 0, 1), 2),
    "a batch larger than any cluster": Case(((0,), (1,), (2,), (3,)), (0, 0, 1, 2), 3),
    "two clusters a batch": Case(((0,), (1, 2), (2,), (3,), (4,)), (0, 0, 1, 1, 1), 4, 2),
    "a share that does not divide": Case(((0,), (1,), (2,), (3,)), (0, 0, 1, 1), 3, 2),
    "bins": Case(((0, 1, 1, 10), (3, 3, 3), (7, 7, 9)), (0, 0, 1), 2, 1, 3),
    "empty bins": Case(((0, 0, 0, 1, 100), (5, 6)), (0, 1), 1, 1, 10),
}


@pytest.mark.parametrize("case", SMALL.values(), ids=SMALL)
def test_batches_occur_as_often_as_the_equations_say(case):
    expected = law(case)
    assert sum(expected.values()) == 1
    steps = 4000
    drawn = Counter(tuple(sorted(batch)) for batch in case.draw(11, 0, steps))
    assert set(drawn) == set(expected)
    observed = [drawn[batch] for batch in expected]
    assert chisquare(observed, [float(p) * steps for p in expected.values()]).pvalue > 0.001


def uniform(counts, over):
    assert set(counts) == set(over)
    return chisquare(list(counts.values())).pvalue > 0.001


def test_clusters_are_drawn_alike_whatever_their_size():
    cluster = (0,) * 3 + (1,) * 10 + (2,) * 40 + (3,) * 7
    case = Case(((0,),) * 60, cluster, batch=3)
    clusters = Counter(cluster[batch[0][0]] for batch in case.draw(1, 0, 3000))
    assert uniform(clusters, range(4))


def test_a_batch_of_a_large_enough_cluster_has_distinct_queries_of_it_alone():
    cluster = (0,) * 9 + (1,) * 12
    case = Case(((0,),) * 21, cluster, batch=8)
    for batch in case.draw(2, 0, 300):
        queries = {query for query, _ in batch}
        assert len(queries) == 8
        assert len({cluster[query] for query in queries}) == 1


def test_each_set_of_queries_of_a_cluster_is_drawn_alike():
    case = Case(((0,),) * 6, (0,) * 6, batch=3)
    subsets = Counter(frozenset(query for query, _ in batch) for batch in case.draw(3, 0, 4000))
    assert uniform(subsets, map(frozenset, combinations(range(6), 3)))


def test_bins_are_drawn_alike_however_many_pairs_they_hold():
    margins = (0,) * 30 + (15,) + (100,) * 4
    case = Case((margins,), (0,), batch=1, bins=10)
    drawn = Counter(margins[pair] for ((_, pair),) in case.draw(4, 0, 3000))
    assert uniform(drawn, {0, 15, 100})


def test_pairs_of_a_bin_are_drawn_alike():
    case = Case(((0, 0, 1, 2, 3, 0, 10),), (0,), batch=1, bins=2)
    pairs = Counter(pair for ((_, pair),) in case.draw(5, 0, 4000))
    last = pairs.pop(6)
    assert uniform(pairs, range(6))
    assert chisquare([last, sum(pairs.values())]).pvalue > 0.001


def test_the_largest_word_stays_below_every_bound():
    bounds = np.array([1, 2, 3, 10, 1023, 2**31 - 1, 39_780_811])
    assert (below(np.full(7, 2**64 - 1, np.uint64), bounds) == bounds - 1).all()
    assert (below(np.zeros(7, np.uint64), bounds) == 0).all()


def test_half_of_the_words_lie_below_half_of_the_bound():
    edge = np.array([2**63 - 1, 2**63], np.uint64)
    assert below(edge, np.array([10, 10])).tolist() == [4, 5]


def test_cluster_numbers_without_queries_vanish():
    clusters = Clusters.of(np.array([7, 2, 7, 2, 2]))
    assert clusters.bounds.tolist() == [0, 3, 5]
    assert clusters.items.tolist() == [1, 3, 4, 0, 2]
