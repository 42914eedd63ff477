"""The reference grid: all combinations of the fixed part's levels, at which a model's means are taken.

A marginal mean is an average over rows of this grid, not over the data: an unbalanced design does not weigh in unless
that is asked for. Source: Lenth (2016), J. Stat. Softw. 69(1), sections 2 and 3; Searle, Speed and Milliken (1980), The
American Statistician 34, 216-221.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeVar

import formulaic
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from standfast._problems import quoted
from standfast.analysis.mixed.design import Design
from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.likelihood.terms import Floats, Ints
from standfast.analysis.mixed.means import axes
from standfast.analysis.mixed.means.axes import At, Variable, unknown
from standfast.errors import FitError

T = TypeVar("T")
Weights = Literal["equal", "proportional", "outer", "cells"]
WEIGHTS: tuple[Weights, ...] = ("equal", "proportional", "outer", "cells")

MOST_ROWS = 10_000
# A row's share outside the span of the data at which it counts as not estimable.
_OUTSIDE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceGrid:
    """n combinations of v variables.

    Attributes:
        variables: In the order of the formula, those of the random part alone after those of the fixed part.
        codes: Value of each variable in each row, the first variable varying fastest, shape (n, v).
        frame: The values themselves.
        X: Fixed part of each row in the user's units, shape (n, p); NaN where it is not finite.
        counts: Rows of data with the same levels, shape (n,).
        estimable: Whether the data determine X's combination of effects, shape (n,).
    """

    variables: tuple[Variable, ...]
    codes: Ints
    frame: pd.DataFrame
    X: Floats
    counts: Floats
    estimable: NDArray[np.bool_]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the variables' names."""
        return tuple(variable.name for variable in self.variables)

    @property
    def known_rows(self) -> Floats:
        """Return X with zeros where it is not estimable, shape (n, p)."""
        return np.where(self.estimable[:, None], self.X, 0.0)


class Margins(NamedTuple):
    """k averages over the rows of a grid.

    Attributes:
        labels: Levels of the named variables, length k.
        weights: Shape (k, n), each row of sum 1; NaN in a row without data to weigh by.
    """

    labels: tuple[tuple[str, ...], ...]
    weights: Floats


def reference_grid(fit: MixedFit, at: At | None = None, *, spread: bool = False) -> ReferenceGrid:
    """Return all combinations of the levels of factors, with numbers at their means.

    As in emmeans, a number with one or two different values in the data keeps these. So do truth values and what the
    formula makes a factor, as `C(year)` does.

    Args:
        fit: A fitted model.
        at: Variable -> the value or values it takes in the grid instead.
        spread: Put numbers at their mean minus 1 and plus 1, so that their slope is a difference of two rows.

    Raises:
        FitError: `at` names what is not there, the grid has too many rows, or the formula cannot be evaluated on it.
    """
    variables = axes.variables(fit, at or {}, spread=spread)
    sizes = [len(variable.values) for variable in variables]
    rows = int(np.prod(sizes, dtype=np.float64))
    if rows > MOST_ROWS:
        large = max(variables, key=lambda variable: len(variable.values))
        message = f"reference grid: {rows} combinations, at most {MOST_ROWS}; fix {quoted(large.name)} with at={{...}}"
        raise FitError(message)
    codes = _combinations(sizes)
    frame = _frame(fit.design.cells, variables, codes)
    X = fixed_part(fit.design, frame)
    return ReferenceGrid(
        variables=variables,
        codes=codes,
        frame=frame,
        X=X,
        counts=_counts(fit.design, variables, codes),
        estimable=np.isfinite(X).all(axis=1) & estimable(X / fit.design.scaling.x, fit.design.X),
    )


def cell_grid(fit: MixedFit) -> ReferenceGrid:
    """Return the combinations that occur in the data, or p of them that span the others where they are too many."""
    cells, X = fit.design.cells, fit.design.model_matrix(fit.design.cells)
    chosen = np.arange(len(cells))
    if len(cells) > MOST_ROWS:
        chosen = np.sort(linalg.qr((X / fit.design.scaling.x).T, mode="r", pivoting=True)[1][: X.shape[1]])
    frame = cells.iloc[chosen].reset_index(drop=True)
    variables = axes.whole(cells)
    columns = [axes.codes(cells[variable.name])[chosen] for variable in variables]
    return ReferenceGrid(
        variables=variables,
        codes=np.stack(columns, axis=1) if columns else np.zeros((len(chosen), 0), dtype=np.int64),
        frame=frame,
        X=X[chosen],
        counts=fit.design.cell_counts[chosen],
        estimable=np.ones(len(chosen), dtype=bool),
    )


def estimable(rows: Floats, X: Floats) -> NDArray[np.bool_]:
    """Tell which combinations of effects are combinations of rows of the data, shape (k,); false where not finite.

    Args:
        rows: Shape (k, p).
        X: Fixed part of the data, shape (M, p).
    """
    if not X.shape[1]:
        return np.ones(len(rows), dtype=bool)
    _, sizes, directions = np.linalg.svd(np.linalg.qr(X, mode="r"), full_matrices=True)
    rank = int((sizes > sizes[0] * X.shape[1] * 1e-12).sum())
    finite = np.asarray(np.isfinite(rows).all(axis=1))
    known = np.where(finite[:, None], rows, 0.0)
    outside = np.abs(known @ directions[rank:].T).sum(axis=1)
    return np.asarray(finite & (outside <= _OUTSIDE * np.maximum(np.linalg.norm(known, axis=1), 1.0)))


def margins(grid: ReferenceGrid, names: Sequence[str], weights: Weights = "equal") -> Margins:
    """Return the averages over the grid for every combination of the named variables, the first varying fastest.

    Args:
        grid: The reference grid.
        names: Variables that are kept; all others are averaged over.
        weights: `equal` weights all combinations alike; `proportional` by how often the data have the combination of
            what is averaged over; `outer` by how often they have each of its levels; `cells` by how often they have
            the cell itself.

    Raises:
        FitError: A name is not in the grid.
        ValueError: The weights are not known.
    """
    if weights not in WEIGHTS:
        message = f"weights: {weights!r} is not known. Known: {', '.join(WEIGHTS)}."
        raise ValueError(message)
    kept = [_place(grid, name) for name in names]
    others = [i for i in range(len(grid.variables)) if i not in kept]
    group, size = _key(grid, kept)
    raw = np.zeros((size, len(group)))
    raw[group, np.arange(len(group))] = _raw_weights(grid, others, weights)
    total = raw.sum(axis=1, keepdims=True)
    codes = _combinations([len(grid.variables[i].values) for i in kept])
    labels = tuple(tuple(grid.variables[i].labels[c] for i, c in zip(kept, row, strict=True)) for row in codes)
    return Margins(labels, np.divide(raw, total, out=np.full_like(raw, np.nan), where=total > 0))


def _raw_weights(grid: ReferenceGrid, others: Sequence[int], weights: Weights) -> Floats:
    if weights == "equal":
        return np.ones(len(grid.codes))
    if weights == "cells":
        return grid.counts
    product = np.ones(len(grid.codes))
    for part in [[i] for i in others] if weights == "outer" else [list(others)]:
        key, size = _key(grid, part)
        product *= np.bincount(key, grid.counts, minlength=size)[key]
    return product


def _place(grid: ReferenceGrid, name: str) -> int:
    if name not in grid.names:
        raise FitError(unknown("reference grid: no variable", name, grid.names))
    return grid.names.index(name)


def _key(grid: ReferenceGrid, places: Sequence[int]) -> tuple[Ints, int]:
    """Return the number of each row's combination of some variables, the first varying fastest, and how many."""
    key, size = np.zeros(len(grid.codes), dtype=np.int64), 1
    for i in places:
        key = key + size * grid.codes[:, i]
        size *= len(grid.variables[i].values)
    return key, size


def _combinations(sizes: Sequence[int]) -> Ints:
    """Return all combinations of codes, the first varying fastest, shape (product, v)."""
    n = int(np.prod(sizes, dtype=np.int64))
    if not len(sizes):
        return np.zeros((1, 0), dtype=np.int64)
    return np.stack(np.unravel_index(np.arange(n), tuple(sizes), order="F"), axis=1).astype(np.int64)


def _frame(cells: pd.DataFrame, variables: Sequence[Variable], codes: Ints) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for i, variable in enumerate(variables):
        dtype = cells[variable.name].dtype
        if isinstance(dtype, pd.CategoricalDtype):
            columns[variable.name] = pd.Categorical([variable.values[c] for c in codes[:, i]], dtype=dtype)
        else:
            columns[variable.name] = np.array(variable.values)[codes[:, i]]
    return pd.DataFrame(columns, index=pd.RangeIndex(len(codes)))


def fixed_part(design: Design, frame: pd.DataFrame) -> Floats:
    """Return the columns of X for any values, NaN where they have none, shape (n, p)."""
    lenient = replace(design, spec=design.spec.update(na_action="ignore"))
    return _evaluated(lambda: lenient.model_matrix(frame))


def random_parts(design: Design, frame: pd.DataFrame) -> list[Floats]:
    """Return each term's columns for any values, NaN where they have none, each of shape (n, s)."""
    specs = tuple(spec.update(na_action="ignore") for spec in design.random_specs)
    return _evaluated(lambda: replace(design, random_specs=specs).random_matrices(frame))


def _evaluated(build: Callable[[], T]) -> T:
    """Return what formulaic makes of a grid.

    Raises:
        FitError: The formula cannot be evaluated there, or meets a level that it does not know.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", formulaic.errors.DataMismatchWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            return build()
    except (formulaic.errors.FormulaicError, formulaic.errors.DataMismatchWarning, ValueError, TypeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        message = f"reference grid: the formula cannot be evaluated on it: {reason}"
        raise FitError(message) from error


def _counts(design: Design, variables: Sequence[Variable], codes: Ints) -> Floats:
    """Return the rows of data with each row's levels, shape (n,)."""
    key, grid_key, size = np.zeros(len(design.cells), np.int64), np.zeros(len(codes), np.int64), 1
    known = np.ones(len(design.cells), dtype=bool)
    for i, variable in enumerate(variables):
        if variable.counted:
            place = axes.places(variable, design.cells[variable.name])
            known &= place >= 0
            key = key + size * place
            grid_key = grid_key + size * codes[:, i]
            size *= len(variable.values)
    found = np.bincount(key[known], design.cell_counts[known], minlength=size)
    return np.asarray(found[grid_key])
