"""Cells of numbers with their intervals and sizes; what is not known is a dash with the reason below it."""

from math import isfinite

from standfast.reports import numbers
from standfast.reports.parts import Cell

DASH = "–"


def told(value: float, low: float, high: float, unit: str, *, signed: bool = False) -> str:
    """Return a number with its interval, nothing where one of them is unknown.

    Example:
        >>> told(0.42, 0.2, 0.6, "points", signed=True)
        '+0.42 [+0.20, +0.60]'
    """
    if not known(value, low, high):
        return ""
    write = numbers.signed if signed else numbers.fixed
    return f"{write(value, unit)} [{write(low, unit)}, {write(high, unit)}]"


def known(*values: float) -> bool:
    """Tell whether all of these are numbers."""
    return all(map(isfinite, values))


def cell(
    value: float, low: float, high: float, unit: str, *, signed: bool = False, sub: str = "", why: str = ""
) -> Cell:
    """Return a cell with a number and its interval, or a dash and why there is none."""
    text = told(value, low, high, unit, signed=signed)
    if text:
        return Cell(text=text, sub=sub)
    return Cell(text=DASH, sub=why or reason(value), tone="muted")


def share(value: float, low: float, high: float, *, sub: str = "", why: str = "") -> Cell:
    """Return a share of 0 to 1 in per cent."""
    return cell(100 * value, 100 * low, 100 * high, "%", sub=sub, why=why)


def reason(value: float, n_items: int | None = None) -> str:
    """Say why there is no number: nothing was observed, or too few items for an interval."""
    if not isfinite(value):
        return "nothing observed"
    return "one item has no interval" if n_items == 1 else "no interval"
