"""Weights over role × profile levels -> an estimate with its interval and its worst case, on the measure's own scale."""

from collections.abc import Mapping, Sequence
from math import nan, sqrt
from typing import NamedTuple

import numpy as np

from standfast.analysis.intervals import critical_t, mover, mover_p_value, two_sided_p, wilson
from standfast.analysis.levels import Key, Level
from standfast.analysis.reml import Floats
from standfast.analysis.models import Fit
from standfast.measure import Measure

# With fewer items than this above a measure's lowest value, or below its highest, in a level, a t interval is too
# narrow; five on each side is the usual rule for a normal approximation to a share.
FEW = 5
NO_VARIATION = "no variation"
_SHARES = "MOVER over Wilson score intervals per level, n = items"


class Study(NamedTuple):
    """One measure of one subject, fitted twice.

    Attributes:
        fit: The model.
        second: The second opinion on the same cells.
        measure: The measure.
        levels: The planned levels.
        confidence: Of the intervals.
    """

    fit: Fit
    second: Fit
    measure: Measure
    levels: Mapping[Key, Level]
    confidence: float


class Estimate(NamedTuple):
    """A weighted sum of levels; all numbers but `df` are NaN where `status` is not `ok`."""

    value: float
    std_error: float
    df: float
    low: float
    high: float
    p_value: float
    method: str
    flags: tuple[str, ...] = ()
    status: str = "ok"


Weights = Mapping[Key, float]


def estimate(study: Study, weights: Weights) -> Estimate:
    """Estimate a weighted sum of levels, or say why it cannot be.

    Where a level lies near a bound of its measure, or no item varies, the interval is built from the levels' shares;
    in all other cases it is estimate ± t × standard error.
    """
    used = [study.levels[key] for key in weights]
    df = float(max(min(len(level.items) for level in used) - 1, 0))
    if status := _why_not(study.fit, used):
        return _none(study.fit, df, status)
    still = min(_std_error(study, fit, weights) for fit in (study.fit, study.second)) == 0
    if study.measure.low is not None and study.measure.high is not None:
        sparse = [level.name for level in used if min(level.above, level.below) < FEW]
        if sparse or still:
            return _by_shares(study, weights, df, sparse)
    return _none(study.fit, df, NO_VARIATION) if still else _by_t(study, study.fit, weights, df)


def second_opinion(study: Study, weights: Weights) -> Estimate | None:
    """Return the same sum by the second fit; `None` where its standard error is 0 or unknown, or it is the first."""
    used = [study.levels[key] for key in weights]
    first = study.fit.method == study.second.method
    if first or _why_not(study.second, used) or _std_error(study, study.second, weights) == 0:
        return None
    return _by_t(study, study.second, weights, float(min(len(level.items) for level in used) - 1))


def bounds(study: Study, weights: Weights, found: Estimate) -> tuple[float, float]:
    """Return the ends of the interval if all missing values had been the lowest, and the highest, for the sum.

    A cell's mean moves to (scored × mean + missing × extreme) / (scored + missing), where extreme is an end of the
    measure's range. Filling in adds to each cell's variance share × (1 − share) × distance², with the share that is
    missing and the distance of the extreme from the mean; it is added to the interval's, divided by the number of
    items. NaN where values are missing and the measure has no bounds.
    """
    if found.status != "ok" or not any(study.levels[key].total().missing for key in weights):
        return found.low, found.high
    lowest, highest = study.measure.low, study.measure.high
    if lowest is None or highest is None:
        return nan, nan
    worst = {key: lowest if w > 0 else highest for key, w in weights.items()}
    best = {key: highest if w > 0 else lowest for key, w in weights.items()}
    down, wider_down = _filled(study, weights, worst)
    up, wider_up = _filled(study, weights, best)
    critical = critical_t(study.confidence, found.df)
    below = sqrt((found.value - found.low) ** 2 + critical**2 * wider_down)
    above = sqrt((found.high - found.value) ** 2 + critical**2 * wider_up)
    return min(down - below, found.low), max(up + above, found.high)


def _why_not(fit: Fit, used: Sequence[Level]) -> str:
    """Return why these levels cannot be estimated, nothing if they can."""
    if len({frozenset(level.cells) for level in used}) > 1:
        return "the levels were asked under different challenges"
    for level in used:
        if empty := level.empty():
            where = "" if empty == ["none"] else f", {empty[0]}"
            return f"no scored value in {level.name}{where}"
        if len(level.items) < 2:
            return f"fewer than 2 items in {level.name}"
    return "" if fit.converged else "the fit did not converge"


def _none(fit: Fit, df: float, status: str) -> Estimate:
    return Estimate(nan, nan, df, nan, nan, nan, _method(fit), status=status)


def _method(fit: Fit) -> str:
    return " ".join([fit.method, *(f"{reduction[:1].upper()}{reduction[1:]}." for reduction in fit.reductions)])


def _row(study: Study, fit: Fit, weights: Weights) -> Floats:
    """Return the weights of the fit's cells: each challenge of a level counts the same."""
    row = np.zeros(len(fit.names))
    for i, (role, profile, _) in enumerate(fit.names):
        row[i] = weights.get((role, profile), 0.0) / len(study.levels[role, profile].cells)
    return row


def _std_error(study: Study, fit: Fit, weights: Weights) -> float:
    """Return the standard error; 0 where it is unknown, or no more than rounding."""
    row = _row(study, fit, weights)
    variance = float(row @ fit.vcov @ row)
    floor = 1e-9 * max(1.0, float(np.abs(fit.coef).max()))
    return sqrt(variance) if variance > floor**2 else 0.0


def _by_t(study: Study, fit: Fit, weights: Weights, df: float) -> Estimate:
    """Estimate by t. For shares the standard error is at least the clustered one.

    A share varies most near one half, which the model's single residual variance cannot follow: where one level of a
    contrast lies nearer to one half than the rest, its intervals are too narrow.
    """
    value = float(_row(study, fit, weights) @ fit.coef)
    std_error, method = _std_error(study, fit, weights), _method(fit)
    if study.measure.scale in ("binary", "proportion") and fit is study.fit:
        std_error = max(std_error, _std_error(study, study.second, weights))
        method = f"{method} Standard error: the larger of the model's and one clustered by item or pair."
    half = critical_t(study.confidence, df) * std_error
    return Estimate(value, std_error, df, value - half, value + half, two_sided_p(value / std_error, df), method)


def _by_shares(study: Study, weights: Weights, df: float, sparse: Sequence[str]) -> Estimate:
    """Estimate a sum of levels near a bound of the measure; means become shares of its range."""
    low, high = study.measure.low or 0.0, study.measure.high or 0.0
    means = np.array([_row(study, study.fit, {key: 1.0}) @ study.fit.coef for key in weights])
    share = np.clip((means - low) / (high - low), 0.0, 1.0)
    n = np.array([float(len(study.levels[key].items)) for key in weights])
    signs = np.array(list(weights.values()))
    critical = critical_t(study.confidence, df)
    ends = mover(signs, share, wilson(share, n, critical))
    span, shift = high - low, low * float(signs.sum())
    why = (
        f"In {' and in '.join(sparse)} fewer than {FEW} items leave one end of the scale"
        if sparse
        else "No item varies"
    )
    return Estimate(
        value=float(signs @ share) * span + shift,
        std_error=(ends.high - ends.low) * span / (2 * critical),
        df=df,
        low=ends.low * span + shift,
        high=ends.high * span + shift,
        p_value=mover_p_value(signs, share, n, df),
        method=f"{_method(study.fit)} Interval by {_SHARES}.",
        flags=(f"{why}: interval by {_SHARES}.",),
    )


def _filled(study: Study, weights: Weights, extremes: Mapping[Key, float]) -> tuple[float, float]:
    """Return the sum with every missing value at its level's extreme, and the variance that this adds."""
    means = dict(zip(study.fit.names, study.fit.coef, strict=True))
    value, variance = 0.0, 0.0
    for key, weight in weights.items():
        level = study.levels[key]
        for challenge, count in level.cells.items():
            mean, share = float(means[(*key, challenge)]), count.missing / (count.scored + count.missing)
            distance, part = extremes[key] - mean, weight / len(level.cells)
            value += part * (mean + share * distance)
            variance += part**2 * share * (1 - share) * distance**2 / len(level.items)
    return value, variance
