"""The interval of a sum of shares, from the levels that a fit estimates and how they vary together."""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np

from standfast.analysis.fits import Fit
from standfast.analysis.intervals import Interval, critical_t, lopsided, lopsided_p_value
from standfast.analysis.levels import Part

METHOD = "Interval by MOVER over Wilson score intervals per level, at the n that each standard error stands for."


class Lopsided(NamedTuple):
    """An interval and what goes with it.

    Attributes:
        interval: On the measure's own scale.
        p_value: Two-sided, of the hypothesis that the sum is 0; NaN for a level, which cannot be.
    """

    interval: Interval
    p_value: float


def of_levels(fit: Fit, used: Sequence[Part], df: float, confidence: float) -> Lopsided | None:
    """Return the interval of a sum of levels of a share, each the mean of its cells.

    Args:
        fit: Means of the cells between 0 and 1, and their covariance.
        used: The levels.
        df: Degrees of freedom.
        confidence: Of the interval.

    Returns:
        `None` where a level does not vary, so that no n is behind it.
    """
    cells = [[(part.level.role, part.level.profile, challenge) for challenge in part.level.cells] for part in used]
    mean = np.array([[(name in own) / len(own) for name in fit.names] for own in cells])
    share, vcov = mean @ fit.coef, mean @ fit.vcov @ mean.T
    if not (np.diag(vcov) > 0).all() or share.min() <= 0 or share.max() >= 1:
        return None
    weights = np.array([part.weight for part in used])
    p_value = lopsided_p_value(weights, share, vcov, df) if weights.min() < 0 else nan
    return Lopsided(lopsided(weights, share, vcov, critical_t(confidence, df)), p_value)
