"""Whether an estimate is clear of a margin: non-inferiority, superiority and equivalence.

A margin is a value on the estimate's scale that must be beaten, not a distance: with higher better and a margin of −20
the estimate must lie above −20. Superiority is non-inferiority with margin 0.

The p-values here and the verdicts from intervals agree: a test at level alpha rejects where the interval with
confidence 1 − 2 alpha is clear of the margin. Gates use two-sided 95 % intervals, which is alpha 0.025.
"""

from math import isnan
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Direction = Literal["higher", "lower"]
Verdict = Literal["pass", "fail", "inconclusive", "missing"]


class MarginTest(NamedTuple):
    """One-sided tests against a margin.

    Attributes:
        statistic: (estimate − margin) / standard error, turned so that positive is better.
        p_value: Of the hypothesis that the truth lies at the margin or on its worse side.
    """

    statistic: Floats
    p_value: Floats


def noninferiority(
    estimate: ArrayLike, std_error: ArrayLike, df: ArrayLike, margin: ArrayLike, direction: Direction
) -> MarginTest:
    """Test whether estimates lie on the better side of a margin.

    Args:
        estimate: Any shape; all arguments broadcast.
        std_error: Above 0; the result is NaN where it is not.
        df: Degrees of freedom above 0; infinity gives the normal distribution.
        margin: The value to beat; 0 for superiority.
        direction: Which way is better.

    Returns:
        Statistic and p-value; NaN where an argument is.

    Raises:
        ValueError: The direction is neither `higher` nor `lower`.
    """
    if direction not in ("higher", "lower"):
        message = f"direction must be higher or lower, got {direction!r}"
        raise ValueError(message)
    sign = 1.0 if direction == "higher" else -1.0
    distance = sign * (np.asarray(estimate, np.float64) - np.asarray(margin, np.float64))
    error = np.asarray(std_error, np.float64)
    statistic = distance / np.where(error > 0, error, np.nan)
    return MarginTest(statistic, np.asarray(stats.t.sf(statistic, np.asarray(df, np.float64))))


def tost(estimate: ArrayLike, std_error: ArrayLike, df: ArrayLike, low: ArrayLike, high: ArrayLike) -> Floats:
    """Return the p-values of two one-sided tests: that the truth does not lie between two margins.

    Args:
        estimate: Any shape; all arguments broadcast.
        std_error: Above 0; the result is NaN where it is not.
        df: Degrees of freedom above 0; infinity gives the normal distribution.
        low: Lower margin.
        high: Upper margin, above `low`.

    Returns:
        The larger of the two p-values; NaN where an argument is.

    Raises:
        ValueError: A lower margin does not lie below its upper one.

    Source: Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15, 657-680.
    """
    if np.any(np.asarray(low) >= np.asarray(high)):
        message = f"the lower margin must lie below the upper one, got {low!r} and {high!r}"
        raise ValueError(message)
    above = noninferiority(estimate, std_error, df, low, "higher").p_value
    below = noninferiority(estimate, std_error, df, high, "lower").p_value
    return np.maximum(above, below)


def beyond(conf_low: float, conf_high: float, margin: float, direction: Direction) -> Verdict:
    """Return where an interval lies to a margin: `pass` strictly on its better side, `fail` at it or on its worse side.

    Args:
        conf_low: Lower end of the interval; `missing` where an end is NaN.
        conf_high: Upper end.
        margin: The value to beat; 0 for superiority.
        direction: Which way is better.

    Example:
        >>> beyond(-12.0, 4.0, -20.0, "higher")
        'pass'
    """
    if isnan(conf_low) or isnan(conf_high) or isnan(margin):
        return "missing"
    worst, best = (
        (conf_low - margin, conf_high - margin) if direction == "higher" else (margin - conf_high, margin - conf_low)
    )
    if worst > 0:
        return "pass"
    return "fail" if best <= 0 else "inconclusive"


def between(conf_low: float, conf_high: float, low: float, high: float) -> Verdict:
    """Return where an interval lies to two margins: `pass` strictly between them, `fail` wholly outside.

    Args:
        conf_low: Lower end of the interval; `missing` where an end is NaN.
        conf_high: Upper end.
        low: Lower margin.
        high: Upper margin.
    """
    verdicts = beyond(conf_low, conf_high, low, "higher"), beyond(conf_low, conf_high, high, "lower")
    if "missing" in verdicts:
        return "missing"
    if "fail" in verdicts:
        return "fail"
    return "pass" if verdicts == ("pass", "pass") else "inconclusive"
