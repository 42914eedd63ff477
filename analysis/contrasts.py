"""Fits -> findings: the estimands of the method as named contrasts, and single levels."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import isfinite, nan
from typing import Literal

import pandas as pd

from standfast.analysis.estimates import (
    RESAMPLES,
    LinkEstimate,
    Study,
    bounds,
    estimate,
    not_estimated,
    on_link_scale,
    scored,
)
from standfast.analysis.findings import CellMean, Finding, SecondOpinion
from standfast.analysis.fits import Fit
from standfast.analysis.levels import Key, Level, cells, parts
from standfast.analysis.mixed.data.formula import parse
from standfast.analysis.mixed.means.multiplicity import adjust as corrected
from standfast.analysis.opinions import doubts, second
from standfast.analysis.weights import Contrast, evenly, ladder
from standfast.analysis.weights import contrasts as planned_contrasts
from standfast.estimands import ContrastName, better
from standfast.measure import Measure

__all__ = ["CellMean", "Finding", "SecondOpinion", "adjust", "cell_means", "compare"]

Correction = Literal["holm", "benjamini-hochberg"]

_CORRECTIONS: Mapping[Correction, str] = {"holm": "Holm", "benjamini-hochberg": "Benjamini-Hochberg"}
_SECOND = f"Cell means, {RESAMPLES:,} resamples of whole items or pairs; symmetric bootstrap-t"


def compare(
    fit: Fit,
    second: Fit,
    frame: pd.DataFrame,
    measure: Measure,
    *,
    kinds: Collection[str],
    confidence: float,
    seed: int = 0,
    clusters: Mapping[str, str] | None = None,
    quick: bool = False,
    planned: Sequence[Contrast] | None = None,
) -> list[Finding]:
    """Return the contrasts of one measure of one subject.

    Args:
        fit: The fitted model.
        second: The same cells by `models.second_opinion`.
        frame: The rows that were fitted, with those that were not scored.
        measure: The measure.
        kinds: Estimands, such as `E2`, or contrasts by name, such as `L(peer, full)`.
        confidence: Of the intervals, such as 0.95.
        seed: The run's; it fixes the resamples of the second opinion.
        clusters: Item -> cluster that is resampled, as in `ModelSpec`.
        quick: Whether to leave out the second opinion, which takes most of the time and decides nothing.
        planned: Contrasts with their weights, in place of those of `kinds` that the planned cells allow.

    Returns:
        One finding per contrast that was planned, whether or not it could be estimated. `p_adjusted` is NaN until
        `adjust` has seen all findings.
    """
    study = _study(fit, second, frame, measure, confidence, seed, clusters)
    random = " + ".join(f"({part})" for part in parse(fit.formula).random) if fit.formula else ""
    wanted = planned_contrasts(study.cells, measure, kinds) if planned is None else planned
    return [_finding(study, contrast, random, quick=quick) for contrast in wanted]


def cell_means(fit: Fit, second: Fit, frame: pd.DataFrame, measure: Measure, *, confidence: float) -> list[CellMean]:
    """Return the mean of each planned role × profile level, NaN where it was not estimated."""
    study = _study(fit, second, frame, measure, confidence)
    places: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(study.cells, key=ladder):
        places.setdefault(key[:2], []).append(key)
    return [_cell_mean(study, own) for own in places.values()]


def adjust(findings: Iterable[Finding], method: Correction = "holm") -> list[Finding]:
    """Fill in `p_adjusted` within the contrasts of one family that were estimated.

    A family is all contrasts of one estimand on the measures of one construct, for one subject and audit.

    Args:
        findings: All findings of a run.
        method: `holm` bounds the chance of any false rejection in a family, `benjamini-hochberg` their expected share.
    """
    given = list(findings)
    families: dict[str, list[int]] = {}
    for i, finding in enumerate(given):
        if isfinite(finding.p_value):
            families.setdefault(finding.family, []).append(i)
    for name, members in families.items():
        adjusted = corrected([given[i].p_value for i in members], method)
        words = f"{name}: {len(members)} contrast{'s' if len(members) > 1 else ''}, {_CORRECTIONS[method]}"
        for i, p_value in zip(members, adjusted, strict=True):
            given[i] = replace(given[i], p_adjusted=float(p_value), family=words)
    return given


def _study(
    fit: Fit,
    second: Fit,
    frame: pd.DataFrame,
    measure: Measure,
    confidence: float,
    seed: int = 0,
    clusters: Mapping[str, str] | None = None,
) -> Study:
    values = scored(frame, fit, clusters or {})
    return Study(fit, second, measure, cells(frame, measure), values, confidence, seed)


def _finding(study: Study, contrast: Contrast, random: str, *, quick: bool) -> Finding:
    fit, measure, name, weights = study.fit, study.measure, contrast.name, contrast.weights
    used = [part.level for part in parts(study.cells, weights)]
    found = estimate(study, weights) if contrast.status == "ok" else not_estimated(fit, contrast.status)
    link = on_link_scale(study, weights) if found.status == "ok" else LinkEstimate()
    low, high = bounds(study, weights, found)
    factor, unit, tested = _factor(measure), _unit(measure, name), name.kind != "L"
    asked = found.status == "ok" and not quick
    opinion = second(study, contrast.weights, str(name), factor, _SECOND) if asked else None
    return Finding(
        model=fit.model,
        audit=fit.audit,
        measure=measure.name,
        title=measure.title,
        construct=measure.construct,
        direction=better(name.kind, measure.direction),
        primary=measure.primary,
        contrast=str(name),
        role=name.role,
        profile=name.profile,
        challenge=name.challenge,
        twin=measure.twin,
        unit=unit,
        estimate=found.value * factor,
        std_error=found.std_error * factor,
        df=found.df,
        df_method=found.df_method,
        statistic=found.value / found.std_error if tested else nan,
        p_value=found.p_value if tested else nan,  # nobody asks whether a level is 0
        p_adjusted=nan,
        family=f"{name.kind} on {measure.construct} measures of {fit.audit}, {fit.model}",
        conf_level=study.confidence,
        conf_low=found.low * factor,
        conf_high=found.high * factor,
        bound_low=low * factor,
        bound_high=high * factor,
        n_obs=sum(level.total().scored for level in used),
        n_items=len(frozenset().union(*(level.items for level in used))),
        n_missing=sum(level.total().missing for level in used),
        method=found.method,
        random=random,
        link_estimate=link.value,
        link_std_error=link.std_error,
        second=opinion,
        flags=(*found.flags, *doubts(found, opinion, unit), *_outside(used, measure)),
        status=found.status,
    )


def _factor(measure: Measure) -> float:
    """Return what a value is multiplied with for the report: 100 for percentage points."""
    return 100.0 if measure.scale in ("binary", "proportion") else 1.0


def _unit(measure: Measure, name: ContrastName) -> str:
    """Return the unit of a finding: a share's level is in %, its contrasts in percentage points."""
    share = _factor(measure) == 100
    if name.kind == "L":
        return "%" if share else measure.unit
    unit = "pp" if share else measure.unit
    return f"{unit} per rung" if name.kind == "E6" else unit


def _outside(used: Iterable[Level], measure: Measure) -> tuple[str, ...]:
    totals = [level.total() for level in used]
    outside, planned = sum(total.outside for total in totals), sum(sum(total) for total in totals)
    why = "took no position to hold"
    if measure.construct == "influence":
        why = "were declined, or left nothing to measure,"
    return (f"{outside} of {planned} conversations {why} and are left out.",) if outside else ()


def _cell_mean(study: Study, own: Sequence[Key]) -> CellMean:
    fit, measure, weights = study.fit, study.measure, evenly(own)
    found, factor = estimate(study, weights), _factor(measure)
    (part,) = parts(study.cells, weights)
    return CellMean(
        model=fit.model,
        audit=fit.audit,
        measure=measure.name,
        title=measure.title,
        construct=measure.construct,
        role=part.level.role,
        profile=part.level.profile,
        unit="%" if factor == 100 else measure.unit,
        mean=found.value * factor,
        conf_low=found.low * factor,
        conf_high=found.high * factor,
        n_obs=part.level.total().scored,
        n_items=len(part.level.items),
    )
