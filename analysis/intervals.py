"""Intervals and p-values, and those for shares near 0 or 1, where estimate ± t × standard error is too narrow."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
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
    return float(special.stdtrit(df, (1 + confidence) / 2))  # what stats.t.ppf calls, without its 0.2 ms of checks


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


def mover(weights: Floats, share: Floats, ends: Ends, correlation: Floats | None = None) -> Interval:
    """Return the interval of sum(weights × share) from the shares' own intervals.

    Args:
        weights: What each share counts, shape (k,).
        share: Shape (k,).
        ends: Their intervals.
        correlation: Of the estimated shares, shape (k, k). Without it they are taken as independent; shares of the same
            items are mostly correlated positively, which makes the interval of a difference too wide rather than too
            narrow.

    Source: Zou and Donner (2008), Statistics in Medicine 27, 1693-1702, equations 8 and 9 ("square and add"); with
        correlation Zou (2008), American Journal of Epidemiology 168, 212-224.
    """
    estimate = float(weights @ share)
    below = weights * np.where(weights > 0, share - ends.low, ends.high - share)
    above = weights * np.where(weights > 0, ends.high - share, share - ends.low)
    R = np.eye(len(weights)) if correlation is None else correlation
    low = estimate - float(np.sqrt(np.maximum(below @ R @ below, 0.0)))
    high = estimate + float(np.sqrt(np.maximum(above @ R @ above, 0.0)))
    return Interval(low, high)


def lopsided(weights: Floats, share: Floats, vcov: Floats, critical: float) -> Interval:
    """Return the interval of sum(weights × share), longer towards the side on which shares vary more.

    A share's standard error shrinks as its estimate moves to an end of the scale, so that estimate ± t × standard error
    is too short on the side of one half. Each share has Wilson's interval at the n that its standard error stands for,
    share (1 − share) / variance, and MOVER joins them with the correlation of the estimates.

    Args:
        weights: What each share counts, shape (k,).
        share: Strictly between 0 and 1, shape (k,).
        vcov: Covariance of the estimated shares, shape (k, k), with a positive diagonal.
        critical: Critical value of t.

    Source: docs/gates.md has the rate of false passes at a margin with it and without.
    """
    std_error = np.sqrt(np.diag(vcov))
    ends = wilson(share, share * (1 - share) / std_error**2, critical)
    return mover(weights, share, ends, vcov / np.outer(std_error, std_error))


def mover_p_value(weights: Floats, share: Floats, n: Floats, df: float) -> float:
    """Return the two-sided p-value: one minus the confidence at which the interval first touches 0."""
    return _p_value(weights, share, df, lambda critical: mover(weights, share, wilson(share, n, critical)))


def lopsided_p_value(weights: Floats, share: Floats, vcov: Floats, df: float) -> float:
    """Return the two-sided p-value that goes with a lopsided interval."""
    return _p_value(weights, share, df, lambda critical: lopsided(weights, share, vcov, critical))


def _p_value(weights: Floats, share: Floats, df: float, interval: Callable[[float], Interval]) -> float:
    estimate = float(weights @ share)
    if estimate == 0:
        return 1.0

    def nearest_end(critical: float) -> float:
        low, high = interval(critical)
        return low if estimate > 0 else -high

    top = 1e3
    return two_sided_p(top if nearest_end(top) > 0 else float(brentq(nearest_end, 0.0, top)), df)
