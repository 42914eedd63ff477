"""The model without its random effects: where the fit starts, and whether finite estimates exist at all."""

from typing import NamedTuple

import numpy as np
from scipy import linalg, optimize

from standfast.analysis.mixed.likelihood.binomial import Binomial, logistic
from standfast.analysis.mixed.likelihood.cumulative import Cumulative
from standfast.analysis.mixed.likelihood.terms import Floats, Ints
from standfast.errors import FitError

# Newton steps, and the decrement at which they stop.
_STEPS, _DECREMENT = 30, 1e-10
# The linear predictor up to which nothing is suspected, and where an infinite one is held.
_ORDINARY, _EXTREME = 12.0, 20.0
# Share of a scaled column that counts as nothing, and log-likelihoods or steps that count as equal.
_NOTHING, _SAME = 1e-6, 1e-9


Response = Binomial | Cumulative


class FixedFit(NamedTuple):
    """Maximum-likelihood fit of the fixed part alone.

    Attributes:
        thresholds: Shape (J - 1,).
        beta: Shape (p,); finite even where the estimate is not.
        information: Negative Hessian of the log-likelihood over (thresholds, beta), shape (J - 1 + p, J - 1 + p).
        infinite: Columns of X without a finite estimate, because responses are separated along them.
        held: Columns, some of those, that have to be held where they are so that the others are determined.
    """

    thresholds: Floats
    beta: Floats
    information: Floats
    infinite: Ints
    held: Ints

    def without(self, columns: Ints) -> "FixedFit":
        """Return the fit without some columns of X."""
        kept = np.delete(np.arange(len(self.information)), len(self.thresholds) + columns)
        nothing = np.empty(0, dtype=np.int64)
        information = self.information[np.ix_(kept, kept)]
        return FixedFit(self.thresholds, np.delete(self.beta, columns), information, nothing, nothing)


def fit_fixed(response: Response, cell: Ints, X: Floats) -> FixedFit:
    """Fit thresholds and beta by Newton's method on the responses pooled by cell.

    Args:
        response: M rows.
        cell: Row of X of each of them, shape (M,).
        X: Fixed part of each cell, shape (C, p).

    Raises:
        FitError: X has not full rank on the cells that occur.
    """
    pooled = _pool(response, cell, X)
    nt = response.n_thresholds
    found, information, certain = _newton(pooled, np.append(response.starting_thresholds(), np.zeros(X.shape[1])))
    basis = np.empty((nt + X.shape[1], 0)) if certain else undetermined(*pooled[:3])
    infinite = np.flatnonzero((np.abs(basis[nt:]) > _NOTHING).any(axis=1))
    return FixedFit(found[:nt], found[nt:], information, infinite, _pivots(basis[nt:]))


def undetermined(design: Floats, successes: Floats, failures: Floats) -> Floats:
    """Return a basis of the directions that separated comparisons leave without a finite estimate, shape (d, k).

    Comparisons that some separating direction moves are certain at the limit; those left determine the rest.

    Args:
        design: Shape (K, d).
        successes: Shape (K,).
        failures: Shape (K,).

    Raises:
        FitError: The columns of the design are linearly dependent.
    """
    if np.linalg.matrix_rank(design) < design.shape[1]:
        message = f"fixed part: its {design.shape[1]} columns are linearly dependent; leave out what others reproduce"
        raise FitError(message)
    scaled = design / np.abs(design).max(axis=0)
    left = np.arange(len(design))
    while len(left):
        moved = np.abs(scaled[left] @ separating_direction(scaled[left], successes[left], failures[left]))
        if moved.max() < _NOTHING:
            break
        left = left[moved < _NOTHING]
    if len(left) == len(design):
        return np.empty((design.shape[1], 0))
    return _null_space(scaled[left])


def separating_direction(design: Floats, successes: Floats, failures: Floats) -> Floats:
    """Return a direction along which the likelihood of logistic comparisons never falls and somewhere rises.

    Such a direction d has design @ d >= 0 where only successes occur, <= 0 where only failures do, and = 0 where both
    do. If there is one, no finite maximum exists, with random effects or without (these only shift the comparisons).

    Args:
        design: Shape (K, d).
        successes: Shape (K,).
        failures: Shape (K,).

    Returns:
        The direction, shape (d,); zeros if there is none.

    Source: Konis, Linear programming algorithms for detecting separated data in binary logistic regression models
        (2007), section 4.4; here within the null space of the comparisons that show both outcomes.
    """
    mixed = (successes > 0) & (failures > 0)
    none = np.zeros(design.shape[1])
    free = _null_space(design[mixed])
    signed = np.where(successes > 0, 1.0, -1.0)[~mixed, None] * (design[~mixed] @ free)
    if not signed.size:
        return none
    towards, sides = signed.sum(axis=0), np.vstack([signed, -signed])
    limits = np.repeat([1.0, 0.0], len(signed))
    best = optimize.linprog(-towards, A_ub=sides, b_ub=limits, bounds=(None, None), method="highs").x
    # A direction that separates at all reaches the limit 1 somewhere.
    return none if best is None or towards @ best < 0.5 else np.asarray(free @ best)


def _null_space(matrix: Floats) -> Floats:
    """Return an orthonormal basis of the null space, shape (d, k), by way of the triangular factor of many rows."""
    _, sizes, vectors = np.linalg.svd(np.linalg.qr(matrix, mode="r"))
    rank = int((sizes > max(matrix.shape) * np.finfo(np.float64).eps * sizes.max(initial=0.0)).sum())
    return np.asarray(vectors[rank:].T)


def _pivots(basis: Floats) -> Ints:
    """Return rows that determine the coefficients of the basis's columns."""
    if not basis.size:
        return np.empty(0, dtype=np.int64)
    _, R, order = linalg.qr(basis.T, mode="economic", pivoting=True)
    return np.sort(order[: int((np.abs(np.diag(R)) > _NOTHING).sum())])


class _Pooled(NamedTuple):
    """Logistic comparisons pooled by cell: design over (thresholds, beta), outcomes, and `inner` of the response."""

    design: Floats
    successes: Floats
    failures: Floats
    inner: Floats


def _pool(response: Response, cell: Ints, X: Floats) -> _Pooled:
    nt = response.n_thresholds
    pairs = response.pairs
    width = max(nt, 1)
    key = cell[pairs.rows] * width + pairs.thresholds
    successes: Floats = np.bincount(key, pairs.successes, minlength=len(X) * width).astype(np.float64)
    failures: Floats = np.bincount(key, pairs.failures, minlength=len(X) * width).astype(np.float64)
    used = np.flatnonzero(successes + failures)
    rows = X[used // width]
    design = np.hstack([np.eye(nt)[used % width], -rows]) if nt else rows
    return _Pooled(design, successes[used], failures[used], response.inner)


def _newton(pooled: _Pooled, x: Floats) -> tuple[Floats, Floats, bool]:
    """Return the estimate, its information and whether it is beyond doubt a maximum."""
    value, gradient, hessian = _objective(pooled, x)
    decrement = np.inf
    for _ in range(_STEPS):
        try:
            step = linalg.cho_solve(linalg.cho_factor(hessian), gradient)
        except linalg.LinAlgError:
            return x, hessian, False
        decrement = float(gradient @ step)
        tried = _objective(pooled, x + step)
        while tried[0] < value - _SAME and np.abs(step).max() > _SAME:
            step = step / 2
            tried = _objective(pooled, x + step)
        x, (value, gradient, hessian) = x + step, tried
        if decrement < _DECREMENT or np.abs(pooled.design @ x).max() > _EXTREME:
            break
    return x, hessian, decrement < _DECREMENT and float(np.abs(pooled.design @ x).max()) < _ORDINARY


def _objective(pooled: _Pooled, x: Floats) -> tuple[float, Floats, Floats]:
    """Return log-likelihood, gradient and negative Hessian; minus infinity where thresholds do not increase."""
    design, successes, failures, inner = pooled
    at = logistic(design @ x, successes, successes + failures)
    gradient, hessian = design.T @ at.score, design.T @ (at.weight[:, None] * design)
    if not len(inner):
        return at.log_likelihood, gradient, hessian
    between = np.diff(np.eye(len(inner) + 1, len(x)), axis=0)
    apart = between @ x
    if not (apart > 0).all():
        return -np.inf, gradient, hessian
    value = at.log_likelihood + float(inner @ np.log(-np.expm1(-apart)))
    gradient = gradient + between.T @ (inner / np.expm1(apart))
    hessian = hessian - between.T @ ((inner / np.expm1(apart) / np.expm1(-apart))[:, None] * between)
    return value, gradient, hessian
