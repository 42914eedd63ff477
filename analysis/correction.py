"""Findings corrected for the judge's error, by prediction-powered inference.

A finding says what the judge says of all replies; people's labels say how far the judge is off on a few. The
corrected contrast is the judge's plus the same contrast of human minus judge among the labelled samples, and its
variance is the sum of both. Samples that were labelled are among those that were judged, so that the two parts are
not independent; a judge's error enters them with opposite signs, which makes the sum too large rather than too small.

Source: Angelopoulos et al. (2023), Science 382, 669-674; doi:10.1126/science.adi6000.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd

from standfast.analysis.bias import Labelled, difference
from standfast.analysis.calibration import Calibration
from standfast.analysis.findings import Finding
from standfast.analysis.intervals import critical_t
from standfast.analysis.levels import Key, Weights
from standfast.analysis.rectifier import Rectifier, rectify
from standfast.analysis.weights import contrasts
from standfast.measure import Measure

# Labels, and items among them, below which a group's mean difference says too little to correct with.
FEWEST_LABELS = 8
FEWEST_ITEMS = 5
_FACTORS = ("role", "profile", "challenge")
# Factors that tell groups of labels apart, from the finest grouping on; the first in which each needed group has
# enough labels is used, unless the contrast vanishes in it.
_GROUPINGS: tuple[tuple[str, ...], ...] = (
    ("role", "profile", "challenge"),
    ("role", "profile"),
    ("profile", "challenge"),
    ("role", "challenge"),
    ("profile",),
    ("role",),
    ("challenge",),
    (),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedFinding:
    """A finding with the judge's error taken off, and its uncertainty added.

    Attributes:
        model: Subject; with the three below the finding's key.
        audit: Audit.
        measure: Name of the measure.
        contrast: Such as `E2(peer, full)`.
        unit: As in the finding.
        estimate: The finding's estimate + `rectifier`; NaN where `status` is not `ok`.
        std_error: Of both parts together.
        df: Its degrees of freedom, by Welch and Satterthwaite.
        conf_level: Confidence of the interval.
        conf_low: Lower end of the interval.
        conf_high: Upper end.
        rectifier: The same contrast of human minus judge.
        rectifier_error: Its standard error.
        n_labels: Labelled samples used.
        n_items: Items, or pairs, among them.
        pooled: What the judge's error was taken to be the same over, in words; empty where each cell had its own.
        status: `ok`, or why there is no correction.
    """

    model: str
    audit: str
    measure: str
    contrast: str
    unit: str
    estimate: float
    std_error: float
    df: float
    conf_level: float
    conf_low: float
    conf_high: float
    rectifier: float
    rectifier_error: float
    n_labels: int
    n_items: int
    pooled: str = ""
    status: str = "ok"


def correct(
    findings: Sequence[Finding],
    frame: pd.DataFrame,
    defined: Mapping[tuple[str, str], Measure],
    calibration: Calibration,
) -> list[CorrectedFinding]:
    """Correct the findings on every measure that people labelled; those on others are left out.

    Args:
        findings: All findings of a run.
        frame: Its tidy frame.
        defined: Audit and name -> measure.
        calibration: A calibration that `calibration.check` accepts.
    """
    labelled = {name for unit in calibration.labelled for name in unit.human}
    found = []
    for finding in findings:
        if finding.measure in labelled and finding.audit in calibration.rubric:
            measure = defined[finding.audit, finding.measure]
            rows = frame[
                (frame["model"] == finding.model)
                & (frame["audit"] == finding.audit)
                & (frame["measure"] == finding.measure)
            ]
            planned = set(zip(*(rows[factor] for factor in _FACTORS), strict=True))
            found.append(corrected(finding, planned, measure, calibration.labelled))
    return found


class _Found(NamedTuple):
    """The rectifier of a contrast, and what it was pooled over."""

    rectifier: Rectifier
    pooled: str


def corrected(finding: Finding, planned: set[Key], measure: Measure, labelled: Sequence[Labelled]) -> CorrectedFinding:
    """Correct one finding with samples that somebody else read too.

    Args:
        finding: The finding.
        planned: The cells that were planned for its measure.
        measure: The measure.
        labelled: The samples, with the other's values as `human`.
    """
    if finding.status != "ok":
        return _uncorrected(finding, finding.status)
    named = [c for c in contrasts(planned, measure, {finding.contrast}) if c.status == "ok"]
    if not named:
        return _uncorrected(finding, "compares with another run, whose judge was not calibrated here")
    units = [unit for unit in labelled if isfinite(difference(unit, measure.name))]
    used = _rectifier(finding, named[0].weights, measure, units)
    if used is None:
        return _uncorrected(
            finding, f"too few labels: {FEWEST_LABELS} on {FEWEST_ITEMS} items are needed in each condition"
        )
    return _sum(finding, measure, used)


def _rectifier(finding: Finding, weights: Weights, measure: Measure, units: Sequence[Labelled]) -> _Found | None:
    """Return the rectifier in the finest grouping that has enough labels, the fewest subjects and audits pooled."""
    span = (measure.high or 0.0) - (measure.low or 0.0)
    for factors in _GROUPINGS:
        contracted: dict[tuple[str, ...], float] = {}
        for key, weight in weights.items():
            group = _group(dict(zip(_FACTORS, key, strict=True)), factors)
            contracted[group] = contracted.get(group, 0.0) + weight
        needed = {group: weight for group, weight in contracted.items() if abs(weight) > 1e-9}
        if not needed:
            continue  # pooled like this, the judge's error would cancel by assumption
        for own, over in _pools(finding, units):
            if _enough(own, needed, factors):
                return _Found(_rectify(own, measure.name, needed, factors, span), _in_words(weights, factors, over))
    return None


def _pools(finding: Finding, units: Sequence[Labelled]) -> Iterator[tuple[list[Labelled], list[str]]]:
    """Yield labelled samples from the nearest on, with what they are pooled over."""
    audit = [unit for unit in units if unit.audit == finding.audit]
    mine = [unit for unit in audit if unit.model == finding.model]
    yield mine, []
    if len(audit) > len(mine):
        yield audit, ["subjects"]
    if len(units) > len(audit):
        same = [unit for unit in units if unit.model == finding.model]
        yield same, ["audits"]
        yield list(units), ["subjects", "audits"]


def _enough(units: Sequence[Labelled], needed: Mapping[tuple[str, ...], float], factors: tuple[str, ...]) -> bool:
    items: dict[tuple[str, ...], list[str]] = {group: [] for group in needed}
    for unit in units:
        group = _of(unit, factors)
        if group in items:
            items[group].append(unit.item)
    return all(len(own) >= FEWEST_LABELS and len(set(own)) >= FEWEST_ITEMS for own in items.values())


def _rectify(
    units: Sequence[Labelled],
    measure: str,
    needed: Mapping[tuple[str, ...], float],
    factors: tuple[str, ...],
    span: float,
) -> Rectifier:
    place = {group: i for i, group in enumerate(needed)}
    own = [unit for unit in units if _of(unit, factors) in place]
    return rectify(
        np.array([difference(unit, measure) for unit in own]),
        np.array([place[_of(unit, factors)] for unit in own], np.int64),
        np.asarray(pd.factorize(pd.Series([unit.item for unit in own]))[0], np.int64),
        np.array([1 / unit.probability for unit in own]),
        np.array(list(needed.values())),
        span,
    )


def _group(cell: Mapping[str, str], factors: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(cell[factor] for factor in factors)


def _of(unit: Labelled, factors: tuple[str, ...]) -> tuple[str, ...]:
    return _group({"role": unit.role, "profile": unit.profile, "challenge": unit.challenge}, factors)


def _in_words(weights: Weights, factors: tuple[str, ...], over: Sequence[str]) -> str:
    """Say over what the judge's error was taken to be the same; a factor with one level is not pooled."""
    levels = {factor: {key[i] for key in weights} for i, factor in enumerate(_FACTORS)}
    merged = [f"{factor}s" for factor in _FACTORS if factor not in factors and len(levels[factor]) > 1]
    # A contrast within one role is corrected with labels of the others too where role does not tell groups apart.
    merged += [f"{f}s" for f in ("role", "profile") if f not in factors and f"{f}s" not in merged]
    return ", ".join([*merged, *over])


def _sum(finding: Finding, measure: Measure, used: _Found) -> CorrectedFinding:
    factor = 100.0 if measure.scale in ("binary", "proportion") else 1.0
    rectifier, error = used.rectifier.estimate * factor, used.rectifier.std_error * factor
    value, variance = finding.estimate + rectifier, finding.std_error**2 + error**2
    parts = ((finding.std_error**2, finding.df), (error**2, used.rectifier.df))
    df = variance**2 / sum(part**2 / own for part, own in parts if part > 0)
    half = critical_t(finding.conf_level, df) * sqrt(variance)
    low, high = value - half, value + half
    if finding.contrast.startswith("L(") and measure.low is not None and measure.high is not None:
        low, high = max(low, measure.low * factor), min(high, measure.high * factor)
    return CorrectedFinding(
        model=finding.model,
        audit=finding.audit,
        measure=finding.measure,
        contrast=finding.contrast,
        unit=finding.unit,
        estimate=value,
        std_error=sqrt(variance),
        df=df,
        conf_level=finding.conf_level,
        conf_low=low,
        conf_high=high,
        rectifier=rectifier,
        rectifier_error=error,
        n_labels=used.rectifier.n,
        n_items=used.rectifier.n_items,
        pooled=used.pooled,
    )


def _uncorrected(finding: Finding, why: str) -> CorrectedFinding:
    return CorrectedFinding(
        model=finding.model,
        audit=finding.audit,
        measure=finding.measure,
        contrast=finding.contrast,
        unit=finding.unit,
        estimate=nan,
        std_error=nan,
        df=nan,
        conf_level=finding.conf_level,
        conf_low=nan,
        conf_high=nan,
        rectifier=nan,
        rectifier_error=nan,
        n_labels=0,
        n_items=0,
        status=why,
    )
