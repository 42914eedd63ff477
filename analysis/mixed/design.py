"""A formula and a table of distinct rows -> the arrays X and Z that are fitted, on a common scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import formulaic
import numpy as np
import pandas as pd
from scipy import linalg, sparse

from standfast.analysis.mixed.compact import Compact, compacted
from standfast.analysis.mixed.data.expressions import columns
from standfast.analysis.mixed.data.formula import Formula, RandomPart
from standfast.analysis.mixed.data.groups import joined
from standfast.analysis.mixed.data.table import Table
from standfast.analysis.mixed.likelihood.layout import Layout, design_matrix, layout
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term, ordered, row_scale
from standfast.errors import FitError

# Share of a column's size below which what other columns leave of it counts as nothing.
_COLLINEAR = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """What the user's columns were divided by.

    Attributes:
        x: Of each column of X, shape (p,).
        z: Of each effect of each term, each of shape (s,).
    """

    x: Floats
    z: tuple[Floats, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The arrays of one model; M distinct rows, C design cells.

    Attributes:
        terms: Random-effects terms in theta's order; their tables are scaled.
        places: Layout of Z.
        Z: Scaled, shape (M, G b + r).
        table: X of each design cell, scaled, shape (C, p).
        cell: Design cell of each row, shape (M,).
        cells: Values of the fixed part's and slopes' variables, C rows.
        cell_counts: Rows of data in each cell, shape (C,).
        names: Fixed effects, length p.
        scaling: What the columns were divided by.
        n: Rows of data.
        path: `cells` where rows were compressed to distinct ones, `rows` where covariates left nothing to compress.
        spec: How the fixed part is built from a frame.
        random_specs: How each term's columns are built from a frame.
        factors: Factors of the fixed part -> levels.
        covariates: Numeric variables of the fixed part -> mean over the rows of data.
        compact: The same model with fewer random effects; `None` where it has none to save.
    """

    terms: tuple[Term, ...]
    places: Layout
    Z: sparse.csr_array
    table: Floats
    cell: Ints
    cells: pd.DataFrame
    cell_counts: Floats
    names: tuple[str, ...]
    scaling: Scaling
    n: int
    path: str
    spec: formulaic.ModelSpec
    random_specs: tuple[formulaic.ModelSpec, ...]
    factors: Mapping[str, tuple[str, ...]]
    covariates: Mapping[str, float]
    compact: Compact | None = None

    @property
    def p(self) -> int:
        """Return the number of fixed effects."""
        return len(self.names)

    @property
    def X(self) -> Floats:  # noqa: N802
        """Return the scaled fixed part of each row, shape (M, p)."""
        return self.table[self.cell]

    @property
    def theta_scale(self) -> Floats:
        """Return what divides theta of the scaled system to give the user's, shape (k,)."""
        return row_scale(self.terms, self.scaling.z)

    def model_matrix(self, frame: pd.DataFrame) -> Floats:
        """Return rows of X in the user's units for any values of the variables, shape (len(frame), p)."""
        return _matrix(self.spec, frame)[:, -self.p :] if self.p else np.zeros((len(frame), 0))

    def random_matrices(self, frame: pd.DataFrame) -> list[Floats]:
        """Return each term's columns in the user's units for any values, each of shape (len(frame), s)."""
        return [_matrix(spec, frame) for spec in self.random_specs]


def build(formula: Formula, table: Table, *, intercept: bool = True) -> Design:
    """Build the arrays.

    Args:
        formula: The model.
        table: The data's distinct rows.
        intercept: Whether X keeps its intercept; thresholds of an ordinal model take its place.

    Raises:
        FitError: The fixed part has no columns, columns are collinear, or a grouping factor cannot have the effect.
    """
    spec, X_cells, names = _fixed(formula.fixed, table.cells, intercept)
    counts = np.bincount(table.cell, table.count, minlength=len(table.cells)).astype(np.float64)
    _check_rank(X_cells[counts > 0], names)
    matrices = {text: _model_matrix(text, table.cells) for text in {part.expression for part in formula.random}}
    parts = [(part, matrices[part.expression]) for part in formula.random]
    terms = [_term(part, matrix, table) for part, matrix in parts]
    order = ordered(terms)
    fixed = columns(formula.fixed)
    specs = tuple(parts[_index(terms, term)][1].model_spec for term in order)
    x = _sizes(X_cells, counts)
    z = tuple(_sizes(term.table, counts) for term in order)
    scaled = tuple(_rescaled(term, size) for term, size in zip(order, z, strict=True))
    places = layout(scaled, len(names))
    return Design(
        terms=scaled,
        places=places,
        Z=design_matrix(scaled, places, table.cell),
        table=X_cells / x,
        cell=table.cell,
        cells=table.cells,
        cell_counts=counts,
        names=names,
        scaling=Scaling(x=x, z=z),
        n=table.n,
        path="rows" if table.general else "cells",
        spec=spec,
        random_specs=specs,
        factors=_factors(fixed, table.cells),
        covariates=_covariates(fixed, table.cells, counts),
        compact=compacted(scaled, table, len(names)),
    )


def _index(terms: Sequence[Term], wanted: Term) -> int:
    return next(i for i, term in enumerate(terms) if term is wanted)


def _matrix(spec: formulaic.ModelSpec, frame: pd.DataFrame) -> Floats:
    return np.asarray(spec.get_model_matrix(frame), dtype=np.float64)


def _model_matrix(text: str, cells: pd.DataFrame) -> formulaic.ModelMatrix:
    try:
        return formulaic.model_matrix(text, cells, na_action="raise")
    except (formulaic.errors.FormulaicError, SyntaxError, ValueError, TypeError, NameError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        message = f"formula: `{text}` cannot be evaluated: {reason}"
        raise FitError(message) from error


def _fixed(text: str, cells: pd.DataFrame, intercept: bool) -> tuple[formulaic.ModelSpec, Floats, tuple[str, ...]]:
    built = _model_matrix(text, cells)
    X, names = np.asarray(built, dtype=np.float64), tuple(map(str, built.columns))
    if not intercept and "Intercept" in names:
        X, names = X[:, 1:], names[1:]
    elif not intercept and _spans_constant(X):
        message = f"formula: the fixed part `{text}` spans a constant, which the thresholds take; write it with `1 +`"
        raise FitError(message)
    if intercept and not names:
        message = f"formula: the fixed part `{text}` has no columns; write at least `1`"
        raise FitError(message)
    if not np.isfinite(X).all():
        column = names[int(np.flatnonzero(~np.isfinite(X).all(axis=0))[0])]
        message = f"formula: column `{column}` of the fixed part is not finite for every row"
        raise FitError(message)
    return built.model_spec, X, names


def _spans_constant(X: Floats) -> bool:
    if not X.shape[1]:
        return False
    one = np.ones(len(X))
    left = one - X @ np.linalg.lstsq(X, one, rcond=None)[0]
    return bool(np.abs(left).max() < 1e-8)


def _check_rank(X: Floats, names: Sequence[str]) -> None:
    """Refuse columns that others reproduce, naming them."""
    if not X.size:
        return
    size = np.sqrt((X**2).sum(axis=0))
    if (size == 0).any():
        empty = [name for name, norm in zip(names, size, strict=True) if norm == 0]
        message = f"fixed part: no row of the data has {', '.join(empty)}; an empty cell has no effect to estimate"
        raise FitError(message)
    _, R, pivot = linalg.qr(X / size, mode="economic", pivoting=True)
    left = np.abs(np.diag(R))
    rank = int((left > _COLLINEAR * max(left[0], 1.0)).sum())
    if rank < X.shape[1]:
        redundant = ", ".join(f"`{names[i]}`" for i in sorted(pivot[rank:]))
        message = f"fixed part: other columns reproduce {redundant}; leave out what is collinear or an empty cell, and centre covariates"
        raise FitError(message)


def _term(part: RandomPart, built: formulaic.ModelMatrix, table: Table) -> Term:
    group = joined(part.group, table.groups)
    name = ":".join(part.group)
    effects = tuple(str(column).replace("Intercept", "(Intercept)") for column in built.columns)
    matrix = np.asarray(built, dtype=np.float64)
    if not effects or not np.isfinite(matrix).all():
        message = f"formula: the random part `{part.expression} | {name}` has no finite columns"
        raise FitError(message)
    return Term(
        name=f"{part.expression} {'|' if part.correlated else '||'} {name}",
        group=name,
        levels=group.levels,
        columns=effects,
        correlated=part.correlated,
        codes=group.codes.astype(np.int64),
        table=matrix,
    )


def _sizes(columns: Floats, counts: Floats) -> Floats:
    """Return the root mean square of each column over the rows of data; 1 for a column of zeros."""
    square = counts @ columns**2 / counts.sum()
    sizes: Floats = np.where(square > 0, np.sqrt(square), 1.0)
    return sizes


def _rescaled(term: Term, size: Floats) -> Term:
    return Term(
        name=term.name,
        group=term.group,
        levels=term.levels,
        columns=term.columns,
        correlated=term.correlated,
        codes=term.codes,
        table=term.table / size,
    )


def _factors(variables: Sequence[str], cells: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(map(str, cells[name].cat.categories))
        for name in variables
        if isinstance(cells[name].dtype, pd.CategoricalDtype)
    }


def _covariates(variables: Sequence[str], cells: pd.DataFrame, counts: Floats) -> dict[str, float]:
    return {
        name: float(np.average(cells[name].to_numpy(np.float64), weights=counts))
        for name in variables
        if not isinstance(cells[name].dtype, pd.CategoricalDtype)
    }
