"""The variables of a reference grid, and which values each takes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from standfast._problems import nearest, quoted
from standfast.analysis.mixed.data import expressions
from standfast.analysis.mixed.data.formula import parse
from standfast.analysis.mixed.design import Design
from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.likelihood.terms import Floats, Ints
from standfast.errors import FitError

At = Mapping[str, Any]

# Numbers with up to so many different values keep them, as in emmeans; others stand at their mean.
_KEPT = 2


class Variable(NamedTuple):
    """A variable of the grid.

    Attributes:
        name: The column of the data.
        values: Its values in the grid, as in the data.
        labels: Their names.
        counted: Whether the data's rows can be told apart by these values.
    """

    name: str
    values: tuple[Any, ...]
    labels: tuple[str, ...]
    counted: bool


def variables(fit: MixedFit, at: At, *, spread: bool) -> tuple[Variable, ...]:
    """Return the variables of a grid, those of the random part alone after those of the fixed part.

    Args:
        fit: A fitted model.
        at: Variable -> the value or values that it takes.
        spread: Put numbers at their mean minus 1 and plus 1 rather than at their mean.

    Raises:
        FitError: `at` names a variable or level that is not there.
    """
    cells = fit.design.cells
    fixed = [name for name in expressions.columns(parse(fit.formula).fixed) if name in cells]
    names = [*fixed, *(str(name) for name in cells.columns if name not in fixed)]
    for name in at:
        if name not in names:
            raise FitError(unknown("at: no variable", name, names))
    factors = _made_factors(fit.design)
    return tuple(
        _given(name, cells[name], at[name], name in factors)
        if name in at
        else _usual(name, cells[name], fit.design.cell_counts, name in factors, spread=spread)
        for name in names
    )


def whole(cells: pd.DataFrame) -> tuple[Variable, ...]:
    """Return the variables of the cells with all values that occur; numbers with many do not count as levels."""
    found = [(str(name), cells[name]) for name in cells.columns]
    return tuple(
        Variable(
            name,
            values,
            tuple(map(label, values)),
            isinstance(column.dtype, pd.CategoricalDtype) or len(values) <= _KEPT,
        )
        for name, column, values in ((name, column, _levels(column)) for name, column in found)
    )


def _made_factors(design: Design) -> set[str]:
    """Return the columns behind every factor of the formula, such as year for `C(year)`."""
    states = [spec.encoder_state for spec in (design.spec, *design.random_specs)]
    made = {text for state in states for text, (kind, _) in state.items() if kind.value == "categorical"}
    return {name for text in made for name in ([text] if text in design.cells else expressions.columns(f"{{{text}}}"))}


def _usual(name: str, column: "pd.Series[Any]", counts: Floats, made_factor: bool, *, spread: bool) -> Variable:
    values = _levels(column)
    if isinstance(column.dtype, pd.CategoricalDtype) or made_factor or len(values) <= _KEPT:
        return Variable(name, values, tuple(map(label, values)), counted=True)
    mean = float(np.average(column.to_numpy(np.float64), weights=counts))
    numbers = (mean - 1.0, mean + 1.0) if spread else (mean,)
    return Variable(name, numbers, tuple(map(label, numbers)), counted=False)


def _levels(column: "pd.Series[Any]") -> tuple[Any, ...]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(column.cat.categories.tolist())
    return tuple(np.unique(column.to_numpy()).tolist())


def codes(column: "pd.Series[Any]") -> Ints:
    """Return the place of each entry of a column among its values in order, shape (len(column),)."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int64)
    return np.unique(column.to_numpy(), return_inverse=True)[1].astype(np.int64)


def places(variable: Variable, column: "pd.Series[Any]") -> Ints:
    """Return which of a variable's values each entry of a column has, -1 for none, shape (len(column),)."""
    named = {name: i for i, name in enumerate(variable.labels)}
    place = np.array([named.get(label(level), -1) for level in _levels(column)], dtype=np.int64)
    return place[codes(column)]


def _given(name: str, column: "pd.Series[Any]", given: Any, made_factor: bool) -> Variable:
    """Return a variable at the values that the user named."""
    wanted = (
        [given]
        if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray)
        else list(dict.fromkeys(given))
    )
    if not wanted:
        message = f"at: {quoted(name)} is given no value; give one or several"
        raise FitError(message)
    levels = _levels(column)
    if not (isinstance(column.dtype, pd.CategoricalDtype) or made_factor):
        values = tuple(_number(name, value) for value in wanted)
        known = len(levels) <= _KEPT and set(values) <= set(levels)
        return Variable(name, values, tuple(map(label, values)), counted=known)
    by_label = {label(level): level for level in levels}
    for value in map(label, wanted):
        if value not in by_label:
            raise FitError(unknown(f"at: {quoted(name)} has no level", value, list(by_label)))
    labels = tuple(map(label, wanted))
    return Variable(name, tuple(by_label[name] for name in labels), labels, counted=True)


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        message = f"at: {quoted(name)} is a number, found {quoted(value)}; a finite number would be right"
        raise FitError(message)
    return number


def label(value: Any) -> str:
    """Return the name of a value."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def unknown(what: str, name: str, known: Sequence[str]) -> str:
    """Return a message that names what is known."""
    near = nearest(name, known)
    hint = f" Did you mean {quoted(near)}?" if near else ""
    return f"{what} {quoted(name)}. Known: {', '.join(known) or 'none'}.{hint}"
