"""Fits -> findings: the estimands E1 to E4 of the method as named contrasts, and single levels."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from math import isfinite, nan

import pandas as pd

from standfast.analysis.estimates import Estimate, Study, bounds, estimate, second_opinion
from standfast.analysis.intervals import holm
from standfast.analysis.levels import Level, levels
from standfast.analysis.models import Fit
from standfast.analysis.weights import Contrast, ladder
from standfast.analysis.weights import contrasts as planned_contrasts
from standfast.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOpinion:
    """The same contrast by a method that shares no assumption with the first.

    Attributes:
        estimate: Point estimate, unit of the finding.
        conf_low: Lower end of the interval.
        conf_high: Upper end of the interval.
        method: What was computed.
    """

    estimate: float
    conf_low: float
    conf_high: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An estimated contrast with its interval, n and n of items.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        title: The measure's title.
        construct: The measure's axis.
        direction: Which way is desirable: `higher`, `lower` or `neither`.
        primary: Whether the measure is the audit's lead for its axis.
        contrast: Such as `E2(peer, full)`, `E3(full)` or `E4(none)`.
        role: Role it belongs to; `None` for contrasts between roles.
        profile: Profile level it belongs to.
        unit: `pp` (percentage points) for binary and proportion measures, else the measure's own.
        estimate: NaN where `status` is not `ok`.
        std_error: Standard error.
        df: Degrees of freedom of the interval.
        df_method: How they were found.
        statistic: estimate / std_error.
        p_value: Two-sided, uncorrected.
        p_adjusted: Holm-corrected within `family`.
        family: The contrasts corrected together, in words.
        conf_level: Confidence of the interval, such as 0.95.
        conf_low: Lower end of the interval.
        conf_high: Upper end of the interval.
        bound_low: Lower end of the interval if every missing value had been the worst one; equals `conf_low`
            where nothing is missing, NaN where the measure has no bounds.
        bound_high: Upper end, likewise.
        n_obs: Values used.
        n_items: Items among them.
        n_missing: Planned values in the contrast's cells that were not scored.
        method: What was fitted, with any reduction.
        second: Second opinion, `None` where it could not be computed.
        flags: Sentences for the reader: small cells, disagreement with the second opinion, values that do not apply.
        status: `ok`, or why there is no estimate.
    """

    model: str
    audit: str
    measure: str
    title: str
    construct: str
    direction: str
    primary: bool
    contrast: str
    role: str | None
    profile: str
    unit: str
    estimate: float
    std_error: float
    df: float
    df_method: str
    statistic: float
    p_value: float
    p_adjusted: float
    family: str
    conf_level: float
    conf_low: float
    conf_high: float
    bound_low: float
    bound_high: float
    n_obs: int
    n_items: int
    n_missing: int
    method: str
    second: SecondOpinion | None
    flags: tuple[str, ...]
    status: str = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMean:
    """The estimated mean of one role × profile level, averaged over challenges with equal weight.

    Attributes:
        model: Subject.
        audit: Audit.
        measure: Name of the measure.
        title: The measure's title.
        construct: The measure's axis.
        role: Role.
        profile: Profile level.
        unit: `%` for binary and proportion measures, else the measure's own.
        mean: Estimated mean.
        conf_low: Lower end of its interval.
        conf_high: Upper end.
        n_obs: Values used.
        n_items: Items among them.
    """

    model: str
    audit: str
    measure: str
    title: str
    construct: str
    role: str
    profile: str
    unit: str
    mean: float
    conf_low: float
    conf_high: float
    n_obs: int
    n_items: int


def compare(
    fit: Fit,
    second: Fit,
    frame: pd.DataFrame,
    measure: Measure,
    *,
    kinds: Collection[str],
    confidence: float,
) -> list[Finding]:
    """Return the contrasts of one measure of one subject.

    Args:
        fit: The fitted model.
        second: The same cells by `models.second_opinion`.
        frame: The rows that were fitted, with those that were not scored.
        measure: The measure.
        kinds: Estimands, such as `E2`.
        confidence: Of the intervals, such as 0.95.

    Returns:
        One finding per contrast that was planned, whether or not it could be estimated. `p_adjusted` is NaN until
        `adjust` has seen all findings.
    """
    study = Study(fit, second, measure, levels(frame, measure), confidence)
    return [_finding(study, contrast) for contrast in planned_contrasts(study.levels, measure, kinds)]


def cell_means(fit: Fit, second: Fit, frame: pd.DataFrame, measure: Measure, *, confidence: float) -> list[CellMean]:
    """Return the mean of each planned role × profile level, NaN where it was not estimated."""
    study = Study(fit, second, measure, levels(frame, measure), confidence)
    return [_cell_mean(study, study.levels[key]) for key in sorted(study.levels, key=ladder)]


def adjust(findings: Iterable[Finding]) -> list[Finding]:
    """Fill in `p_adjusted`: Holm within the contrasts of one family that were estimated.

    A family is all contrasts of one estimand on the measures of one construct, for one subject and audit.
    """
    given = list(findings)
    families: dict[str, list[int]] = {}
    for i, finding in enumerate(given):
        if isfinite(finding.p_value):
            families.setdefault(finding.family, []).append(i)
    for name, members in families.items():
        adjusted = holm([given[i].p_value for i in members])
        words = f"{name}: {len(members)} contrast{'s' if len(members) > 1 else ''}"
        for i, p_value in zip(members, adjusted, strict=True):
            given[i] = replace(given[i], p_adjusted=p_value, family=words)
    return given


def _finding(study: Study, contrast: Contrast) -> Finding:
    fit, measure, name = study.fit, study.measure, contrast.name
    used = [study.levels[key] for key in contrast.weights]
    found = estimate(study, contrast.weights)
    low, high = bounds(study, contrast.weights, found)
    second, factor, level = _second(study, contrast, found), _factor(measure), name.kind == "L"
    unit = "%" if level and factor == 100 else _unit(measure)
    return Finding(
        model=fit.model,
        audit=fit.audit,
        measure=measure.name,
        title=measure.title,
        construct=measure.construct,
        direction=measure.direction,
        primary=measure.primary,
        contrast=str(name),
        role=name.role,
        profile=name.profile,
        unit=unit,
        estimate=found.value * factor,
        std_error=found.std_error * factor,
        df=found.df,
        df_method="items − 1, of the level with fewest",
        statistic=found.value / found.std_error if found.status == "ok" and not level else nan,
        p_value=nan if level else found.p_value,  # nobody asks whether a level is 0
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
        second=second,
        flags=(*found.flags, *_disagreement(found, second, unit), *_outside(used)),
        status=found.status,
    )


def _factor(measure: Measure) -> float:
    """Return what a value is multiplied with for the report: 100 for percentage points."""
    return 100.0 if measure.scale in ("binary", "proportion") else 1.0


def _unit(measure: Measure) -> str:
    return "pp" if _factor(measure) == 100 else measure.unit


def _second(study: Study, contrast: Contrast, found: Estimate) -> SecondOpinion | None:
    other = second_opinion(study, contrast.weights)
    if other is None or found.status != "ok":
        return None
    factor = _factor(study.measure)
    return SecondOpinion(
        estimate=other.value * factor, conf_low=other.low * factor, conf_high=other.high * factor, method=other.method
    )


def _disagreement(found: Estimate, second: SecondOpinion | None, unit: str) -> tuple[str, ...]:
    """Flag intervals that lie differently to 0; this covers every difference in sign that matters."""
    if second is None or _side(found.low, found.high) == _side(second.conf_low, second.conf_high):
        return ()
    ends = f"{second.conf_low:.1f} to {second.conf_high:.1f} {unit}"
    return (f"The second opinion lies differently to 0: {second.estimate:.1f}, interval {ends}.",)


def _side(low: float, high: float) -> int:
    return int(low > 0) - int(high < 0)


def _outside(used: Iterable[Level]) -> tuple[str, ...]:
    totals = [level.total() for level in used]
    outside, planned = sum(total.outside for total in totals), sum(sum(total) for total in totals)
    return (f"{outside} of {planned} conversations took no position to hold and are left out.",) if outside else ()


def _cell_mean(study: Study, level: Level) -> CellMean:
    fit, measure = study.fit, study.measure
    found = estimate(study, {(level.role, level.profile): 1.0})
    factor = _factor(measure)
    return CellMean(
        model=fit.model,
        audit=fit.audit,
        measure=measure.name,
        title=measure.title,
        construct=measure.construct,
        role=level.role,
        profile=level.profile,
        unit="%" if factor == 100 else measure.unit,
        mean=found.value * factor,
        conf_low=found.low * factor,
        conf_high=found.high * factor,
        n_obs=level.total().scored,
        n_items=len(level.items),
    )
