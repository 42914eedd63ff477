"""Minimising a smooth function of a few parameters from a good guess of its curvature."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import linalg

from standfast.analysis.mixed.likelihood.terms import Floats, Ints

Function = Callable[[Floats], tuple[float, Floats]]


class Found(NamedTuple):
    """Where a search ended.

    Attributes:
        x: Shape (k,).
        value: There; infinite if even the start has none.
        gradient: There, shape (k,).
        inverse: Estimate of the inverse Hessian, shape (k, k).
        settled: Whether the expected decrease fell below the tolerance.
    """

    x: Floats
    value: float
    gradient: Floats
    inverse: Floats
    settled: bool


def bfgs(
    evaluate: Function, x: Floats, inverse: Floats, *, tolerance: float, noise: float, steps: int, longest: float
) -> Found:
    """Minimise by BFGS steps with backtracking.

    Args:
        evaluate: Value and gradient; the value is infinite where it does not exist.
        x: Start, shape (k,).
        inverse: First guess of the inverse Hessian, shape (k, k).
        tolerance: Expected decrease at which the search ends.
        noise: Error of a value.
        steps: At most.
        longest: Largest change of a coordinate in one step.

    Source: Nocedal and Wright, Numerical Optimization (2006), algorithm 6.1, with steps that are not positively curved
        left out of the update.
    """
    value, gradient = evaluate(x)
    for _ in range(steps):
        direction = -inverse @ gradient
        if -float(gradient @ direction) / 2 < tolerance:
            return Found(x, value, gradient, inverse, True)
        direction *= min(1.0, longest / float(np.abs(direction).max()))
        moved = _backtrack(evaluate, x, value, float(gradient @ direction), direction, noise)
        if moved is None:
            break
        step, (value, new) = moved
        x = x + step
        inverse = _updated(inverse, step, new - gradient)
        gradient = new
    return Found(x, value, gradient, inverse, False)


def _backtrack(
    evaluate: Function, x: Floats, value: float, slope: float, direction: Floats, noise: float
) -> tuple[Floats, tuple[float, Floats]] | None:
    """Return the first step that lowers the value enough, with what is found there; None if none does."""
    length = 1.0
    for _ in range(20):
        found = evaluate(x + length * direction)
        rise = found[0] - value - length * slope
        if found[0] <= value + 1e-4 * length * slope + noise:
            return length * direction, found
        best = -slope * length / (2 * rise) if np.isfinite(rise) and rise > 0 else 0.1
        length *= float(np.clip(best, 0.1, 0.5))
    return None


def _updated(inverse: Floats, step: Floats, change: Floats) -> Floats:
    curvature = float(step @ change)
    if curvature <= 1e-10 * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return inverse
    image = inverse @ change
    both = np.outer(step, image)
    spread = (1 + float(change @ image) / curvature) / curvature
    return inverse + spread * np.outer(step, step) - (both + both.T) / curvature


def forward_hessian(gradient: Callable[[Floats], Floats], x: Floats, free: Ints, at_x: Floats, step: float) -> Floats:
    """Return second derivatives with respect to x[free], shape (f, f), by forward differences of the gradient.

    Args:
        gradient: Shape (k,) -> shape (k,).
        x: Shape (k,).
        free: Coordinates that count.
        at_x: Gradient at x, shape (k,).
        step: Of the differences, relative to coordinates beyond 1.
    """
    H = np.empty((len(free), len(free)))
    for row, i in enumerate(free):
        moved = x.copy()
        moved[i] += step * max(1.0, abs(float(x[i])))
        H[row] = (gradient(moved) - at_x)[free] / (moved[i] - x[i])
    return (H + H.T) / 2


def newton_step(H: Floats, gradient: Floats) -> tuple[Floats, float]:
    """Return the Newton step and its expected decrease, infinite where H is not positive definite."""
    try:
        step = -linalg.cho_solve(linalg.cho_factor(H), gradient)
    except linalg.LinAlgError:
        values, vectors = np.linalg.eigh(H)
        step = -vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-6 * np.abs(values).max()))
        return step, np.inf
    return step, -float(gradient @ step) / 2
