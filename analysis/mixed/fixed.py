"""The model without its random effects: where the fit starts, and whether finite estimates exist at all."""

from typing import NamedTuple, Protocol

import numpy as np
from scipy import linalg, optimize

from standfast.analysis.mixed.binomial import Comparisons, Floats, Ints, logistic
from standfast.errors import FitError

# Newton steps, the decrement at which they stop, and the largest |linear predictor| at which nothing is suspected.
STEPS, DECREMENT, ORDINARY = 30, 1e-10, 15.0


class Response(Protocol):
    """What is asked of a response here."""

    @property
    def pairs(self) -> Comparisons:
        """Its logistic comparisons."""

    @property
    def inner(self) -> Floats:
        """Responses between two thresholds, shape (J - 2,)."""

    @property
    def n_thresholds(self) -> int:
        """J - 1, or 0."""

    def starting_thresholds(self) -> Floats:
        """Thresholds without effects."""


class FixedFit(NamedTuple):
    """Maximum-likelihood fit of the fixed part alone.

    Attributes:
        thresholds: Shape (J - 1,).
        beta: Shape (p,); finite, and meaningless in the columns of `infinite`.
        infinite: Columns of X, of those that separate the responses: no finite estimate exists. Empty if none do.
    """

    thresholds: Floats
    beta: Floats
    infinite: Ints


def fit_fixed(response: Response, cell: Ints, X: Floats) -> FixedFit:
    """Fit thresholds and beta by Newton's method on the responses pooled by cell.

    Args:
        response: M rows.
        cell: Row of X of each of them, shape (M,).
        X: Fixed part of each cell, shape (C, p).

    Raises:
        FitError: X has not full rank on the cells that occur.
    """
    design, successes, failures = _pool(response, cell, X)
    nt = response.n_thresholds
    x0 = np.concatenate([response.starting_thresholds(), np.zeros(X.shape[1])])
    found, certain = _newton(x0, design, successes, failures, response.inner)
    infinite = np.empty(0, dtype=np.int64)
    if not certain:
        direction = separating_direction(design, successes, failures)
        infinite = np.flatnonzero(np.abs(direction[nt:]) > 1e-6)
    return FixedFit(found[:nt], found[nt:], infinite)


def separating_direction(design: Floats, successes: Floats, failures: Floats) -> Floats:
    """Return a direction along which the likelihood of logistic comparisons never falls and somewhere rises.

    Such a direction d has design @ d >= 0 where only successes occur, <= 0 where only failures do, and = 0 where both
    do. If there is one, no finite maximum exists, with random effects or without (these only move the comparisons).

    Args:
        design: Shape (K, d).
        successes: Shape (K,).
        failures: Shape (K,).

    Returns:
        The direction, per unit of the largest value of a column, shape (d,); zeros if there is none.

    Source: Konis, Linear programming algorithms for detecting separated data in binary logistic regression models
        (2007), section 4.4; here within the null space of the comparisons that show both outcomes.
    """
    scaled = design / np.abs(design).max(axis=0)
    mixed = (successes > 0) & (failures > 0)
    free = linalg.null_space(scaled[mixed]) if mixed.any() else np.eye(design.shape[1])
    signed = np.where(successes[~mixed] > 0, 1.0, -1.0)[:, None] * (scaled[~mixed] @ free)
    if free.shape[1] == 0 or len(signed) == 0:
        return np.zeros(design.shape[1])
    sides = np.vstack([signed, -signed])
    limits = np.repeat([1.0, 0.0], len(signed))
    best = optimize.linprog(-signed.sum(axis=0), A_ub=sides, b_ub=limits, bounds=(None, None), method="highs")
    # A direction that separates at all reaches the limit 1 somewhere.
    return free @ best.x if best.status == 0 and -best.fun > 0.5 else np.zeros(design.shape[1])


def _pool(response: Response, cell: Ints, X: Floats) -> tuple[Floats, Floats, Floats]:
    """Return design over (thresholds, beta), successes and failures of each (cell, threshold) that occurs."""
    nt = response.n_thresholds
    pairs = response.pairs
    width = max(nt, 1)
    key = cell[pairs.rows] * width + pairs.thresholds
    successes = np.bincount(key, pairs.successes, minlength=len(X) * width)
    failures = np.bincount(key, pairs.failures, minlength=len(X) * width)
    used = np.flatnonzero(successes + failures)
    rows = X[used // width]
    design = np.hstack([np.eye(nt)[used % width], -rows]) if nt else rows
    return design, successes[used], failures[used]


def _newton(x: Floats, design: Floats, successes: Floats, failures: Floats, inner: Floats) -> tuple[Floats, bool]:
    """Return the estimate and whether it is beyond doubt a maximum."""
    value, gradient, hessian = _objective(x, design, successes, failures, inner)
    decrement = np.inf
    for _ in range(STEPS):
        try:
            step = linalg.cho_solve(linalg.cho_factor(hessian), gradient)
        except linalg.LinAlgError:
            if np.linalg.matrix_rank(design) < design.shape[1]:
                message = f"fixed part: {design.shape[1]} columns are linearly dependent where responses were observed"
                raise FitError(message) from None
            break
        decrement = float(gradient @ step)
        for _ in range(30):
            tried = _objective(x + step, design, successes, failures, inner)
            if tried[0] >= value - 1e-9:
                break
            step = step / 2
        x, (value, gradient, hessian) = x + step, tried
        if decrement < DECREMENT:
            break
    return x, decrement < DECREMENT and float(np.abs(design @ x).max()) < ORDINARY


def _objective(
    x: Floats, design: Floats, successes: Floats, failures: Floats, inner: Floats
) -> tuple[float, Floats, Floats]:
    """Return log-likelihood, gradient and negative Hessian; minus infinity where thresholds do not increase."""
    at = logistic(design @ x, successes, successes + failures)
    value, gradient, hessian = at.log_likelihood, design.T @ at.score, design.T @ (at.weight[:, None] * design)
    if len(inner):
        between = np.diff(np.eye(len(inner) + 1, len(x)), axis=0)
        apart = between @ x
        if not (apart > 0).all():
            return -np.inf, gradient, hessian
        value += float(inner @ np.log(-np.expm1(-apart)))
        gradient = gradient + between.T @ (inner / np.expm1(apart))
        hessian = hessian - between.T @ ((inner / np.expm1(apart) / np.expm1(-apart))[:, None] * between)
    return value, gradient, hessian
