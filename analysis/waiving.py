"""Waivers: who let which gate not hold, for how long and how far. They never turn a result into a pass."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import isfinite
from typing import Protocol

from standfast.analysis.decisions import GateResult, WaiverStatus, WaiverUse
from standfast.analysis.verdicts import Bar, side

LONGEST_DAYS = 90


class Waiver(Protocol):
    """A waiver; those of waivers.yaml are such."""

    @property
    def gate(self) -> str:
        """Id of the gate."""

    @property
    def model(self) -> str | None:
        """Subject that it covers; `None` for all."""

    @property
    def reason(self) -> str:
        """Why it was granted."""

    @property
    def approver(self) -> str:
        """Who granted it."""

    @property
    def first_day(self) -> date:
        """Day on which it was granted."""

    @property
    def last_day(self) -> date:
        """Last day on which it holds."""

    @property
    def not_worse_than(self) -> float:
        """Cap on the effect, in the finding's unit."""


def waive(
    results: Sequence[GateResult], waivers: Sequence[Waiver], today: date
) -> tuple[list[GateResult], list[WaiverUse]]:
    """Apply waivers to gates that did not pass.

    A waiver covers a gate that failed or is inconclusive while its estimate is no worse than the cap, on a day on
    which it holds. Absent evidence is never waived.

    Args:
        results: One result per gate and subject.
        waivers: What was granted.
        today: The day of the decision.

    Returns:
        The results, those that are covered `waived`; and what became of each waiver on each subject that it names.
    """
    waived, uses = list(results), []
    for waiver in waivers:
        own = [i for i, result in enumerate(results) if _covers(waiver, result)]
        if not own:
            uses.append(_use(waiver, waiver.model or "", "unused"))
        for i in own:
            status = _status(waiver, results[i], today)
            uses.append(_use(waiver, results[i].model, status))
            if status == "applied":
                waived[i] = replace(waived[i], verdict="waived")
    return waived, uses


def _covers(waiver: Waiver, result: GateResult) -> bool:
    return waiver.gate == result.id and waiver.model in (None, result.model)


def _status(waiver: Waiver, result: GateResult, today: date) -> WaiverStatus:
    """Return what becomes of a waiver on one result."""
    if (waiver.last_day - waiver.first_day).days > LONGEST_DAYS:
        return "too long"
    if waiver.first_day > today:
        return "not yet"
    if waiver.last_day < today:
        return "expired"
    if result.raw == "pass":
        return "unused"
    return "applied" if result.raw != "missing" and _within(waiver, result) else "exceeded"


def _within(waiver: Waiver, result: GateResult) -> bool:
    """Tell whether the effect is known and no worse than the cap."""
    known = result.finding or result.quality
    effect = known.estimate if known else float("nan")
    if not (isfinite(effect) and isfinite(waiver.not_worse_than)):
        return False
    if result.twin and side(Bar("lower", result.twin_margin), result.twin.conf_low, result.twin.conf_high) != "pass":
        return False  # the cap is on the measure; nothing was granted for its over-correction twin
    if result.direction == "within":
        return abs(effect) <= waiver.not_worse_than
    return effect >= waiver.not_worse_than if result.direction == "higher" else effect <= waiver.not_worse_than


def _use(waiver: Waiver, model: str, status: WaiverStatus) -> WaiverUse:
    return WaiverUse(
        gate=waiver.gate,
        model=model,
        status=status,
        reason=waiver.reason,
        approver=waiver.approver,
        granted=waiver.first_day.isoformat(),
        expires=waiver.last_day.isoformat(),
        not_worse_than=waiver.not_worse_than,
    )
