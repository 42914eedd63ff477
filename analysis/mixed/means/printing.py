"""Marginal means, contrasts and joint tests as text, laid out as emmeans prints them."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from standfast.analysis.mixed.likelihood.terms import Floats, Ints
from standfast.analysis.mixed.printing import aligned, number, probability


class _Table(Protocol):
    """What is printed of a table; `tables.MeansTable` says what each attribute is."""

    @property
    def kind(self) -> str: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def name(self) -> str: ...
    @property
    def estimate(self) -> Floats: ...
    @property
    def std_error(self) -> Floats: ...
    @property
    def df(self) -> Floats: ...
    @property
    def conf_low(self) -> Floats: ...
    @property
    def conf_high(self) -> Floats: ...
    @property
    def statistic(self) -> Floats: ...
    @property
    def p_adjusted(self) -> Floats: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    def families(self) -> Iterator[tuple[tuple[str, ...], Ints]]: ...


class _JointTable(Protocol):
    """What is printed of joint tests; `joint.JointTests` says what each attribute is."""

    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def terms(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def numdf(self) -> Floats: ...
    @property
    def dendf(self) -> Floats: ...
    @property
    def statistic(self) -> Floats: ...
    @property
    def p_value(self) -> Floats: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


def text(table: _Table) -> str:
    """Return a table of means or contrasts: one block per combination of the grouping variables, then the notes."""
    kept = [i for i, name in enumerate(table.columns) if name not in table.by]
    header, cells = _columns(table)
    lines: list[str] = []
    for key, rows in table.families():
        if table.by:
            lines.append(", ".join(f"{name} = {level}" for name, level in zip(table.by, key, strict=True)) + ":")
        block = [[*(table.labels[r][i] for i in kept), *(column[r] for column in cells)] for r in rows]
        lines += [*aligned([*(table.columns[i] for i in kept), *header], block, left=len(kept)), ""]
    missing = [f"{' '.join(row)}: {reason}." for row, reason in zip(table.labels, table.reasons, strict=True) if reason]
    return "\n".join([*lines, *table.notes, *missing]).rstrip()


def _columns(table: _Table) -> tuple[list[str], list[list[str]]]:
    finite = table.df[~np.isnan(table.df)]
    normal = bool(len(finite)) and bool(np.isinf(finite).all())
    low, high = ("asymp.LCL", "asymp.UCL") if normal else ("lower.CL", "upper.CL")
    decimals = _decimals(table.std_error)
    numbers: dict[str, list[str]] = {
        table.name: _numbers(table.estimate, decimals),
        "SE": _numbers(table.std_error, decimals),
        "df": [degrees(value) for value in table.df.tolist()],
        low: _numbers(table.conf_low, decimals),
        high: _numbers(table.conf_high, decimals),
    }
    if table.kind == "contrasts":
        numbers["z.ratio" if normal else "t.ratio"] = [_fixed(value, 3) for value in table.statistic.tolist()]
        numbers["p.value"] = [probability(value) for value in table.p_adjusted.tolist()]
    return list(numbers), list(numbers.values())


def joint_text(table: _JointTable) -> str:
    """Return joint tests, one row per term and combination of the grouping variables."""
    rows = [
        [term, *row, f"{numdf:.0f}", degrees(dendf), _fixed(statistic, 3), probability(p)]
        for term, row, numdf, dendf, statistic, p in zip(
            table.terms,
            table.labels,
            table.numdf.tolist(),
            table.dendf.tolist(),
            table.statistic.tolist(),
            table.p_value.tolist(),
            strict=True,
        )
    ]
    header = ["model term", *table.by, "df1", "df2", "F.ratio", "p.value"]
    return "\n".join([*aligned(header, rows, left=1 + len(table.by)), "", *table.notes])


def degrees(value: float) -> str:
    """Return degrees of freedom with as many digits as tell something."""
    return "NA" if np.isnan(value) else "Inf" if np.isinf(value) else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _fixed(value: float, digits: int) -> str:
    return "NA" if np.isnan(value) else f"{value:.{digits}f}"


def _decimals(std_error: Floats) -> int | None:
    """Return how many decimals show four digits of the smallest standard error; none where there is none."""
    known = std_error[np.isfinite(std_error) & (std_error > 0)]
    return int(np.clip(3 - np.floor(np.log10(known.min())), 0, 8)) if len(known) else None


def _numbers(values: Floats, decimals: int | None) -> list[str]:
    """Return numbers with common decimals, or as they come where these are unknown or too few to tell anything."""
    return [
        number(value, 5) if decimals is None or abs(value) >= 1e6 or 0 < abs(value) < 1e-8 else _fixed(value, decimals)
        for value in values.tolist()
    ]
