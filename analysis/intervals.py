"""Intervals and p-values, and those for shares near 0 or 1, where estimate ± t × standard error is too narrow."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq

Floats = NDArray[np.float64]


class Ends(NamedTuple):
    """Lower and upper ends of several intervals, each of shape (k,)."""

    low: Floats
    high: Floats


class Interval(NamedTuple):
    """Lower and upper end of one interval."""

    low: float
    high: float


def critical_t(confidence: float, df: float) -> float:
    """Return the two-sided critical value of t."""
    return float(stats.t.ppf((1 + confidence) / 2, df))


def two_sided_p(statistic: float, df: float) -> float:
    """Return the two-sided p-value of a t statistic."""
    return float(2 * stats.t.sf(abs(statistic), df))


def wilson(share: Floats, n: Floats, critical: float) -> Ends:
    """Return score intervals for shares, which never have width 0.

    For a quantity between 0 and 1 that is not binary they are too wide, never too narrow: its variance is at most
    share × (1 − share).

    Args:
        share: 0 to 1.
        n: Independent units behind each share, at least 1.
        critical: Critical value, such as 1.96.

    Source: Wilson (1927), JASA 22, 209-212.
    """
    square = critical**2 / n
    centre = (share + square / 2) / (1 + square)
    half = critical * np.sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    return Ends(np.clip(centre - half, 0, share), np.clip(centre + half, share, 1))


def mover(weights: Floats, share: Floats, ends: Ends) -> Interval:
    """Return the interval of sum(weights × share) from the shares' own intervals.

    The shares are taken as independent. Shares of the same items are mostly correlated positively, which makes the
    interval of a difference too wide rather than too narrow.

    Source: Zou and Donner (2008), Statistics in Medicine 27, 1693-1702, equations 8 and 9 ("square and add").
    """
    estimate = float(weights @ share)
    below = np.where(weights > 0, share - ends.low, ends.high - share)
    above = np.where(weights > 0, ends.high - share, share - ends.low)
    low = estimate - float(np.sqrt(((weights * below) ** 2).sum()))
    high = estimate + float(np.sqrt(((weights * above) ** 2).sum()))
    return Interval(low, high)


def mover_p_value(weights: Floats, share: Floats, n: Floats, df: float) -> float:
    """Return the two-sided p-value: one minus the confidence at which the interval first touches 0."""
    estimate = float(weights @ share)
    if estimate == 0:
        return 1.0

    def nearest_end(critical: float) -> float:
        low, high = mover(weights, share, wilson(share, n, critical))
        return low if estimate > 0 else -high

    top = 1e3
    return two_sided_p(top if nearest_end(top) > 0 else float(brentq(nearest_end, 0.0, top)), df)
