"""Degrees of freedom by Satterthwaite's method, as lmerTest finds them.

The variance of a row, l' vcov(beta) l, is a function of (theta, sigma). Its own variance follows from the curvature of
the deviance by the delta method, and the degrees of freedom are those of the chi-square with the same mean and
variance. Source: Kuznetsova, Brockhoff and Christensen (2017), J. Stat. Softw. 82(13), section 2; Fai and Cornelius
(1996), J. Stat. Comput. Simul. 54, 363-378, for several rows.
"""

from dataclasses import dataclass
from itertools import chain

import numpy as np

from standfast.analysis.mixed.fitted import MixedFit
from standfast.analysis.mixed.inference.ftest import FTest, components
from standfast.analysis.mixed.inference.ftest import f_test as tested
from standfast.analysis.mixed.likelihood.factor import Factor, invert, outer_by_term
from standfast.analysis.mixed.likelihood.linear import System, factor_at, hessian, modes, unscaled_covariance
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, diagonal, pack, unpack
from standfast.analysis.mixed.likelihood.threads import one_thread
from standfast.errors import FitError

# Directions in which the deviance curves less than this share of the most curved one count as flat.
_FLAT = 1e-8
# Degrees of freedom that differ by less than this share count as equal; their numerical error is about 1e-7.
_EQUAL = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceJacobian:
    """How vcov(beta) depends on the f free entries of theta and on sigma, and how well these are known.

    Attributes:
        jacobian: Derivatives of vcov(beta), sigma's last, shape (f + 1, p, p).
        covariance: Covariance of (free theta, sigma), twice the inverse Hessian of the deviance, shape (f + 1, f + 1).
        free: Entries of theta that do not lie on their boundary, shape (f,).
        flat: Directions without curvature, which were left out; above 0 only where no optimum was found.
    """

    jacobian: Floats
    covariance: Floats
    free: Ints
    flat: int


def variance_jacobian(fit: MixedFit) -> VarianceJacobian:
    """Return what the degrees of freedom of any row follow from, in the user's units of beta.

    Raises:
        FitError: The model is not gaussian.
    """
    if not isinstance(fit.system, System):
        message = f"Satterthwaite: a {fit.family} model has no residual variance; take degrees of freedom by levels"
        raise FitError(message)
    with one_thread():
        inner = of_system(
            fit.system, fit.inner.theta, fit.sigma / fit.unit, reml=fit.method == "REML", merged=fit.merged
        )
    x = fit.design.scaling.x
    return VarianceJacobian(
        jacobian=fit.unit**2 * inner.jacobian / np.outer(x, x),
        covariance=inner.covariance,
        free=inner.free,
        flat=inner.flat,
    )


def of_system(
    system: System, theta: Floats, sigma: float, *, reml: bool, merged: System | None = None
) -> VarianceJacobian:
    """Return the same for a scaled system at its optimum; where there is one, from its merged form."""
    system = merged or system
    factor = factor_at(system, theta)
    free = np.flatnonzero(~(diagonal(system.terms) & (theta == 0)))
    slopes = sigma**2 * unscaled_slopes(system, factor, theta)[free]
    to_sigma = 2 * sigma * unscaled_covariance(system, factor)
    covariance, flat = _doubled_inverse(_curvature(system, factor, theta, sigma, free, reml))
    return VarianceJacobian(
        jacobian=np.concatenate([slopes, to_sigma[None]]), covariance=covariance, free=free, flat=flat
    )


def unscaled_slopes(system: System, factor: Factor, theta: Floats) -> Floats:
    """Return the derivatives of the unscaled covariance of beta with respect to theta, shape (m, p, p).

    With V = I + Z Lambda Lambda'Z' and N = Z'V^-1 X (X'V^-1 X)^-1, they are N'(dL L' + L dL')N summed over a term's
    levels. N follows from the part of M^-1 that X borders.
    """
    places, A = system.places, system.blocks
    r, size = places.rest, places.rest + system.p
    inverse = invert(places, A, factor, size).blocks
    lead, side = inverse.border[:, :, r:], inverse.rest[:, r:]
    N_lead = A.lead @ lead + A.border[:, :, :size] @ side
    N_rest = np.einsum("lbr,lbp->rp", A.border[:, :, :r], lead, optimize=True) + A.rest[:r, :size] @ side
    N = np.concatenate([N_lead.reshape(-1, system.p), N_rest])
    slopes: list[list[Floats]] = [[]] * len(system.terms)
    L, families = unpack(system.terms, theta), () if system.merged is None else system.merged.families
    for family, position in zip(families, places.positions, strict=False):
        here = N[position]
        for k, share in zip(family.members, family.shares, strict=True):
            turned = ((family.rotation * share) @ family.rotation.T) @ here
            slopes[k] = [2 * L[k][0, 0] * np.einsum("lip,liq->pq", here, turned, optimize=True)]
    alone = range(len(system.terms)) if system.merged is None else system.merged.alone
    for k, position in zip(alone, places.positions[len(families) :], strict=True):
        here = N[position]
        half = np.einsum("lip,ljq->ijpq", here, L[k].T @ here, optimize=True)
        slopes[k] = [half[i, j] + half[i, j].T for i, j in system.terms[k].entries]
    return np.array(list(chain.from_iterable(slopes)))


def _curvature(system: System, factor: Factor, theta: Floats, sigma: float, free: Ints, reml: bool) -> Floats:
    """Return the Hessian of the deviance with respect to (theta[free], sigma), shape (f + 1, f + 1)."""
    u, _, z_residual = modes(system, factor)
    pulls = outer_by_term(system.places, z_residual, u)
    pull = pack(system.terms, pulls) if system.merged is None else system.merged.gradient(theta, pulls)  # of −r²/2
    freedom = system.n - (system.p if reml else 0)
    r2 = float(factor.root[-1, -1] ** 2)
    H = np.empty((len(free) + 1, len(free) + 1))
    H[:-1, :-1] = hessian(system, theta, free, reml=reml, sigma=sigma)
    H[-1, :-1] = H[:-1, -1] = 4 * pull[free] / sigma**3
    H[-1, -1] = 6 * r2 / sigma**4 - 2 * freedom / sigma**2
    return H


def _doubled_inverse(H: Floats) -> tuple[Floats, int]:
    """Return twice the inverse over the curved directions, and the number of the others."""
    values, vectors = np.linalg.eigh(H)
    curved = values > _FLAT * values[-1]
    kept = vectors[:, curved]
    return 2 * (kept / values[curved]) @ kept.T, int((~curved).sum())


def degrees(rows: Floats, vcov: Floats, jacobian: VarianceJacobian) -> Floats:
    """Return the degrees of freedom of each row, shape (k,); NaN for a row of zeros.

    Args:
        rows: Shape (k, p).
        vcov: Covariance of beta, shape (p, p).
        jacobian: `variance_jacobian` of the same fit.
    """
    variance = np.einsum("kp,pq,kq->k", rows, vcov, rows, optimize=True)
    gradient = np.einsum("kp,jpq,kq->kj", rows, jacobian.jacobian, rows, optimize=True)
    spread = np.einsum("ki,ij,kj->k", gradient, jacobian.covariance, gradient, optimize=True)
    df: Floats = np.divide(2 * variance**2, spread, out=np.full(len(rows), np.nan), where=spread > 0)
    return df


def f_test(rows: Floats, beta: Floats, vcov: Floats, jacobian: VarianceJacobian) -> FTest:
    """Test that rows @ beta = 0.

    Args:
        rows: Shape (q, p); redundant ones are left out.
        beta: Shape (p,).
        vcov: Its covariance, shape (p, p).
        jacobian: `variance_jacobian` of the same fit.

    Source: lmerTest's contestMD; Fai and Cornelius (1996).
    """
    parts = components(rows, vcov)
    count = len(parts.variance)
    if not count:
        return FTest(np.nan, 0, np.nan, np.nan)
    statistic = float(((parts.rows @ beta) ** 2 / parts.variance).mean())
    return tested(statistic, count, _pooled(degrees(parts.rows, vcov, jacobian)))


def _pooled(df: Floats) -> float:
    """Return the F test's denominator degrees of freedom from those of its uncorrelated parts."""
    if (np.abs(np.diff(df)) < _EQUAL * df[1:]).all():
        return float(df.mean())
    if not (df > 2).all():
        return 2.0
    expected = float((df / (df - 2)).sum())
    return 2 * expected / (expected - len(df))
