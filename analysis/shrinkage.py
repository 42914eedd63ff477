"""Estimates of several groups, drawn together as far as their errors allow: none is told by noise to be the worst.

Groups differ from their common mean by normal deviations with standard deviation tau, which is not known: it is
integrated out, so that the intervals have in them that few groups say little of it. Its prior is half-Cauchy with the
groups' mean standard error for scale, under which neither complete pooling nor none is favoured.

Source: Gelman (2006), Bayesian Analysis 1, 515-533; Polson and Scott (2012), Bayesian Analysis 7, 887-902.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

_POINTS = 160  # of the grid over tau; twice as many move an end by less than 0.002 standard errors
_HALVINGS = 40


class Shrunken(NamedTuple):
    """Groups after shrinkage.

    Attributes:
        mean: Posterior mean of each group, shape (G,).
        low: Lower end of its interval.
        high: Upper end.
        tau: Posterior mean of the standard deviation between groups.
    """

    mean: Floats
    low: Floats
    high: Floats
    tau: float


def shrink(estimate: Floats, covariance: Floats, confidence: float) -> Shrunken:
    """Draw the estimates of groups towards their common mean.

    Args:
        estimate: Of each group, at least two, shape (G,).
        covariance: Of their errors, positive definite, shape (G, G).
        confidence: Of the intervals.
    """
    grid, weight = _grid(estimate, covariance)
    at, error = _given(estimate, covariance, grid)
    outside = (1 - confidence) / 2
    return Shrunken(
        weight @ at,
        _quantile(outside, weight, at, error),
        _quantile(1 - outside, weight, at, error),
        float(weight @ grid),
    )


def _grid(estimate: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Return points of tau that its prior makes equally likely, and their posterior weights."""
    scale = float(np.sqrt(np.diag(covariance)).mean())
    tau = scale * np.tan(np.pi / 2 * (np.arange(_POINTS) + 0.5) / _POINTS)
    values, vectors = np.linalg.eigh(covariance)
    y, one = vectors.T @ estimate, vectors.T @ np.ones(len(estimate))
    precision = 1 / (values + tau[:, None] ** 2)
    total = precision @ one**2
    centre = (precision @ (y * one)) / total
    left = y - centre[:, None] * one
    log = 0.5 * (np.log(precision).sum(axis=1) - np.log(total) - (precision * left**2).sum(axis=1))
    weight = np.exp(log - log.max())
    return tau, weight / weight.sum()


def _given(estimate: Floats, covariance: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the groups at each tau, the common mean integrated out, shape (T, G)."""
    groups = len(estimate)
    right = np.column_stack([covariance, estimate, np.ones(groups)])
    solved = np.linalg.solve(covariance + tau[:, None, None] ** 2 * np.eye(groups), right)
    pulled, y, total = solved[..., :groups], solved[..., groups], solved[..., -1].sum(axis=1)
    centre = y.sum(axis=1) / total
    share = pulled.sum(axis=1)  # covariance times precision times 1: what the common mean counts in each group
    mean = estimate - y @ covariance + centre[:, None] * share
    own = np.diag(covariance) - np.einsum("gh,thg->tg", covariance, pulled)
    return mean, np.sqrt(np.maximum(own + share**2 / total[:, None], 0.0))


def _quantile(level: float, weight: Floats, mean: Floats, error: Floats) -> Floats:
    """Return a quantile of each group's mixture of normals, shape (G,), by halving."""
    reach = 12 * error.max(axis=0)
    low, high = mean.min(axis=0) - reach, mean.max(axis=0) + reach
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = weight @ ndtr((middle - mean) / error) < level
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)
