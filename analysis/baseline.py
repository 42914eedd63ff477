"""Candidate − baseline, paired by cell: is this release worse? Estimand E8 of the method.

Each difference is taken within one sample: the same item, persona, role, wording, profile level, challenge and epoch.
What an item or a persona does to both releases alike drops out; what is left varies between items and personas, which
are random effects of the differences as they are of values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import nan, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from standfast.analysis import models
from standfast.analysis.contrasts import Finding, SecondOpinion
from standfast.analysis.intervals import critical_t, mover, mover_p_value, two_sided_p, wilson
from standfast.analysis.models import Degrees, Fit, ModelSpec
from standfast.analysis.pairing import Differences
from standfast.analysis.resampling import cluster_bootstrap
from standfast.measure import Measure

Floats = NDArray[np.float64]

# With fewer items than this that differ between the releases, a t interval is too narrow.
FEW = 5
_RESAMPLES = 2000
_SHARES = "MOVER over the Wilson score intervals of candidate and baseline, n = items"
_SHARE_SCALES = ("binary", "proportion")


def compare(
    differences: Iterable[Differences],
    *,
    pairs: Mapping[str, Mapping[str, str]],
    seed: int,
    confidence: float,
) -> list[Finding]:
    """Estimate E8 for every measure and role × profile level; challenges count the same.

    Args:
        differences: Paired values.
        pairs: Audit -> item -> pair, for items that tell one situation; used where errors are clustered.
        seed: Of the run; fixes the bootstrap.
        confidence: Of the intervals.

    Returns:
        One finding per level that both runs planned, named `E8(role, profile)`. `p_adjusted` is NaN until
        `contrasts.adjust` has seen all findings.
    """
    found = []
    for difference in differences:
        study = _study(difference, pairs.get(difference.pairing.audit, {}), confidence)
        rng = np.random.default_rng([seed, *f"{difference.pairing} {difference.measure.name}".encode()])
        levels = sorted(set(zip(difference.rows["role"], difference.rows["profile"], strict=True)))
        found += [_finding(study, str(role), str(profile), rng) for role, profile in levels]
    return found


class _Study(NamedTuple):
    """Paired values of one measure of one subject, fitted by the model and by least squares."""

    given: Differences
    fit: Fit
    second: Fit
    clusters: Mapping[str, str]
    confidence: float


class _Level(NamedTuple):
    """The pairs of one role × profile level, all of them and those of which both halves are scored."""

    name: str
    planned: pd.DataFrame
    scored: pd.DataFrame
    row: Floats


class _Estimate(NamedTuple):
    """A mean difference on the measure's scale; all numbers but `df` are NaN where `status` is not `ok`."""

    value: float
    std_error: float
    df: Degrees
    low: float
    high: float
    p_value: float
    method: str
    flags: tuple[str, ...] = ()
    status: str = "ok"


def _study(given: Differences, clusters: Mapping[str, str], confidence: float) -> _Study:
    """Fit the differences, which range over twice the measure's span."""
    own = given.measure
    span = None if own.low is None or own.high is None else own.high - own.low
    measure = replace(own, scale="rate", low=None if span is None else -span, high=span)
    spec = ModelSpec(measure=measure, clusters=clusters)
    return _Study(given, models.fit(given.rows, spec), models.second_opinion(given.rows, spec), clusters, confidence)


def _level(study: _Study, role: str, profile: str) -> _Level:
    rows = study.given.rows
    planned = rows[(rows["role"] == role) & (rows["profile"] == profile) & (rows["status"] != "no_position")]
    scored, challenges = planned[planned["status"] == "scored"], planned["challenge"].nunique()
    here = [(r, p) == (role, profile) for r, p, _ in study.fit.names]
    return _Level(f"{role}, {profile}", planned, scored, np.array(here, np.float64) / max(challenges, 1))


def _finding(study: _Study, role: str, profile: str, rng: np.random.Generator) -> Finding:
    given, measure = study.given, study.given.measure
    level = _level(study, role, profile)
    found = _estimate(study, level)
    low, high = _bounds(study, level, found)
    factor = 100.0 if measure.scale in _SHARE_SCALES else 1.0
    second = _second(study, level, found, factor, rng)
    pairing = given.pairing
    return Finding(
        model=pairing.model,
        audit=pairing.audit,
        measure=measure.name,
        title=measure.title,
        construct=measure.construct,
        direction=measure.direction,
        primary=measure.primary,
        contrast=f"E8({role}, {profile})",
        role=role,
        profile=profile,
        unit="pp" if measure.scale in _SHARE_SCALES else measure.unit,
        estimate=found.value * factor,
        std_error=found.std_error * factor,
        df=found.df.df,
        df_method=found.df.method,
        statistic=found.value / found.std_error,
        p_value=found.p_value,
        p_adjusted=nan,
        family=f"E8 on {measure.construct} measures of {pairing.audit}, {pairing.model}",
        conf_level=study.confidence,
        conf_low=found.low * factor,
        conf_high=found.high * factor,
        bound_low=low * factor,
        bound_high=high * factor,
        n_obs=len(level.scored),
        n_items=level.scored["item"].nunique(),
        n_missing=len(level.planned) - len(level.scored),
        method=f"Paired differences, candidate − baseline ({pairing.baseline}). {found.method}",
        second=second,
        flags=_flags(study, level, found, second),
        status=found.status,
    )


def _estimate(study: _Study, level: _Level) -> _Estimate:
    """Estimate by t, or from the two releases' own shares where few items differ between them."""
    measure, fit = study.given.measure, study.fit
    items, personas = level.scored["item"].nunique(), level.scored["persona"].nunique()
    df = models.degrees(fit, level.row, items=items, personas=personas)
    method = " ".join([fit.method, *(f"{reduction[:1].upper()}{reduction[1:]}." for reduction in fit.reductions)])
    if status := _why_not(level, items, converged=fit.converged):
        return _Estimate(nan, nan, df, nan, nan, nan, method, status=status)
    differing = level.scored.groupby("item")["value"].agg(lambda values: values.abs().max() > 0).sum()
    std_error = _std_error(fit, level.row)
    if measure.scale in _SHARE_SCALES:
        std_error = max(std_error, _std_error(study.second, level.row))
    if measure.low is not None and measure.high is not None and (differing < FEW or std_error == 0):
        return _by_shares(study, level, items, differing, method)
    if std_error == 0:
        return _Estimate(nan, nan, df, nan, nan, nan, method, status="no variation")
    value, half = float(level.row @ fit.coef), critical_t(study.confidence, df.df) * std_error
    p_value = two_sided_p(value / std_error, df.df)
    return _Estimate(value, std_error, df, value - half, value + half, p_value, method)


def _why_not(level: _Level, items: int, *, converged: bool) -> str:
    empty = sorted(set(level.planned["challenge"]) - set(level.scored["challenge"]))
    if empty or not len(level.planned):
        where = f", {empty[0]}" if empty and empty != ["none"] else ""
        return f"no pair with both halves scored in {level.name}{where}"
    if items < 2:
        return f"fewer than 2 items in {level.name}"
    return "" if converged else "the fit did not converge"


def _std_error(fit: Fit, row: Floats) -> float:
    """Return the standard error; 0 where it is unknown, or no more than rounding."""
    variance = float(row @ fit.vcov @ row)
    floor = 1e-9 * max(1.0, float(np.abs(fit.coef).max()))
    return sqrt(variance) if variance > floor**2 else 0.0


def _by_shares(study: _Study, level: _Level, items: int, differing: int, method: str) -> _Estimate:
    """Estimate from both releases' shares of the measure's range, as if they had different items: wide on purpose."""
    low, high = study.given.measure.low or 0.0, study.given.measure.high or 0.0
    means = level.scored.groupby("challenge")[["candidate", "baseline"]].mean().mean().to_numpy(np.float64)
    share, n, signs = np.clip((means - low) / (high - low), 0, 1), np.full(2, float(items)), np.array([1.0, -1.0])
    df = Degrees(float(items - 1), "items − 1")
    critical = critical_t(study.confidence, df.df)
    ends = mover(signs, share, wilson(share, n, critical))
    span = high - low
    return _Estimate(
        value=float(signs @ share) * span,
        std_error=(ends.high - ends.low) * span / (2 * critical),
        df=df,
        low=ends.low * span,
        high=ends.high * span,
        p_value=mover_p_value(signs, share, n, df.df),
        method=f"{method} Interval by {_SHARES}.",
        flags=(f"In {level.name} {differing} items differ between the releases: interval by {_SHARES}.",),
    )


def _bounds(study: _Study, level: _Level, found: _Estimate) -> tuple[float, float]:
    """Return the ends of the interval if every missing half had been the worst, and the best, for the candidate.

    Filling in adds to each challenge's variance share × (1 − share) × distance², with the share of pairs that miss a
    half and the distance of what they are filled with from the mean, as in `estimates.bounds`.
    """
    if found.status != "ok" or len(level.scored) == len(level.planned):
        return found.low, found.high
    low, high = study.given.measure.low, study.given.measure.high
    if low is None or high is None:
        return nan, nan
    missing = level.planned[level.planned["status"] != "scored"]
    least = missing["candidate"].fillna(low) - missing["baseline"].fillna(high)
    most = missing["candidate"].fillna(high) - missing["baseline"].fillna(low)
    critical = critical_t(study.confidence, found.df.df)
    down, wider_down = _filled(level, missing.assign(value=least), found.value)
    up, wider_up = _filled(level, missing.assign(value=most), found.value)
    below = sqrt((found.value - found.low) ** 2 + critical**2 * wider_down)
    above = sqrt((found.high - found.value) ** 2 + critical**2 * wider_up)
    return min(down - below, found.low), max(up + above, found.high)


def _filled(level: _Level, filled: pd.DataFrame, value: float) -> tuple[float, float]:
    """Return the estimate with the missing pairs at these values, and the variance that this adds."""
    challenges, items = sorted(set(level.planned["challenge"])), level.scored["item"].nunique()
    variance = 0.0
    for challenge in challenges:
        extra = filled["value"][filled["challenge"] == challenge]
        if len(extra):
            own = level.scored["value"][level.scored["challenge"] == challenge]
            share, distance = len(extra) / (len(extra) + len(own)), float(extra.mean() - own.mean())
            value += share * distance / len(challenges)
            variance += (distance / len(challenges)) ** 2 * share * (1 - share) / items
    return value, variance


def _second(
    study: _Study, level: _Level, found: _Estimate, factor: float, rng: np.random.Generator
) -> SecondOpinion | None:
    """Return the mean difference with whole items resampled."""
    if found.status != "ok":
        return None
    challenge = np.unique(level.scored["challenge"].to_numpy(str), return_inverse=True)[1]
    cluster = level.scored["item"].astype(str).map(lambda item: study.clusters.get(item, item))
    other = cluster_bootstrap(
        level.scored["value"].to_numpy(np.float64),
        challenge.astype(np.int64),
        np.unique(cluster.to_numpy(str), return_inverse=True)[1].astype(np.int64),
        np.full(challenge.max() + 1, 1 / (challenge.max() + 1)),
        _RESAMPLES,
        rng,
        study.confidence,
    )
    if other.status != "ok":
        return None
    return SecondOpinion(
        estimate=other.estimate * factor,
        conf_low=other.conf_low * factor,
        conf_high=other.conf_high * factor,
        method=f"Cell means, whole items or pairs resampled {other.n_boot} times, symmetric bootstrap-t.",
    )


def _flags(study: _Study, level: _Level, found: _Estimate, second: SecondOpinion | None) -> tuple[str, ...]:
    pairing, rows = study.given.pairing, study.given.rows
    flags = list(found.flags)
    if second and found.status == "ok" and _side(found.low, found.high) != _side(second.conf_low, second.conf_high):
        flags.append("The second opinion lies differently to 0.")
    if alone := pairing.n_candidate - pairing.n_paired:
        flags.append(f"{alone} of {pairing.n_candidate} samples have no counterpart in the baseline and are left out.")
    here = [f"{role}, {profile}" == level.name for role, profile in zip(rows["role"], rows["profile"], strict=True)]
    if outside := sum(here) - len(level.planned):
        flags.append(f"In {outside} of {sum(here)} pairs one half took no position to hold; they are left out.")
    return tuple(flags)


def _side(low: float, high: float) -> int:
    return int(low > 0) - int(high < 0)
