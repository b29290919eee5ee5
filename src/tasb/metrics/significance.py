"""Which systems of a table differ significantly: paired t-tests over queries."""

import numpy as np
import numpy.typing as npt
from scipy.stats import ttest_rel

Floats = npt.NDArray[np.float64]


def p_values(values: Floats) -> Floats:
    """Return the two-sided p-value of a paired t-test for each pair of systems.

    Args:
        values: (systems, queries) of one metric.

    Returns:
        (systems, systems), symmetric; 1 where two systems have equal values everywhere.
    """
    systems = len(values)
    p = np.ones((systems, systems))
    for first in range(systems):
        for second in range(first):
            if not np.array_equal(values[first], values[second]):
                p[first, second] = p[second, first] = ttest_rel(
                    values[first], values[second]
                ).pvalue
    return p


def corrected(p: Floats, correction: str) -> Floats:
    """Adjust the p-values of all pairs for their number.

    Args:
        p: (systems, systems), symmetric.
        correction: none, bonferroni, or holm (step-down).
    """
    if correction == "none":
        return p
    rows, columns = np.tril_indices(len(p), -1)
    pairs = p[rows, columns]
    count = len(pairs)
    if correction == "bonferroni":
        adjusted = np.minimum(pairs * count, 1)
    else:
        order = np.argsort(pairs)
        steps = np.maximum.accumulate(pairs[order] * (count - np.arange(count)))
        adjusted = np.empty(count)
        adjusted[order] = np.minimum(steps, 1)
    result = np.ones_like(p)
    result[rows, columns] = result[columns, rows] = adjusted
    return result


def beaten(values: Floats, threshold: float, correction: str) -> list[list[int]]:
    """Return for each system the systems that it is significantly better than.

    Args:
        values: (systems, queries) of one metric.
        threshold: a p-value below it counts.
        correction: see `corrected`.
    """
    p = corrected(p_values(values), correction)
    means = values.mean(axis=1)
    better = (p < threshold) & (means[:, None] > means[None, :])
    return [np.flatnonzero(row).tolist() for row in better]
