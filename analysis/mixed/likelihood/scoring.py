"""Newton steps in variances, which cannot be negative, with a curvature that is never negative."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import optimize

from standfast.analysis.mixed.likelihood.terms import Floats

# Steps at most, the shortest share of one that is tried, and the share of the largest curvature that each has at least.
_STEPS, _SHORTEST, _FLAT = 30, 1e-3, 1e-8


class Point(NamedTuple):
    """What is known at one theta.

    Attributes:
        value: Of the deviance.
        gradient: With respect to theta, shape (k,).
        information: Gives about the second derivatives with respect to theta², shape (k, k).
    """

    value: float
    gradient: Floats
    information: Callable[[], Floats]


def score(
    evaluate: Callable[[Floats], Point | None], theta: Floats, here: Point, *, low: float, high: float, enough: float
) -> tuple[Floats, Point]:
    """Return a theta of which no step promises much, shape (k,), and what is known there.

    Args:
        evaluate: What is known at a theta; `None` where the deviance does not exist.
        theta: Start, shape (k,), all entries from low to high.
        here: What is known at the start.
        low: Least entry; zero itself would hold the search, since the gradient is zero there. Entries are left at it
            where the deviance falls towards zero.
        high: Largest entry.
        enough: Expected decrease of the deviance at which the search ends.
    """
    variance = theta**2
    for _ in range(_STEPS):
        slope = here.gradient / (2 * np.sqrt(variance))
        step = _inside(here.information(), slope, low**2 - variance)
        if -float(slope @ step) / 2 < enough:
            break
        moved = _backtrack(evaluate, variance, step, here.value, (low**2, high**2))
        if moved is None:
            break
        variance, here = moved
    return np.sqrt(variance), here


def _backtrack(
    evaluate: Callable[[Floats], Point | None],
    variance: Floats,
    step: Floats,
    value: float,
    bounds: tuple[float, float],
) -> tuple[Floats, Point] | None:
    """Return the first variances along a step that lower the deviance, with what is known there; `None` if none do."""
    length = 1.0
    while length > _SHORTEST:
        trial = np.clip(variance + length * step, *bounds)
        there = evaluate(np.sqrt(trial))
        if there is not None and there.value < value:
            return trial, there
        length /= 4
    return None


def _inside(H: Floats, g: Floats, low: Floats) -> Floats:
    """Return the step to the least value of g's + s'Hs / 2 among those with s >= low; none where that is not known."""
    if not (np.isfinite(H).all() and np.isfinite(g).all()):
        return np.zeros_like(g)
    values, vectors = np.linalg.eigh(H)
    size = np.maximum(values, _FLAT * max(float(values.max()), _FLAT))
    root = np.sqrt(size)[:, None] * vectors.T  # root'root = H
    try:
        beyond, _ = optimize.nnls(root, -(vectors.T @ g) / np.sqrt(size) - root @ low)
    except RuntimeError:  # it gave up
        return np.maximum(damped_step(H, g), low)
    return np.asarray(low + beyond)


def damped_step(H: Floats, g: Floats) -> Floats:
    """Return the Newton step, with negative curvature turned and flat directions damped."""
    if not len(g):
        return g
    values, vectors = np.linalg.eigh(H)
    size = np.maximum(np.abs(values), _FLAT * max(float(np.abs(values).max()), _FLAT))
    return np.asarray(-vectors @ ((vectors.T @ g) / size))
