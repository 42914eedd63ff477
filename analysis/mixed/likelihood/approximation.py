"""The Laplace approximation of a generalised linear mixed model: deviance and analytic gradient.

With standard normal u, linear predictor eta = X beta + Z Lambda u, log-likelihood l(eta, tau) and W = diag(-d²l/deta²),

    d(theta, beta, tau) = -2 l + u'u + log |M|,   M = Lambda'Z'W Z Lambda + I,   at the u that minimises -2 l + u'u,

approximates -2 log of the likelihood integrated over u; the error falls with the number of rows per level. The gradient
follows the modes: with h the leverages diag(Z Lambda M⁻¹ Lambda'Z') and w' = dw/deta, log |M| changes by w'h per unit of
eta, and the modes move against it by a = M⁻¹ Lambda'Z'(w'h). docs/statistics.md derives the rest.
"""

from typing import NamedTuple

import numpy as np

from standfast.analysis.mixed.likelihood.blocks import Blocks
from standfast.analysis.mixed.likelihood.factor import Factor, factorise, invert, outer_by_term, solve
from standfast.analysis.mixed.likelihood.pirls import Lambda, LaplaceSystem, Modes, apply, cross_products_at, find_modes
from standfast.analysis.mixed.likelihood.terms import Floats, pack, unpack


class Laplace(NamedTuple):
    """The Laplace approximation at one point.

    Attributes:
        deviance: -2 log-likelihood.
        theta: Gradient, shape (m,).
        beta: Gradient, shape (p,).
        thresholds: Gradient, shape (J - 1,).
        modes: Where it was taken.
        blocks: Z'WZ there, bordered by X if beta was sought too; start of the next search.
        factor: `factorise` of them.
    """

    deviance: float
    theta: Floats
    beta: Floats
    thresholds: Floats
    modes: Modes
    blocks: Blocks
    factor: Factor


def laplace(
    system: LaplaceSystem,
    theta: Floats,
    thresholds: Floats,
    start: Floats,
    *,
    joint: bool,
    tolerance: float,
    stale: Blocks | None = None,
    known: Factor | None = None,
) -> Laplace:
    """Return the Laplace deviance with its gradient.

    Args:
        system: Data.
        theta: Shape (m,).
        thresholds: Shape (J - 1,).
        start: u and beta where the search for the modes starts, shape (G b + r + p,).
        joint: Take beta at the minimum of the penalised deviance (glmer's nAGQ = 0), else as in `start`.
        tolerance: Decrease of the penalised deviance at which the modes count as found.
        stale: Cross-products from near by, tried before those at `start`.
        known: Their factor at theta, where it is known.

    Raises:
        SingularSystemError: Cross-products are not finite, or with `joint` those of X are singular.
    """
    L = unpack(system.terms, theta) if system.merged is None else system.merged.factors(theta)
    places, r = system.places, system.places.rest
    found = find_modes(system, L, thresholds, start, joint=joint, tolerance=tolerance, stale=stale, known=known)
    blocks = cross_products_at(system, found.at.weight, joint=joint)
    factor = factorise(places, blocks, L)
    inverse = invert(places, blocks, factor, r)
    leverage = system.pattern.quadratic(inverse.blocks)
    bend = found.at.slope * leverage  # d log |M| / d eta
    factors, size = Lambda(factor.lead, factor.rest), r + system.p * joint
    pulled = apply(places, factors, system.transposed @ bend, transpose=True)
    adjoint = np.zeros(system.q + system.p)
    adjoint[: len(found.x) if joint else system.q] = solve(
        places, blocks, factor, pulled[: places.groups * places.width + size], size
    )
    moved = system.design @ apply(places, factors, adjoint)
    score = system.transposed @ found.at.score
    whole = system.transposed @ (bend - found.at.weight * moved) - 2 * score
    by_level = outer_by_term(places, whole, found.x)
    implied = outer_by_term(places, score, adjoint)
    gradient = [a + c + 2 * t for a, c, t in zip(by_level, implied, inverse.trace, strict=True)]
    return Laplace(
        deviance=found.objective - 2 * system.response.log_constant + factor.log_det_z,
        theta=pack(system.terms, gradient) if system.merged is None else system.merged.gradient(theta, gradient),
        beta=whole[system.q :],
        thresholds=system.response.threshold_gradient(found.eta, thresholds, leverage, moved),
        modes=found,
        blocks=blocks,
        factor=factor,
    )
