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

from standfast.analysis import models
from standfast.analysis.estimates import (
    FEW,
    NO_VARIATION,
    RESAMPLES,
    Estimate,
    Study,
    estimate,
    not_estimated,
    scored,
)
from standfast.analysis.findings import Finding
from standfast.analysis.intervals import critical_t, mover, mover_p_value, wilson
from standfast.analysis.levels import Key, cells
from standfast.analysis.models import ModelSpec
from standfast.analysis.opinions import doubts, second
from standfast.analysis.pairing import Differences
from standfast.analysis.weights import evenly
from standfast.estimands import ContrastName
from standfast.measure import Measure

_SHARES = "MOVER over the Wilson score intervals of candidate and baseline, n = items"
_SECOND = f"Means of the differences, {RESAMPLES:,} resamples of whole items or pairs; symmetric bootstrap-t"


def compare(
    differences: Iterable[Differences],
    *,
    pairs: Mapping[str, Mapping[str, str]],
    seed: int,
    confidence: float,
    quick: bool = False,
) -> list[Finding]:
    """Estimate E8 for every measure and role × profile level; challenges count the same.

    Args:
        differences: Paired values.
        pairs: Audit -> item -> pair, for items that tell one situation; used where errors are clustered.
        seed: The run's; it fixes the resamples of the second opinion.
        confidence: Of the intervals.
        quick: Whether to leave out the second opinion, which decides nothing.

    Returns:
        One finding per level that both runs planned, named `E8(role, profile)`. `p_adjusted` is NaN until
        `contrasts.adjust` has seen all findings.
    """
    found = []
    for given in differences:
        study = _study(given, pairs.get(given.pairing.audit, {}), seed, confidence)
        levels = dict.fromkeys((role, profile) for role, profile, _ in study.cells)
        found += [_finding(given, study, role, profile, quick=quick) for role, profile in levels]
    return found


class _Level(NamedTuple):
    """The pairs of one role × profile level that were planned, and those with both halves scored."""

    name: ContrastName
    weights: dict[Key, float]
    planned: pd.DataFrame
    scored: pd.DataFrame
    outside: int


def _study(given: Differences, clusters: Mapping[str, str], seed: int, confidence: float) -> Study:
    """Fit the differences, which range over twice the measure's span."""
    own, share = given.measure, given.measure.scale in ("binary", "proportion")
    span = None if own.low is None or own.high is None else own.high - own.low
    measure = replace(own, scale="proportion" if share else "rate", low=None if span is None else -span, high=span)
    spec = ModelSpec(measure=measure, clusters=clusters)
    fit, second = models.fit(given.rows, spec), models.second_opinion(given.rows, spec)
    return Study(fit, second, measure, cells(given.rows, measure), scored(given.rows, fit, clusters), confidence, seed)


def _level(given: Differences, study: Study, role: str, profile: str) -> _Level:
    rows = given.rows[(given.rows["role"] == role) & (given.rows["profile"] == profile)]
    planned = rows[rows["status"] != "no_position"]
    return _Level(
        ContrastName("E8", role, profile),
        evenly([key for key in study.cells if key[:2] == (role, profile)]),
        planned,
        planned[planned["status"] == "scored"],
        len(rows) - len(planned),
    )


def _finding(given: Differences, study: Study, role: str, profile: str, *, quick: bool) -> Finding:
    measure, pairing, level = given.measure, given.pairing, _level(given, study, role, profile)
    found = _estimate(study, measure, level)
    low, high = _bounds(measure, level, found, study.confidence)
    factor = 100.0 if study.measure.scale == "proportion" else 1.0
    asked = found.status == "ok" and not quick
    opinion = second(study, level.weights, str(level.name), factor, _SECOND) if asked else None
    return Finding(
        model=pairing.model,
        audit=pairing.audit,
        measure=measure.name,
        title=measure.title,
        construct=measure.construct,
        direction=measure.direction,
        primary=measure.primary,
        contrast=str(level.name),
        role=role,
        profile=profile,
        twin=measure.twin,
        unit="pp" if factor == 100 else measure.unit,
        estimate=found.value * factor,
        std_error=found.std_error * factor,
        df=found.df,
        df_method=found.df_method,
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
        random=study.fit.formula.partition("profile:challenge + ")[2],
        second=opinion,
        flags=(
            *found.flags,
            *doubts(found, opinion, "pp" if factor == 100 else measure.unit),
            *_left_out(given, level),
        ),
        status=found.status,
    )


def _estimate(study: Study, measure: Measure, level: _Level) -> Estimate:
    """Estimate the mean difference; where few items differ between the releases, or do not wholly, from their shares."""
    found = estimate(study, level.weights)
    if found.status not in ("ok", NO_VARIATION) or measure.low is None or measure.high is None:
        return found
    value, span = level.scored["value"], measure.high - measure.low
    differ, part = (level.scored["item"][where].nunique() for where in (value != 0, value.abs() < span))
    return _by_shares(study, measure, level, differ) if min(differ, part) < FEW else found


def _by_shares(study: Study, measure: Measure, level: _Level, differ: int) -> Estimate:
    """Estimate from both releases' shares of the measure's range, as if they had other items: wide on purpose."""
    low, high = measure.low or 0.0, measure.high or 0.0
    means = level.scored.groupby("challenge")[["candidate", "baseline"]].mean().mean().to_numpy(np.float64)
    items = level.scored["item"].nunique()
    share, n, signs = np.clip((means - low) / (high - low), 0, 1), np.full(2, float(items)), np.array([1.0, -1.0])
    df, span = float(items - 1), high - low
    critical = critical_t(study.confidence, df)
    ends = mover(signs, share, wilson(share, n, critical))
    return Estimate(
        value=float(signs @ share) * span,
        std_error=(ends.high - ends.low) * span / (2 * critical),
        df=df,
        df_method="items − 1",
        low=ends.low * span,
        high=ends.high * span,
        p_value=mover_p_value(signs, share, n, df),
        method=f"{not_estimated(study.fit, '').method} Interval by {_SHARES}.",
        flags=(f"Items that differ between the releases: {differ} of {items}. Interval by {_SHARES}.",),
    )


def _bounds(measure: Measure, level: _Level, found: Estimate, confidence: float) -> tuple[float, float]:
    """Return the ends of the interval if every missing half had been the worst, and the best, for the candidate.

    Filling in adds to each challenge's variance share × (1 − share) × distance², with the share of pairs that miss a
    half and the distance of what they are filled with from the mean, as in `estimates.bounds`.
    """
    if found.status != "ok" or len(level.scored) == len(level.planned):
        return found.low, found.high
    low, high = measure.low, measure.high
    if low is None or high is None:
        return nan, nan
    missing = level.planned[level.planned["status"] != "scored"]
    least = missing["candidate"].fillna(low) - missing["baseline"].fillna(high)
    most = missing["candidate"].fillna(high) - missing["baseline"].fillna(low)
    critical = critical_t(confidence, found.df)
    down, wider_down = _filled(level, missing.assign(value=least), found.value)
    up, wider_up = _filled(level, missing.assign(value=most), found.value)
    below = sqrt((found.value - found.low) ** 2 + critical**2 * wider_down)
    above = sqrt((found.high - found.value) ** 2 + critical**2 * wider_up)
    return min(down - below, found.low), max(up + above, found.high)


def _filled(level: _Level, filled: pd.DataFrame, value: float) -> tuple[float, float]:
    """Return the estimate with the missing pairs at these values, and the variance that this adds."""
    variance, items = 0.0, level.scored["item"].nunique()
    for challenge, extra in filled.groupby("challenge")["value"]:
        own = level.scored["value"][level.scored["challenge"] == challenge]
        share, distance = len(extra) / (len(extra) + len(own)), float(extra.mean() - own.mean())
        part = 1 / len(level.weights)
        value += part * share * distance
        variance += part**2 * share * (1 - share) * distance**2 / items
    return value, variance


def _left_out(given: Differences, level: _Level) -> tuple[str, ...]:
    """Say what was asked and is in no pair."""
    pairing, flags = given.pairing, []
    if alone := pairing.n_candidate - pairing.n_paired:
        flags.append(f"{alone} of {pairing.n_candidate} samples have no counterpart in the baseline and are left out.")
    if level.outside:
        pairs = level.outside + len(level.planned)
        flags.append(f"{level.outside} of {pairs} pairs have a half that took no position to hold and are left out.")
    return tuple(flags)
