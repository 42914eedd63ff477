"""Gates as cells: what they read, how they fared against their margin, and the verdict as sign and word."""

from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

from standfast.analysis.decisions import GateResult, Quality
from standfast.analysis.findings import Finding
from standfast.reports import numbers, rows, words
from standfast.reports.drawings import Plot, Tone
from standfast.reports.parts import Cell
from standfast.reports.style import GLYPHS


class Bar(NamedTuple):
    """One interval of a gate against its margin.

    Attributes:
        low, high, estimate: The interval.
        worst: The interval under the worst case of the missing values; `None` where that is the same or unknown.
        unit: Of all of them.
        margin: What the interval must clear.
        direction: `higher`, `lower`, or `within` for between −margin and margin.
        told: The estimate in words.
        of_evidence: Whether it is a share or a coefficient of the evidence, which is no difference.
    """

    low: float
    high: float
    estimate: float
    worst: tuple[float, float] | None
    unit: str
    margin: float
    direction: str
    told: str
    of_evidence: bool = False

    @property
    def scale(self) -> tuple[str, bool]:
        """Return what shares an axis with it."""
        return self.unit, self.of_evidence

    @property
    def ends(self) -> list[float]:
        """Return everything that its axis must hold."""
        margins = (-self.margin, self.margin) if self.direction == "within" else (self.margin,)
        zero = () if self.of_evidence else (0.0,)
        return [self.low, self.high, *(self.worst or ()), *filter(isfinite, margins), *zero]


def bars(gate: GateResult) -> tuple[Bar | None, ...]:
    """Return a gate's interval, and that of its twin where it has one; `None` without an estimate."""
    if gate.quality:
        return (_of_evidence(gate, gate.quality),)
    first = _bar(gate.finding, gate.margin, gate.direction)
    return (first, _bar(gate.twin, gate.twin_margin, "lower")) if gate.kind == "two-sided" else (first,)


def scales(gates: Iterable[GateResult]) -> dict[tuple[str, bool], rows.Scale]:
    """Return one axis per unit that holds all intervals and all margins."""
    ends: dict[tuple[str, bool], list[float]] = {}
    for gate in gates:
        for bar in filter(None, bars(gate)):
            ends.setdefault(bar.scale, []).extend(bar.ends)
    return {unit: rows.padded(min(values), max(values)) for unit, values in ends.items()}


def plot(bar: Bar | None, axes: dict[tuple[str, bool], rows.Scale], tone: Tone) -> Plot | None:
    """Return the drawing of an interval against its margin."""
    if bar is None:
        return None
    scale, within = axes[bar.scale], bar.direction == "within"
    worst = bar.worst
    return Plot(
        low=scale.at(bar.low),
        high=scale.at(bar.high),
        estimate=scale.at(bar.estimate),
        zero=None if bar.of_evidence else scale.at(0.0),
        margin=scale.at(bar.margin),
        other=scale.at(-bar.margin) if within else None,
        unsafe="outside" if within else rows.unsafe_side(bar.direction),
        worst=(scale.at(worst[0]), scale.at(worst[1])) if worst else None,
        tone=tone,
        alt=f"Estimate {bar.told}, {_better(bar.margin, bar.direction, bar.unit, of_evidence=bar.of_evidence)}",
    )


def estimate(finding: Finding | None, usual: str = "") -> Cell:
    """Return estimate and interval over n and n of items; with its confidence where that is not the `usual` one."""
    cell = rows.estimate_cell(finding)
    level = "" if finding is None else words.level(finding.conf_level)
    if not usual or level in ("", usual):
        return cell
    return cell.model_copy(update={"sub": f"{cell.sub} · {level} CI"})


def quality(found: Quality | None) -> Cell:
    """Return what a gate on the evidence was decided on."""
    if found is None or not isfinite(found.estimate):
        return Cell(text=numbers.NOT_ESTIMATED, tone="muted")
    return Cell(text=_quality(found), sub=f"n {numbers.count(found.n)}{', counted' if found.counted else ''}")


def evidence(gate: GateResult, usual: str = "") -> Cell:
    """Return what a gate was decided on, in numbers."""
    return quality(gate.quality) if gate.kind in ("completeness", "judge-quality") else estimate(gate.finding, usual)


def verdict(gate: GateResult | None) -> Cell:
    """Return a verdict as sign and word; a waived gate says what it would be without."""
    if gate is None:
        return Cell(text="–", tone="muted")
    notes = [f"else {words.VERDICTS[gate.raw]}"] if gate.verdict == "waived" else []
    notes += [] if gate.blocking else ["advisory"]
    notes += [f"one of {gate.alternative}"] if gate.alternative else []
    return Cell(text=sign(gate.verdict), sub=", ".join(notes), tone=gate.verdict)


def sign(verdict_: str) -> str:
    """Return a verdict as sign and word."""
    return f"{GLYPHS[verdict_]} {words.VERDICTS[verdict_]}"


def reads(gate: GateResult) -> str:
    """Return what a gate reads."""
    if gate.kind == "completeness":
        what = gate.quality.name if gate.quality else "share of planned values delivered and judged"
        return " · ".join(filter(None, (gate.audit, gate.measure, what)))
    if gate.kind == "judge-quality":
        name = gate.quality.name if gate.quality else f"judge against people{_on(gate.measure)}"
        return " · ".join(filter(None, (gate.audit, name)))
    finding = gate.finding
    title, contrast = (finding.title, words.contrast(finding)) if finding else (gate.measure, gate.contrast)
    return f"{gate.audit} · {title}, {contrast}"


def twin_reads(gate: GateResult) -> str:
    """Return what the over-correction half of a gate reads."""
    return f"and its over-correction twin: {gate.twin.title}" if gate.twin else "and its over-correction twin"


def better(gate: GateResult) -> str:
    """Return a gate's margin in words."""
    bar = next(iter(bars(gate)))
    unit = bar.unit if bar else gate.finding.unit if gate.finding else ""
    of_evidence = gate.kind in ("completeness", "judge-quality")
    unit = "%" if gate.kind == "completeness" else unit
    return _better(gate.margin, gate.direction, unit, of_evidence=of_evidence)


def twin_better(gate: GateResult) -> str:
    """Return the margin of a gate's over-correction half in words."""
    return _better(gate.twin_margin, "lower", gate.twin.unit if gate.twin else "")


def _on(measure: str) -> str:
    return f" on {measure}" if measure else ""


def _bar(finding: Finding | None, margin: float, direction: str) -> Bar | None:
    if finding is None or not numbers.is_estimated(finding) or not isfinite(margin):
        return None
    low, high = finding.bound_low, finding.bound_high
    bounded = finding.n_missing and isfinite(low) and isfinite(high)
    told = f"{numbers.estimate(finding)} {finding.unit}"
    return Bar(
        low=finding.conf_low,
        high=finding.conf_high,
        estimate=finding.estimate,
        worst=(low, high) if bounded else None,
        unit=finding.unit,
        margin=margin,
        direction=direction,
        told=told,
    )


def _of_evidence(gate: GateResult, found: Quality) -> Bar | None:
    known = all(map(isfinite, (found.estimate, found.conf_low, found.conf_high)))
    return (
        Bar(
            low=found.conf_low,
            high=found.conf_high,
            estimate=found.estimate,
            worst=None,
            unit=found.unit,
            margin=gate.margin,
            direction=gate.direction,
            told=_quality(found),
            of_evidence=True,
        )
        if known
        else None
    )


def _quality(found: Quality) -> str:
    """Return a share or a coefficient, with its interval where it is not counted."""
    value = numbers.fixed(found.estimate, found.unit)
    unit = f" {found.unit}" if found.unit else ""
    if found.counted or not (isfinite(found.conf_low) and isfinite(found.conf_high)):
        return f"{value}{unit}"
    low, high = numbers.fixed(found.conf_low, found.unit), numbers.fixed(found.conf_high, found.unit)
    return f"{value} [{low}, {high}]{unit}"


def _better(margin: float, direction: str, unit: str, *, of_evidence: bool = False) -> str:
    """Return a margin in words; without a unit as the policy's file spells it."""
    if not isfinite(margin):
        return "no margin"
    number = numbers.fixed if of_evidence else numbers.signed
    told = number(margin, unit) if unit or of_evidence else words.minus(f"{margin:g}")
    after = f" {unit}" if unit else ""
    if direction == "within":
        return f"better between {numbers.MINUS}{told.lstrip('+')} and {told}{after}"
    return f"better {'above' if direction == 'higher' else 'below'} {told}{after}"
