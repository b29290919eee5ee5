"""Paired t-tests and their corrections, against sums worked out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import t

from tasb.metrics.significance import beaten, corrected, p_values


def by_hand(first, second):
    """Return the two-sided p-value of the paired t statistic, written out."""
    differences = [x - y for x, y in zip(first, second)]
    count = len(differences)
    mean = sum(differences) / count
    variance = sum((value - mean) ** 2 for value in differences) / (count - 1)
    return 2 * t.sf(abs(mean) / math.sqrt(variance / count), count - 1)


def symmetric(low):
    """Return a matrix of p-values from those of the pairs (1,0), (2,0), (2,1), ..."""
    size = round((1 + math.sqrt(1 + 8 * len(low))) / 2)
    p = np.ones((size, size))
    p[np.tril_indices(size, -1)] = low
    return np.minimum(p, p.T)


def pairs_of(p):
    assert np.array_equal(p, p.T)
    assert np.array_equal(np.diag(p), np.ones(len(p)))
    return p[np.tril_indices(len(p), -1)].tolist()


def test_p_values_are_those_of_the_paired_t_test():
    values = np.random.default_rng(0).random((4, 9))
    expected = [by_hand(values[i], values[j]) for i in range(4) for j in range(i)]
    assert pairs_of(p_values(values)) == pytest.approx(expected)


def test_a_p_value_from_a_printed_table():
    # differences 1, 2, 3: t = 2 / (1 / sqrt(3)) = 3.4641 at 2 degrees of freedom
    p = p_values(np.array([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0]]))
    assert p[0, 1] == pytest.approx(0.07418, abs=5e-6)


def test_equal_systems_do_not_differ():
    values = np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]])
    assert pairs_of(p_values(values)) == [1]


def test_bonferroni_multiplies_by_the_number_of_pairs_up_to_one():
    p = symmetric([0.01, 0.2, 0.04])
    assert pairs_of(corrected(p, "bonferroni")) == pytest.approx([0.03, 0.6, 0.12])
    assert pairs_of(corrected(symmetric([0.5, 0.2, 0.04]), "bonferroni"))[0] == 1


def test_holm_steps_down_and_never_falls():
    # sorted: .01 x 6, .011 x 5 (below the step before), .02 x 4, .03 x 3, .5 x 2, .9 x 1
    p = symmetric([0.03, 0.5, 0.01, 0.9, 0.011, 0.02])
    expected = [0.09, 1.0, 0.06, 1.0, 0.06, 0.08]
    assert pairs_of(corrected(p, "holm")) == pytest.approx(expected)


def test_without_correction_p_values_stay():
    p = symmetric([0.03, 0.5, 0.01])
    assert np.array_equal(corrected(p, "none"), p)


def test_a_system_beats_those_that_are_significantly_worse_alone():
    noise = np.array([0.01, -0.01, 0.02, -0.02, 0.0, 0.01])
    values = np.array([0.5 + noise, 0.9 + noise**2, 0.5 - noise, 0.7 + noise[::-1]])
    assert beaten(values, 0.05, "none") == [[], [0, 2, 3], [], [0, 2]]


def test_the_correction_can_take_a_difference_away():
    values = np.array([[0.2, 0.4, 0.6, 0.4], [0.1, 0.2, 0.3, 0.3], [0.2, 0.1, 0.5, 0.3]])
    p = p_values(values)
    assert p[0, 1] < 0.05 < 3 * p[0, 1]
    assert beaten(values, 0.05, "none") == [[1], [], []]
    assert beaten(values, 0.05, "bonferroni") == [[], [], []]
    assert beaten(values, 0.05, "holm") == [[], [], []]


def test_a_p_value_equal_to_the_threshold_does_not_count():
    values = np.array([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0]])
    p = p_values(values)[0, 1]
    assert beaten(values, p, "none") == [[], []]
    assert beaten(values, p * 1.001, "none") == [[1], []]
