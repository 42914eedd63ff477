"""What a gate can show before the run: its power, the smallest effect it detects, the samples it needs.

All numbers are on the measure's own scale: 0.2 for 20 percentage points.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isclose, isnan, nan, sqrt
from typing import NamedTuple

from scipy import stats
from scipy.optimize import brentq

from standfast.analysis.components import Components
from standfast.analysis.equivalence import Direction
from standfast.analysis.intervals import critical_t
from standfast.analysis.precision import Design, precision
from standfast.estimands import ContrastKind

MOST_ITEMS = 10_000  # where the search ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A gate to plan for.

    Attributes:
        kind: The estimand.
        margin: The value to beat, on the measure's own scale.
        direction: Which way is better.
        confidence: Of the interval.
    """

    kind: ContrastKind
    margin: float
    direction: Direction
    confidence: float = 0.95


def power(gate: Gate, design: Design, components: Components, true: float = 0.0) -> float:
    """Return the probability that a gate passes: that the whole interval lies on the better side of its margin.

    It holds where intervals are estimate ± t × standard error; near 0 % and 100 % they are wider.

    Args:
        gate: The gate.
        design: How large the audit is.
        components: What varies.
        true: The true contrast, or the true level for `L`.
    """
    found = precision(design, components, gate.kind, gate.confidence)
    distance = _distance(gate, true)
    if found.std_error == 0:
        return float(distance > 0)
    return float(stats.nct.sf(critical_t(gate.confidence, found.df), found.df, distance / found.std_error))


def _distance(gate: Gate, true: float) -> float:
    """Return how far a value lies on the better side of the margin."""
    return true - gate.margin if gate.direction == "higher" else gate.margin - true


def minimum_detectable(
    design: Design, components: Components, kind: ContrastKind, *, target: float = 0.8, confidence: float = 0.95
) -> float:
    """Return how far the truth must lie from a value for the interval to be clear of it with a given probability.

    The value is 0 for an effect to be found, or a gate's margin for the gate to pass.

    Args:
        design: How large the audit is.
        components: What varies.
        kind: The estimand.
        target: The probability.
        confidence: Of the interval.

    Returns:
        A distance; NaN where there are no degrees of freedom.

    Raises:
        ValueError: The probability is not between half of 1 − confidence, which chance alone gives, and 1.
    """
    if not (1 - confidence) / 2 < target < 1:
        message = f"target must lie between {(1 - confidence) / 2:g} and 1, got {target}"
        raise ValueError(message)
    found = precision(design, components, kind, confidence)
    if not found.df:
        return nan
    critical = critical_t(confidence, found.df)

    def lacking(shift: float) -> float:
        return target - float(stats.nct.sf(critical, found.df, shift))

    return found.std_error * float(brentq(lacking, 0.0, 10 * critical + 10))


def passing_level(
    gate: Gate,
    design: Design,
    components: Callable[[float], Components],
    *,
    low: float | None = None,
    high: float | None = None,
    target: float = 0.8,
) -> float | None:
    """Return the level nearest to the margin at which a gate on a level passes with a given probability.

    Near an end of the scale gates have Wilson's interval, so that the level is one that is clear of the margin by that
    too: (level − margin)² > t² margin (1 − margin) / items, for shares.

    Args:
        gate: The gate, on `L`.
        design: How large the audit is.
        components: What varies, by level: shares vary less near 0 and 1. Constant where the scale has no end.
        low: Lowest possible value; `None` where there is none.
        high: Highest possible value; likewise.
        target: The probability.

    Returns:
        A level; `None` where none on the scale passes with this probability.
    """
    sign = 1 if gate.direction == "higher" else -1
    end = high if gate.direction == "higher" else low
    if low is None or high is None or end is None:
        shift = minimum_detectable(design, components(gate.margin), "L", target=target, confidence=gate.confidence)
        level = gate.margin + sign * shift
        return None if isnan(shift) or (end is not None and sign * (end - level) < 0) else level

    def lacking(level: float) -> float:
        return target - power(gate, design, components(level), level)

    start = min(max(gate.margin, low), high)
    if lacking(start) <= 0:
        return start
    if not lacking(end) <= 0:
        return None
    share = (start - low) / (high - low)
    df = precision(design, components(start), "L", gate.confidence).df
    wilson = critical_t(gate.confidence, df) * sqrt(share * (1 - share) / design.items) * (high - low)
    level = sign * max(sign * float(brentq(lacking, start, end)), sign * start + wilson)
    return None if sign * (end - level) < 0 else level


class Needed(NamedTuple):
    """What a gate needs to pass with a given probability.

    Attributes:
        items: Fewest items, with as many personas per item as planned; `None` if no number suffices.
        per_item: Fewest personas per item, at least those planned, with as many items as planned; `None` likewise.
        reason: Why no number of items suffices; empty where one does.
    """

    items: int | None
    per_item: int | None
    reason: str


def samples_needed(
    gate: Gate, design: Design, components: Components, *, target: float = 0.8, true: float = 0.0
) -> Needed:
    """Search for the number of items, and of personas per item, with which a gate passes with a given probability.

    Args:
        gate: The gate.
        design: What is planned; its personas stay.
        components: What varies.
        target: The probability with which the gate should pass.
        true: The true contrast, or the true level for `L`.
    """
    if _distance(gate, true) <= 0 or isclose(true, gate.margin):
        return Needed(None, None, "the true value lies at the margin or beyond it")

    def enough(items: int, per_item: int) -> bool:
        return power(gate, replace(design, items=items, per_item=per_item), components, true) >= target

    items = _fewest(lambda n: enough(n, design.per_item))
    choices = range(design.per_item, design.personas + 1)
    per_item = next((k for k in choices if enough(design.items, k)), None)
    if items is not None:
        return Needed(items, per_item, "")
    most = precision(replace(design, items=MOST_ITEMS), components, gate.kind)
    if most.floor > most.std_error / 2:
        return Needed(None, per_item, f"what differs between {design.personas} personas is too much for this margin")
    return Needed(None, per_item, f"it takes more than {MOST_ITEMS} items")


def _fewest(enough: Callable[[int], bool]) -> int | None:
    """Return the smallest number of items that is enough, by bisection."""
    low, high = 1, MOST_ITEMS
    if not enough(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
