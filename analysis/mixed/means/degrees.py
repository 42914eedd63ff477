"""Degrees of freedom of linear combinations of fixed effects, by the method the reader asked for."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from standfast.analysis.mixed.design import Design
from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference import kenward_roger, satterthwaite
from standfast.analysis.mixed.inference.ftest import FTest, components, f_test
from standfast.analysis.mixed.inference.kenward_roger import KenwardRoger
from standfast.analysis.mixed.inference.satterthwaite import VarianceJacobian
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term
from standfast.analysis.mixed.means import axes
from standfast.analysis.mixed.means.grid import ReferenceGrid, random_parts

Method = Literal["satterthwaite", "kenward-roger", "levels", "conservative", "wald"]

# What a combination of grid rows has to leave of a random effect for its groups to limit what is known.
_LEFT = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Freedom:
    """A fit, and what its degrees of freedom follow from.

    Attributes:
        fit: The model.
        method: How degrees of freedom are found.
        vcov: Covariance of beta, adjusted with `kenward-roger`, shape (p, p).
        slopes: For Satterthwaite's method, and for `conservative` ones of a gaussian model.
        adjusted: For Kenward and Roger's.
    """

    fit: MixedFit
    method: Method
    vcov: Floats
    slopes: VarianceJacobian | None
    adjusted: KenwardRoger | None


def freedom(fit: MixedFit, method: Method | None = None) -> Freedom:
    """Prepare a method.

    Args:
        fit: A fitted model.
        method: `satterthwaite` (usual for gaussian models) and `kenward-roger` for gaussian models alone; `levels`
            (usual otherwise) takes the groups that limit a combination, see `by_levels`; `conservative` the smaller of
            Satterthwaite's and that; `wald` none, which is infinitely many.

    Raises:
        FitError: The method is not one for this model.
        ValueError: The method is not known.
    """
    chosen: Method = method or ("satterthwaite" if fit.family == "gaussian" else "levels")
    if chosen not in get_args(Method):
        message = f"df: no method {chosen!r}. Known: {', '.join(get_args(Method))}."
        raise ValueError(message)
    adjusted = kenward_roger.kenward_roger(fit) if chosen == "kenward-roger" else None
    needs_slopes = chosen == "satterthwaite" or (chosen == "conservative" and fit.family == "gaussian")
    return Freedom(
        fit=fit,
        method=chosen,
        vcov=fit.vcov if adjusted is None else adjusted.vcov,
        slopes=satterthwaite.variance_jacobian(fit) if needs_slopes else None,
        adjusted=adjusted,
    )


def degrees(known: Freedom, grid: ReferenceGrid, weights: Floats, category: Ints | None = None) -> Floats:
    """Return the degrees of freedom of combinations of grid values, shape (k,); NaN for those of no effect.

    On whatever scale the values are, they are those of the same combination of linear predictors.

    Args:
        known: A method, prepared.
        grid: The reference grid.
        weights: Of its rows, or of (row, response category) pairs, shape (k, n).
        category: Response category of each pair, shape (n,).
    """
    if known.adjusted is not None:
        return kenward_roger.degrees(weights @ grid.known_rows, known.adjusted)
    if known.slopes is not None:
        df = satterthwaite.degrees(weights @ grid.known_rows, known.vcov, known.slopes)
        return np.fmin(df, by_levels(known.fit, grid, weights)) if known.method == "conservative" else df
    if known.method == "wald":
        return np.full(len(weights), np.inf)
    parts = [weights] if category is None else [weights[:, category == c] for c in np.unique(category)]
    return np.asarray(np.min([by_levels(known.fit, grid, part) for part in parts], axis=0))


def joint(known: Freedom, grid: ReferenceGrid, weights: Floats) -> FTest:
    """Test that several combinations of grid rows are all zero on the link scale; NaN where they are not estimable.

    With `levels`, `conservative` and `wald` the covariance of beta is taken as known up to a factor whose degrees of
    freedom are the fewest of the combinations.
    """
    if np.isnan(weights).any() or (weights[:, ~grid.estimable] != 0).any():
        return FTest(np.nan, len(weights), np.nan, np.nan)
    rows = weights @ grid.known_rows
    if known.adjusted is not None:
        return kenward_roger.f_test(rows, known.fit.beta, known.adjusted)
    if known.slopes is not None and known.method == "satterthwaite":
        return satterthwaite.f_test(rows, known.fit.beta, known.vcov, known.slopes)
    if not np.isfinite(known.vcov).all():
        return FTest(np.nan, int(np.linalg.matrix_rank(rows)), np.nan, np.nan)
    parts = components(rows, known.vcov)
    q = len(parts.variance)
    if not q:
        return FTest(np.nan, 0, np.nan, np.nan)
    statistic = float(((parts.rows @ known.fit.beta) ** 2 / parts.variance).mean())
    df = float(np.nanmin(degrees(known, grid, weights)))
    return f_test(statistic, q, df) if np.isfinite(df) else FTest(statistic, q, df, float(chdtrc(q, q * statistic)))


def by_levels(fit: MixedFit, grid: ReferenceGrid, weights: Floats) -> Floats:
    """Return the degrees of freedom that the number of groups leaves, shape (k,).

    A term of random effects limits a combination of grid rows if its effects do not cancel in it, every group being
    taken through all the rows that it occurs in. Its levels count, less one for each condition among those that differ
    between groups; of a term such as `item:role`, with a condition in its name, the items count. Where no term limits,
    the rows of a gaussian model do, and nothing does otherwise: nothing that the model states varies.

    Args:
        fit: A fitted model.
        grid: The reference grid.
        weights: Of its rows, shape (k, n).
    """
    rest = float(fit.n_obs - len(fit.names)) if fit.family == "gaussian" else np.inf
    df: Floats = np.full(len(weights), rest)
    for term, columns in zip(fit.design.terms, random_parts(fit.design, grid.frame), strict=True):
        finite = np.where(np.isfinite(columns), columns, 0.0)
        df = np.minimum(df, _of_term(fit.design, term, grid, weights, finite))
    return np.asarray(np.maximum(df, 1.0))


def _of_term(design: Design, term: Term, grid: ReferenceGrid, weights: Floats, columns: Floats) -> Floats:
    """Return what one term leaves each combination, infinity where its effects cancel, shape (k,)."""
    named = set(term.group.split(":"))
    held: list[Ints] = []
    of_group: list[Ints] = []
    conditions: list[Ints] = []
    numbers = 0
    for i, variable in enumerate(grid.variables):
        level = _constant(term, axes.codes(design.cells[variable.name])[design.cell])
        if level is not None:
            held.append(grid.codes[:, i])
            numbers += not variable.counted
            (conditions if variable.name in named else of_group if variable.counted else []).append(level)
    place, count = _numbered(held, len(grid.codes))
    left = [np.abs(weights[:, place == b] @ columns[place == b]).max(axis=1) > _LEFT for b in range(count)]
    limited: NDArray[np.bool_] = np.any(left, axis=0)
    return np.where(limited, _levels_left(term.q, of_group, conditions) - numbers, np.inf)


def _constant(term: Term, values: Ints) -> Ints | None:
    """Return the value of each level of a term, shape (q,), or none where it differs within levels."""
    level = np.zeros(term.q, dtype=np.int64)
    level[term.codes] = values
    return level if np.array_equal(level[term.codes], values) else None


def _levels_left(q: int, of_group: list[Ints], conditions: list[Ints]) -> float:
    """Return the number of groups, less one for each of their own conditions."""
    within, _ = _numbered(conditions, q)
    between, _ = _numbered(of_group, q)
    return float(max((within == c).sum() - len(np.unique(between[within == c])) for c in np.unique(within)))


def _numbered(codes: list[Ints], n: int) -> tuple[Ints, int]:
    """Return the number of each combination of codes, from 0, and how many there are."""
    if not codes:
        return np.zeros(n, dtype=np.int64), 1
    _, inverse = np.unique(np.stack(codes), axis=1, return_inverse=True)
    return inverse.ravel().astype(np.int64), int(inverse.max()) + 1
