"""Waivers: who let which gate not hold, until when, and what became of it."""

from math import isfinite

from standfast.analysis.decisions import WaiverUse
from standfast.reports import numbers, words
from standfast.reports.source import Source

_STATUS = {
    "applied": "applied",
    "unused": "unused: the gate passed or is not asked",
    "expired": "expired, so it covers nothing",
    "exceeded": "exceeded: the effect is worse than its cap or unknown, so it covers nothing",
    "not yet": "granted later than the decision, so it covers nothing",
    "too long": "longer than allowed, so it covers nothing",
}


def told(source: Source) -> list[str]:
    """Return a line for each waiver, those in force first."""
    ordered = sorted(source.decision.waivers, key=lambda use: use.status != "applied")
    return [_told(source, use) for use in ordered]


def _told(source: Source, use: WaiverUse) -> str:
    whom = f" ({use.model})" if use.model and len(source.subjects) > 1 else ""
    span = f"granted {use.granted} by {use.approver}, expires {use.expires}"
    return f"{source.protects(use.gate)}{whom}, {_STATUS[use.status]}: {span}{_cap(source, use)}. {words.sentence(use.reason)}"


def _cap(source: Source, use: WaiverUse) -> str:
    """Return how bad the effect may be, in the unit of the gate."""
    if not isfinite(use.not_worse_than):
        return ""
    units = {gate.finding.unit for gate in source.decision.gates if gate.id == use.gate and gate.finding}
    if len(units) != 1:
        return f", not worse than {words.minus(f'{use.not_worse_than:g}')}"
    unit = units.pop()
    return f", not worse than {numbers.signed(use.not_worse_than, unit)} {unit}"
