"""Findings and gates as rows and small plots, the same strings wherever they are shown."""

from collections.abc import Iterable
from math import exp, isfinite
from typing import NamedTuple

from standfast.analysis.contrasts import Finding
from standfast.reports import numbers, words
from standfast.reports.drawings import Plot, Side
from standfast.reports.parts import Cell, FindingRow
from standfast.reports.text import NAME, SHORT, csv_line, show

CSV_HEAD = (
    "subject,audit,measure,construct,contrast,unit,estimate,conf_low,conf_high,p_value,p_adjusted,"
    "n_obs,n_items,n_missing,bound_low,bound_high,status,df,odds_ratio,odds_low,odds_high"
)


NOT_FINITE = "the estimate or its interval is not a finite number"


class Scale(NamedTuple):
    """The ends of an axis."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Return the position of a value, 0 to 1; what lies outside sits on the edge."""
        return round(min(max((value - self.low) / (self.high - self.low), 0.0), 1.0), 4)


def scales(findings: Iterable[Finding]) -> dict[str, Scale]:
    """Return one axis per unit that holds zero and all intervals."""
    ends: dict[str, list[float]] = {}
    for finding in findings:
        if numbers.is_estimated(finding):
            ends.setdefault(finding.unit, []).extend((finding.conf_low, finding.conf_high))
    return {unit: padded(min(0.0, *values), max(0.0, *values)) for unit, values in ends.items()}


def unsafe_side(direction: str) -> Side:
    """Return the side of a margin on which a value is worse."""
    return "below" if direction == "higher" else "above"


def plot(finding: Finding, scale: Scale) -> Plot | None:
    """Return the drawing of a finding's interval; `None` without an estimate."""
    if not numbers.is_estimated(finding):
        return None
    return Plot(
        low=scale.at(finding.conf_low),
        high=scale.at(finding.conf_high),
        estimate=scale.at(finding.estimate),
        zero=scale.at(0.0),
        alt=f"Estimate {numbers.estimate(finding)} {finding.unit}",
    )


def finding_row(finding: Finding, scale: Scale | None) -> FindingRow:
    """Return a finding as text."""
    known = numbers.is_estimated(finding)
    low_high = numbers.interval(finding.conf_low, finding.conf_high, finding.unit) if known else ""
    return FindingRow(
        ref=finding.id,
        name=finding.measure,
        better=finding.direction,
        subject=finding.model,
        audit=finding.audit,
        measure=finding.title,
        axis=finding.construct,
        contrast=words.contrast(finding),
        code=finding.contrast,
        unit=finding.unit,
        estimate=numbers.signed(finding.estimate, finding.unit) if known else numbers.NOT_ESTIMATED,
        interval=low_high,
        p=numbers.p(finding.p_value) if known else "",
        p_adjusted=numbers.p(finding.p_adjusted) if known else "",
        df=numbers.df(finding.df) if known else "",
        odds=numbers.odds(finding),
        n=numbers.count(finding.n_obs),
        n_items=numbers.count(finding.n_items),
        n_missing=numbers.count(finding.n_missing),
        bounds=numbers.bounds(finding),
        status="ok" if known else why_not(finding),
        flags=tuple(words.sentence(flag) for flag in finding.flags),
        plot=plot(finding, scale) if scale else None,
        value=finding.estimate if known else None,
        p_value=finding.p_value if known and isfinite(finding.p_value) else None,
        csv=_csv(finding),
    )


def why_not(finding: Finding | None) -> str:
    """Return why there is no estimate."""
    if finding is None:
        return "not in the analysis"
    return finding.status if finding.status != "ok" else NOT_FINITE


def estimate_cell(finding: Finding | None) -> Cell:
    """Return a cell with estimate and interval over n and n of items."""
    if finding is None or not numbers.is_estimated(finding):
        return Cell(text=numbers.NOT_ESTIMATED, sub=why_not(finding), ref=finding.id if finding else "", tone="muted")
    return Cell(
        text=f"{numbers.estimate(finding)} {finding.unit}", sub=size(finding.n_obs, finding.n_items), ref=finding.id
    )


def size(n_obs: int, n_items: int) -> str:
    """Return n and n of items in words."""
    items = "1 item" if n_items == 1 else f"{numbers.count(n_items)} items"
    return f"n {numbers.count(n_obs)}, {items}"


def padded(low: float, high: float) -> Scale:
    """Widen an axis by a twentieth on both sides."""
    pad = (high - low) / 20 or 1.0
    return Scale(low - pad, high + pad)


def _csv(finding: Finding) -> str:
    """Return a finding as a line of CSV."""
    odds = numbers.log_odds(finding) if numbers.odds(finding) else (float("nan"),) * 3
    names = (finding.model, finding.audit, finding.measure, finding.construct, finding.contrast, finding.unit)
    return csv_line(
        (
            *(show(name, longest=NAME) for name in names),
            float(finding.estimate),
            float(finding.conf_low),
            float(finding.conf_high),
            float(finding.p_value),
            float(finding.p_adjusted),
            int(finding.n_obs),
            int(finding.n_items),
            int(finding.n_missing),
            float(finding.bound_low),
            float(finding.bound_high),
            show(finding.status, longest=SHORT),
            float(finding.df),
            *(exp(min(value, 700.0)) for value in odds),
        )
    )
