"""Gain as a function of the opening stance: a quadratic, and where it peaks, if it does.

A misread opening stance enters the gain with the other sign, so that gain seems to fall with the stance where nothing
depends on it, and a stance that is known with error bends any curve. Where the opening probe is repeated, one half of
its repeats is the stance and the other its instrument, each in turn: the errors of two readings are independent, so that
the coefficients are consistent whatever the stances' distribution. Regression calibration is not, because planted
stances are far from normal: with five stances at equal shares and readings off by half a point it takes a curvature of
−0.15 for −0.10.

Claims and personas are crossed and random: the covariance is clustered by both, each by leaving out clusters in turn, which
keeps its level better than sums of squared scores (at 24 claims 91 % for the curvature). Few receivers have a fixed effect each;
from five on they are clustered by as well. The peak's interval is Fieller's, which is finite only where the curvature's
own interval excludes 0: "no peak" is an answer. Stances end at 7, so that those who begin near it can gain little; the
curve bends for that reason too, and the share of the attainable gain stands beside it in the results.

Coverage of nominal 95 % intervals in percent, for a curvature of −0.2 and a peak at 3.5, readings off by half a point, and
how often a line shows a peak (400 and 300 studies; `benchmarks/persuasion.py`):

| claims | conversations | curvature | peak | peak found | peak of a line |
|--------|---------------|-----------|------|------------|----------------|
| 24     | 192           | 93.0      | 95.3 | 86         | 4              |
| 48     | 384           | 94.8      | 94.6 | 98         | 2              |

Source: instruments for a polynomial in a misread covariate, Hausman, Newey, Ichimura and Powell (1991), Journal of
    Econometrics 50, 273-295; clustering both ways, Cameron, Gelbach and Miller (2011), Journal of Business and Economic
    Statistics 29, 238-249; Fieller (1954), JRSS B 16, 175-185; the question, arXiv 2509.22989.
"""

from dataclasses import dataclass
from itertools import combinations
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis import structure
from standfast.analysis.effects import Effect, Linear, random_factors, with_blocks
from standfast.analysis.gains import Coupling
from standfast.analysis.intervals import Interval, critical_t

Floats = NDArray[np.float64]

MIDDLE = 4.0  # of the stance scale; stances are centred there
ENDS = (1.0, 7.0)
RESAMPLES = 1000
FEWEST = 20  # conversations below which there is no curve
_SINGULAR = 1e-9


class Peak(NamedTuple):
    """The highest point of a quadratic.

    Attributes:
        found: Whether the curvature is clearly negative and the peak lies among the observed stances.
        estimate: Stance at it; NaN where none was found.
        interval: Fieller's, cut at the ends of the scale; NaN where none was found.
    """

    found: bool
    estimate: float
    interval: Interval


NO_PEAK = Peak(False, nan, Interval(nan, nan))
_UNKNOWN = Effect(nan, nan, nan, nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorCurve:
    """The fitted curve.

    Attributes:
        linear: Coefficients of 1, stance − 4 and its square; `None` where there is no curve.
        peak: Its highest point.
        inner: Share of resamples of whole items with the maximum inside the observed stances; NaN without a curve.
        curvature: Coefficient of the square.
        reliability: Correlation of the two halves of the opening probe; NaN without repeats.
        coupling: Whether stance and gain share readings.
        confidence: Of intervals.
        n: Conversations used.
        status: `ok`, `no peak`, or why there is no curve.
    """

    linear: Linear | None
    peak: Peak
    inner: float
    curvature: Effect
    reliability: float
    coupling: Coupling
    confidence: float
    n: int
    status: str

    def at(self, prior: float) -> Effect:
        """Return the curve's height at an opening stance."""
        if self.linear is None:
            return _UNKNOWN
        return self.linear.effect(np.array([1.0, prior - MIDDLE, (prior - MIDDLE) ** 2]), self.confidence)


class _Moments(NamedTuple):
    """What each conversation, or each cluster of them, adds to Z'X and Z'y, shapes (n, q, q) and (n, q)."""

    crossed: Floats
    response: Floats


def prior_curve(rows: pd.DataFrame, *, confidence: float, rng: np.random.Generator) -> PriorCurve:
    """Fit gain on the opening stance.

    Args:
        rows: One row per conversation: `item`, `persona`, `receiver`; `before` and `again`, the stance towards the aim
            by two halves of the opening probe's repeats, 1 to 7; `after`, the same at the end. `again` is NaN where the
            probe was not repeated; rows without it are left out unless they are most.
        confidence: Of intervals.
        rng: Source of resamples.
    """
    split = bool(len(rows)) and float(rows["again"].notna().mean()) > 0.5
    coupling: Coupling = "split" if split else "shared"
    used = rows[rows["again"].notna()] if split else rows.assign(again=rows["before"])
    used = used.reset_index(drop=True)
    if len(used) < FEWEST or used["item"].nunique() < 3 or used["before"].nunique() < 3:
        return _none("too few conversations, items or opening stances for a curve", coupling, confidence, len(used))
    moments = _moments(used)
    linear = _solved(used, moments)
    if linear is None:
        return _none("opening stances tell too little apart for a curve", coupling, confidence, len(used))
    curvature = linear.effect(np.array([0.0, 0.0, 1.0]), confidence)
    seen = Interval(float(used["before"].min()), float(used["before"].max()))
    peak = _peak(linear, curvature, seen, confidence)
    return PriorCurve(
        linear=linear,
        peak=peak,
        inner=_inner(used, moments, seen, rng),
        curvature=curvature,
        reliability=float(used["before"].corr(used["again"])) if split and used["again"].nunique() > 1 else nan,
        coupling=coupling,
        confidence=confidence,
        n=len(used),
        status="ok" if peak.found else "no peak",
    )


def _none(why: str, coupling: Coupling, confidence: float, n: int) -> PriorCurve:
    return PriorCurve(
        linear=None,
        peak=NO_PEAK,
        inner=nan,
        curvature=_UNKNOWN,
        reliability=nan,
        coupling=coupling,
        confidence=confidence,
        n=n,
        status=why,
    )


def _moments(rows: pd.DataFrame) -> _Moments:
    """Return each conversation's moments, with each half of the readings as stance and as instrument."""
    first, second, after = (rows[name].to_numpy(np.float64) for name in ("before", "again", "after"))
    crossed, response = [], []
    for stance, instrument in ((first, second), (second, first)):
        X, Z = (with_blocks(rows, _columns(values))[0] for values in (stance, instrument))
        crossed.append(Z[:, :, None] * X[:, None, :])
        response.append(Z * (after - stance)[:, None])
    return _Moments((crossed[0] + crossed[1]) / 2, (response[0] + response[1]) / 2)


def _columns(stance: Floats) -> Floats:
    away = stance - MIDDLE
    return np.column_stack([np.ones(len(away)), away, away**2])


def _solved(rows: pd.DataFrame, moments: _Moments) -> Linear | None:
    """Return the coefficients with their covariance, clustered by items and by personas; `None` where unsolvable."""
    total = moments.crossed.sum(axis=0)
    if np.linalg.cond(total) > 1 / _SINGULAR:
        return None
    coef = np.linalg.solve(total, moments.response.sum(axis=0))
    factors = random_factors(rows)
    vcov = np.zeros((len(coef), len(coef)))
    for size in range(1, len(factors) + 1):
        for chosen in combinations(factors, size):
            vcov += (-1) ** (size + 1) * _left_out(rows, moments, chosen)
    return Linear(
        coef=coef[:3],
        vcov=_no_less(vcov, _left_out(rows, moments, ("item",)))[:3, :3],
        known=None,
        levels={name: rows[name].nunique() for name in factors},
        method=f"Quadratic, instruments from repeated probes, covariance clustered by {' and '.join(factors)}",
        mixed=None,
    )


def _left_out(rows: pd.DataFrame, moments: _Moments, columns: tuple[str, ...]) -> Floats:
    """Return the jackknife covariance with each cluster left out in turn, shape (q, q)."""
    crossed, response = _by_cluster(rows, moments, columns)
    total, sums = crossed.sum(axis=0) - crossed, response.sum(axis=0) - response
    coef = (np.linalg.pinv(total) @ sums[..., None])[..., 0]
    away = coef - coef.mean(axis=0)
    return np.asarray((len(coef) - 1) / len(coef) * away.T @ away)


def _by_cluster(rows: pd.DataFrame, moments: _Moments, columns: tuple[str, ...]) -> _Moments:
    codes = structure.coded(rows, columns)
    groups, q = int(codes.max()) + 1, moments.response.shape[1]
    crossed, response = np.zeros((groups, q, q)), np.zeros((groups, q))
    np.add.at(crossed, codes, moments.crossed)
    np.add.at(response, codes, moments.response)
    return _Moments(crossed, response)


def _no_less(vcov: Floats, by_item: Floats) -> Floats:
    """Return a covariance, or that clustered by item alone where it is none: differences of matrices may not be."""
    return vcov if float(np.linalg.eigvalsh(vcov)[0]) > 0 else by_item


def _peak(linear: Linear, curvature: Effect, seen: Interval, confidence: float) -> Peak:
    """Return the peak −b / 2c with Fieller's interval: all x at which the slope b + 2cx may be 0."""
    _, b, c = linear.coef
    at = MIDDLE - b / (2 * c) if c else nan
    if not (curvature.conf_high < 0 and seen.low <= at <= seen.high):
        return NO_PEAK
    square, V = critical_t(confidence, curvature.df) ** 2, linear.vcov
    lead, middle = 4 * (c**2 - square * V[2, 2]), 4 * (b * c - square * V[1, 2])
    root = float(np.sqrt(max(middle**2 - 4 * lead * (b**2 - square * V[1, 1]), 0.0)))
    low, high = (float(np.clip(MIDDLE + (-middle + sign * root) / (2 * lead), *ENDS)) for sign in (-1, 1))
    return Peak(True, float(at), Interval(low, high))


def _inner(rows: pd.DataFrame, moments: _Moments, seen: Interval, rng: np.random.Generator) -> float:
    """Return how often resamples of whole items peak inside the observed stances."""
    crossed, response = _by_cluster(rows, moments, ("item",))
    groups, q = response.shape
    drawn = rng.multinomial(groups, np.full(groups, 1 / groups), RESAMPLES).astype(np.float64)
    A = (drawn @ crossed.reshape(groups, -1)).reshape(-1, q, q)
    usable = np.linalg.cond(A) < 1 / _SINGULAR
    coef = np.linalg.solve(A[usable], (drawn[usable] @ response)[..., None])[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = MIDDLE - coef[:, 1] / (2 * coef[:, 2])
    inside = (coef[:, 2] < 0) & (at > seen.low) & (at < seen.high)
    return float(inside.mean()) if len(inside) else nan
