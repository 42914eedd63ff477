"""Ratios of means over conversations, such as gain over what was attainable, with whole items as units."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.intervals import critical_t

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NOTHING = 1e-12


class Ratio(NamedTuple):
    """A ratio of two sums.

    Attributes:
        value: NaN where the denominator is 0.
        conf_low: Lower end of its interval; NaN for fewer than 2 items, or where nothing varies between them.
        conf_high: Upper end.
        n: Units used, those with a denominator above 0.
        n_items: Items among them.
    """

    value: float
    conf_low: float
    conf_high: float
    n: int
    n_items: int


def ratio(numerator: Floats, denominator: Floats, item: Ints, confidence: float) -> Ratio:
    """Return sum(numerator) / sum(denominator) with a linearised t interval, items − 1 degrees of freedom.

    Args:
        numerator: Finite, shape (n,).
        denominator: At least 0, shape (n,).
        item: Item of each unit, any numbers, shape (n,).
        confidence: Of the interval.

    Source: ratio estimator with clusters as units, Särndal, Swensson and Wretman (1992), section 5.6.
    """
    total, n = float(denominator.sum()), int((denominator > 0).sum())
    used = item[denominator > 0]
    groups = len(np.unique(used))
    if not total > 0:
        return Ratio(np.nan, np.nan, np.nan, n, groups)
    value = float(numerator.sum()) / total
    if groups < 2:
        return Ratio(value, np.nan, np.nan, n, groups)
    sums = np.bincount(np.unique(item, return_inverse=True)[1], numerator - value * denominator)
    error = float(np.sqrt(groups / (groups - 1) * (sums @ sums))) / total
    if error <= _NOTHING * max(1.0, abs(value)):
        return Ratio(value, np.nan, np.nan, n, groups)
    half = critical_t(confidence, groups - 1) * error
    return Ratio(value, value - half, value + half, n, groups)
