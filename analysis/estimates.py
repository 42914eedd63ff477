"""Weights over cells -> an estimate with its interval and its worst case, on the measure's own scale."""

from collections.abc import Mapping, Sequence
from math import isfinite, nan, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis import lopsided
from standfast.analysis.fits import CELL, Degrees, Fit, degrees
from standfast.analysis.intervals import critical_t, mover, mover_p_value, two_sided_p, wilson
from standfast.analysis.levels import Key, Level, Part, Weights, parts
from standfast.analysis.resampling import BootstrapInterval, Floats, Ints, cluster_bootstrap
from standfast.measure import Measure

# With fewer items than this above a measure's lowest value, or below its highest, in a level, a t interval is too
# narrow; five on each side is the usual rule for a normal approximation to a share.
FEW = 5
RESAMPLES = 2000
NO_VARIATION = "no variation"
_SHARES = "MOVER over Wilson score intervals per level, n = items"


class Values(NamedTuple):
    """The scored values, shape (n,) each.

    Attributes:
        value: On the measure's own scale.
        cell: Place in the fit's names.
        cluster: Item, or the pair where two items tell one situation.
    """

    value: Floats
    cell: Ints
    cluster: Ints


class Study(NamedTuple):
    """One measure of one subject, fitted twice.

    Attributes:
        fit: The model.
        second: The same cells by least squares, with a covariance clustered by item or pair.
        measure: The measure.
        cells: The planned cells.
        values: What was scored in them.
        confidence: Of the intervals.
        seed: Of the second opinion's resamples.
    """

    fit: Fit
    second: Fit
    measure: Measure
    cells: Mapping[Key, Level]
    values: Values
    confidence: float
    seed: int


class Estimate(NamedTuple):
    """A weighted sum of cells; all numbers are NaN where `status` is not `ok`."""

    value: float
    std_error: float
    df: float
    df_method: str
    low: float
    high: float
    p_value: float
    method: str
    flags: tuple[str, ...] = ()
    status: str = "ok"


class LinkEstimate(NamedTuple):
    """The same sum of log odds, NaN where the measure has no link scale or was not fitted on it."""

    value: float = nan
    std_error: float = nan


def scored(frame: pd.DataFrame, fit: Fit, clusters: Mapping[str, str]) -> Values:
    """Return the values that were fitted.

    Args:
        frame: As for `models.fit`.
        fit: What it gave.
        clusters: Item -> cluster; an item that is not named is a cluster of its own.
    """
    rows = frame[frame["status"] == "scored"]
    place = {name: i for i, name in enumerate(fit.names)}
    cell = [place[key] for key in zip(*(rows[column] for column in CELL), strict=True)]
    shared = [clusters.get(item, item) for item in rows["item"]]
    return Values(
        rows["value"].to_numpy(np.float64),
        np.array(cell, dtype=np.int64),
        np.unique(np.array(shared, dtype=str), return_inverse=True)[1].astype(np.int64),
    )


def estimate(study: Study, weights: Weights) -> Estimate:
    """Estimate a weighted sum of cells, or say why it cannot be.

    Where a level lies near a bound of its measure, or no item varies, the interval is built from the levels' shares;
    in all other cases it is estimate ± t × standard error.

    Args:
        study: The study.
        weights: Planned cell -> what its mean counts.
    """
    used = parts(study.cells, weights)
    if status := _why_not(study.fit, [part.level for part in used]):
        return not_estimated(study.fit, status)
    found = _degrees(study.fit, weights, used)
    still = min(_std_error(fit, weights) for fit in (study.fit, study.second)) == 0
    if study.measure.low is not None and study.measure.high is not None:
        sparse = [part.level.name for part in used if min(len(part.level.above), len(part.level.below)) < FEW]
        if sparse or still:
            return _by_shares(study, used, found, sparse)
    return not_estimated(study.fit, NO_VARIATION) if still else _by_t(study, weights, used, found)


def not_estimated(fit: Fit, status: str) -> Estimate:
    """Return what stands in place of an estimate."""
    return Estimate(nan, nan, nan, "", nan, nan, nan, _method(fit), status=status)


def second_opinion(study: Study, weights: Weights, name: str) -> BootstrapInterval:
    """Return the same sum of cell means with whole items, or pairs, resampled; it uses no model.

    The draws depend on the seed, the study and the name alone, so that other findings do not move them.

    Args:
        study: The study.
        weights: As for `estimate`.
        name: Of the contrast.
    """
    where = f"{study.fit.model}/{study.fit.audit}/{study.measure.name}/{name}"
    rng = np.random.default_rng([study.seed, *where.encode()])
    return cluster_bootstrap(*study.values, _row(study.fit, weights), RESAMPLES, rng, study.confidence)


def on_link_scale(study: Study, weights: Weights) -> LinkEstimate:
    """Return the same sum of the cells' log odds; for ordinal measures only if the weights add to 0."""
    link = study.fit.link
    if link is None or not link.converged or (link.family == "ordinal" and abs(sum(weights.values())) > 1e-9):
        return LinkEstimate()
    row = _row(study.fit, weights)
    value, variance = float(row @ link.coef), float(row @ link.vcov @ row)
    return LinkEstimate(value, sqrt(variance)) if isfinite(value) and variance > 0 else LinkEstimate()


def bounds(study: Study, weights: Weights, found: Estimate) -> tuple[float, float]:
    """Return the ends of the interval if all missing values had been the lowest, and the highest, for the sum.

    A cell's mean moves to (scored × mean + missing × extreme) / (scored + missing), where extreme is an end of the
    measure's range. Filling in adds to each cell's variance share × (1 − share) × distance², with the share that is
    missing and the distance of the extreme from the mean; it is added to the interval's, divided by the number of
    items. NaN where values are missing and the measure has no bounds.
    """
    if found.status != "ok" or not any(study.cells[key].total().missing for key in weights):
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
    for level in used:
        if empty := level.empty():
            return f"no scored value in {empty[0]}"
        if len(level.items) < 2:
            return f"fewer than 2 items in {level.name}"
    return "" if fit.converged else "the fit did not converge"


def _method(fit: Fit) -> str:
    return " ".join([fit.method, *(f"{reduction[:1].upper()}{reduction[1:]}." for reduction in fit.reductions)])


def _row(fit: Fit, weights: Weights) -> Floats:
    """Return the weights of the fit's cells, shape (p,)."""
    return np.array([weights.get(name, 0.0) for name in fit.names])


def _degrees(fit: Fit, weights: Weights, used: Sequence[Part]) -> Degrees:
    """Return the degrees of freedom, which the level with fewest items or personas bounds."""
    items, personas = min(len(p.level.items) for p in used), min(len(p.level.personas) for p in used)
    return degrees(fit, _row(fit, weights), items=items, personas=personas)


def _std_error(fit: Fit, weights: Weights) -> float:
    """Return the standard error; 0 where it is unknown, or no more than rounding."""
    row = _row(fit, weights)
    variance = float(row @ fit.vcov @ row)
    floor = 1e-9 * max(1.0, float(np.abs(fit.coef).max()))
    return sqrt(variance) if variance > floor**2 else 0.0


def _by_t(study: Study, weights: Weights, used: Sequence[Part], degrees: Degrees) -> Estimate:
    """Estimate by t. For shares the standard error is at least the clustered one, and the interval is lopsided.

    A share varies most near one half, which the model's single residual variance cannot follow: where one level of a
    contrast lies nearer to one half than the rest, its intervals are too narrow.
    """
    value = float(_row(study.fit, weights) @ study.fit.coef)
    std_error, method = _std_error(study.fit, weights), _method(study.fit)
    if study.measure.scale in ("binary", "proportion"):
        std_error = max(std_error, _std_error(study.second, weights))
        method = f"{method} Standard error: the larger of the model's and one clustered by item or pair."
    half = critical_t(study.confidence, degrees.df) * std_error
    p_value = two_sided_p(value / std_error, degrees.df)
    low, high = _within_scale(study.measure, weights, value - half, value + half)
    if (study.measure.low, study.measure.high) == (0.0, 1.0):
        fit = max(study.fit, study.second, key=lambda one: _std_error(one, weights))
        if found := lopsided.of_levels(fit, used, degrees.df, study.confidence):
            (low, high), p_value, method = *found, f"{method} {lopsided.METHOD}"
    return Estimate(value, std_error, *degrees, low, high, p_value, method)


def _within_scale(measure: Measure, weights: Weights, low: float, high: float) -> tuple[float, float]:
    """Cut the interval of a mean at the ends of its scale, where no value can lie; that of a contrast stays."""
    if min(weights.values()) < 0:
        return low, high
    return (
        low if measure.low is None else max(low, measure.low),
        high if measure.high is None else min(high, measure.high),
    )


def _by_shares(study: Study, used: Sequence[Part], degrees: Degrees, sparse: Sequence[str]) -> Estimate:
    """Estimate a sum of levels near a bound of the measure; means become shares of its range."""
    low, high = study.measure.low or 0.0, study.measure.high or 0.0
    means = np.array([_mean(study.fit, part.level) for part in used])
    share = np.clip((means - low) / (high - low), 0.0, 1.0)
    n = np.array([float(len(part.level.items)) for part in used])
    signs = np.array([part.weight for part in used])
    critical = critical_t(study.confidence, degrees.df)
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
        df=degrees.df,
        df_method=degrees.method,
        low=ends.low * span + shift,
        high=ends.high * span + shift,
        p_value=mover_p_value(signs, share, n, degrees.df),
        method=f"{_method(study.fit)} Interval by {_SHARES}.",
        flags=(f"{why}: interval by {_SHARES}.",),
    )


def _mean(fit: Fit, level: Level) -> float:
    """Return the mean of a level, in which each challenge counts the same."""
    places = [fit.names.index((level.role, level.profile, challenge)) for challenge in level.cells]
    return float(fit.coef[places].mean())


def _filled(study: Study, weights: Weights, extremes: Mapping[Key, float]) -> tuple[float, float]:
    """Return the sum with every missing value at its cell's extreme, and the variance that this adds."""
    means = dict(zip(study.fit.names, study.fit.coef, strict=True))
    value, variance = 0.0, 0.0
    for key, weight in weights.items():
        cell = study.cells[key]
        count, mean = cell.total(), float(means[key])
        share, distance = count.missing / (count.scored + count.missing), extremes[key] - mean
        value += weight * (mean + share * distance)
        variance += weight**2 * share * (1 - share) * distance**2 / len(cell.items)
    return value, variance
