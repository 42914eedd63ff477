"""Gates on the evidence itself: is it complete, and do people agree with the judge?"""

from collections.abc import Iterable
from datetime import date
from math import isfinite
from typing import NamedTuple

from standfast.analysis.calibration import Calibration, FacetAgreement
from standfast.analysis.coefficients import Coefficient
from standfast.analysis.decisions import Quality
from standfast.analysis.frames import NOT_APPLICABLE
from standfast.analysis.missing import MissingRow
from standfast.analysis.rules import Rule
from standfast.analysis.verdicts import Bar, Ruling, side

FEWEST_LABELS = 30
OLDEST_DAYS = 180


class Judged(NamedTuple):
    """A verdict on the evidence, and what it was decided on."""

    ruling: Ruling
    quality: Quality | None


def completeness(rule: Rule, rows: Iterable[MissingRow]) -> Judged:
    """Hold the share of planned values that were delivered and judged against a rule.

    Values that turned out not to apply are not among the planned. The condition with the smallest share decides, so
    that one empty stratum is not hidden by the others.

    Args:
        rule: The rule; its margin is in per cent and is reached where the share equals it.
        rows: Counts of one subject, by measure and condition.
    """
    own = [row for row in rows if rule.audit in ("", row.audit) and rule.measure in ("", row.measure)]
    counted = [row for row in own if _applicable(row)]
    if not counted:
        return Judged(Ruling("missing", "Nothing was planned that this gate could count."), None)
    worst = min(counted, key=_share)
    share, n = 100 * _share(worst), _applicable(worst)
    where = f"{worst.audit}, {worst.measure}, {worst.role}, {worst.profile}"
    quality = Quality(
        name=f"share of planned values scored, where it is least: {where}",
        estimate=share,
        conf_low=share,
        conf_high=share,
        unit="%",
        n=n,
        counted=True,
    )
    holds = share >= rule.margin
    reason = f"Of the planned values {share:.1f} % were delivered and judged where fewest were ({where}), n = {n}."
    return Judged(Ruling("pass" if holds else "fail", reason), quality)


def gap(rows: Iterable[MissingRow], audit: str | None, measure: str) -> float:
    """Return by how many percentage points the share of missing values differs between a measure's conditions.

    Args:
        rows: Counts of one subject.
        audit: Audit; `None` for all that take the measure, of which the largest gap counts.
        measure: Measure.
    """
    shares: dict[str, list[float]] = {}
    for row in rows:
        if row.measure == measure and audit in (None, row.audit) and _applicable(row):
            shares.setdefault(row.audit, []).append(100 * (1 - _share(row)))
    return max((max(own) - min(own) for own in shares.values()), default=0.0)


def judge_quality(rule: Rule, calibration: Calibration | None, today: date | None) -> Judged:
    """Hold the judge's agreement with people against a rule; the question with the lowest bound decides.

    Args:
        rule: The rule; its margin is a coefficient that the lower end of the interval must exceed.
        calibration: What people said; `None` for an uncalibrated judge.
        today: Day of the decision, against which the calibration's age is taken.
    """
    if calibration is None:
        return _absent("The judge was never held against people: run `standfast calibrate`.")
    if stale := _stale(rule, calibration, today):
        return _absent(stale)
    facets = [facet for facet in calibration.facets if rule.measure in ("", facet.facet)]
    if not facets:
        return _absent(f"The calibration has no question {rule.measure or 'at all'}.")
    statistic = rule.statistic or "kappa"
    judged = [_facet(rule, facet, _coefficient(facet, statistic), statistic) for facet in facets]
    order = ("missing", "fail", "inconclusive", "pass")
    return min(judged, key=lambda one: (order.index(one.ruling.verdict), one.quality.conf_low if one.quality else 0.0))


def _facet(rule: Rule, facet: FacetAgreement, found: Coefficient, statistic: str) -> Judged:
    name = f"{statistic} on {facet.facet}"
    if found.status != "ok" or not all(map(isfinite, (found.value, found.conf_low, found.conf_high))):
        return _absent(f"There is no {name}: {found.status}.")
    if facet.n < FEWEST_LABELS:
        return _absent(f"The {name} rests on {facet.n} labelled replies, fewer than {FEWEST_LABELS}.")
    quality = Quality(
        name=name,
        estimate=found.value,
        conf_low=found.conf_low,
        conf_high=found.conf_high,
        unit="",
        n=facet.n,
        counted=False,
    )
    verdict = side(Bar("higher", rule.margin), found.conf_low, found.conf_high)
    told = {"pass": "lies above", "fail": "lies at or below", "inconclusive": "holds"}[verdict]
    ends = f"[{found.conf_low:.2f}, {found.conf_high:.2f}]"
    reason = f"The interval of {name}, {ends} on {facet.n} labelled replies, {told} {rule.margin:g}."
    return Judged(Ruling(verdict, reason.replace("-", "−") if found.conf_low < 0 else reason), quality)


def _coefficient(facet: FacetAgreement, statistic: str) -> Coefficient:
    return {"kappa": facet.kappa, "alpha": facet.alpha, "accuracy": facet.accuracy}[statistic]


def _stale(rule: Rule, calibration: Calibration, today: date | None) -> str:
    """Return why a calibration is too old or of no day, nothing if it is fresh."""
    try:
        made = date.fromisoformat(calibration.date)
    except ValueError:
        return f"The calibration names no day: {calibration.date!r}."
    if today is None:
        return "The day of the decision is not known, so neither is the calibration's age."
    oldest = rule.max_age_days or OLDEST_DAYS
    age = (today - made).days
    if age < 0:
        return f"The calibration is of {calibration.date}, which is yet to come."
    return f"The calibration is {age} days old, more than {oldest}." if age > oldest else ""


def _applicable(row: MissingRow) -> int:
    return row.planned - sum(row.counts.get(status, 0) for status in NOT_APPLICABLE)


def _share(row: MissingRow) -> float:
    """Return the share of what applies that was scored."""
    return row.counts.get("scored", 0) / _applicable(row)


def _absent(why: str) -> Judged:
    return Judged(Ruling("missing", why), None)
