"""Maximum-likelihood fits of binomial and cumulative-logit mixed models by the Laplace approximation."""

from dataclasses import dataclass

import numpy as np

from standfast.analysis.mixed.likelihood.boundary import signs
from standfast.analysis.mixed.likelihood.cumulative import threshold_jacobian, thresholds_of
from standfast.analysis.mixed.likelihood.fixed import FixedFit, fit_fixed
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem, find_modes, hold, laplace_system
from standfast.analysis.mixed.likelihood.search import Optimum, runs_away, search
from standfast.analysis.mixed.likelihood.terms import Floats, diagonal, unpack

# A diagonal entry of theta below this counts as zero, as in lme4's isSingular.
SINGULAR = 1e-4
# Expected decrease of the deviance by another Newton step up to which the optimum counts as found.
_CONVERGED = 1e-6
# Smallest eigenvalue of the Hessian, scaled to a unit diagonal, at which the parameters can be told apart.
_IDENTIFIED = 1e-8
# Decrease of the penalised deviance at which modes count as found.
_MODES = 1e-13


@dataclass(frozen=True, slots=True, kw_only=True)
class LaplaceEstimate:
    """A fitted generalised linear mixed model, in the units of the system.

    Attributes:
        theta: Entries of L, shape (m,).
        beta: Fixed effects, shape (p,).
        thresholds: Increasing, shape (J - 1,); empty for a binomial response.
        deviance: -2 log-likelihood.
        joint_vcov: Covariance of (theta, beta, thresholds), twice the inverse Hessian of the deviance; NaN in rows and
            columns of parameters that have none: variances at zero, effects without a finite estimate.
        vcov: Of beta, shape (p, p).
        u: Conditional modes of u, shape (G b + r,).
        eta: Linear predictor at the modes, shape (M,).
        converged: Whether the gradient vanishes at a minimum, and all estimates are finite.
        singular: Whether a diagonal entry of theta is zero.
        messages: What stands in the way of finite estimates.
        n_evaluations: Of the deviance.
    """

    theta: Floats
    beta: Floats
    thresholds: Floats
    deviance: float
    joint_vcov: Floats
    vcov: Floats
    u: Floats
    eta: Floats
    converged: bool
    singular: bool
    messages: tuple[str, ...]
    n_evaluations: int


def fit(system: LaplaceSystem, merged: LaplaceSystem | None = None) -> LaplaceEstimate:
    """Minimise the Laplace deviance over theta, beta and thresholds.

    Where effects have no finite estimate, as many as need be are held at large values, the others found at that limit,
    and the estimate counts as not converged.

    Args:
        system: Data.
        merged: The same model with fewer random effects, on which parameters are sought.

    Raises:
        FitError: Columns of X are linearly dependent.
    """
    fixed = fit_fixed(system.response, system.cell, system.table)
    optimum = _optimum(merged or system, fixed)
    m, p = len(diagonal(system.terms)), system.p
    flips = signs(system.terms, optimum.point[:m])
    theta = optimum.point[:m] * _per_entry(system, flips)
    u = optimum.found.modes.x[: system.q].copy() if merged is None else _modes(system, theta, optimum, m)
    for position, flip in zip(system.places.positions, flips, strict=True):
        u[position] *= flip if merged is None else 1.0
    identified = _identified(optimum.hessian)
    joint = _covariance(system, optimum, flips) if identified else np.full((len(optimum.point),) * 2, np.nan)
    joint[m + fixed.infinite] = joint[:, m + fixed.infinite] = np.nan
    messages = _messages(system, fixed, theta, identified=identified)
    return LaplaceEstimate(
        theta=theta,
        beta=optimum.point[m : m + p],
        thresholds=thresholds_of(optimum.point[m + p :]),
        deviance=optimum.found.deviance,
        joint_vcov=joint,
        vcov=joint[m : m + p, m : m + p],
        u=u,
        eta=optimum.found.modes.eta,
        converged=not messages and optimum.decrement < _CONVERGED,
        singular=bool((theta[diagonal(system.terms)] < SINGULAR).any()),
        messages=messages,
        n_evaluations=optimum.n_evaluations,
    )


def _modes(system: LaplaceSystem, theta: Floats, optimum: Optimum, m: int) -> Floats:
    """Return the conditional modes of u, found at parameters that were sought with other random effects."""
    beta, free = np.split(optimum.point[m:], [system.p])
    start = np.concatenate([np.zeros(system.q), beta])
    L = unpack(system.terms, theta)
    found = find_modes(system, L, thresholds_of(free), start, joint=False, tolerance=_MODES, stale=None)
    return found.x[: system.q]


def _optimum(system: LaplaceSystem, fixed: FixedFit) -> Optimum:
    """Search with the columns that have to be held taken out, and put them back."""
    if not len(fixed.held):
        return search(system, fixed)
    optimum = search(hold(system, fixed.held, fixed.beta), fixed.without(fixed.held))
    first = len(diagonal(system.terms))
    kept = np.delete(np.arange(len(optimum.point) + len(fixed.held)), first + fixed.held)
    point = np.empty(len(kept) + len(fixed.held))
    point[kept], point[first + fixed.held] = optimum.point, fixed.beta[fixed.held]
    return optimum._replace(point=point, free=kept[optimum.free])


def _per_entry(system: LaplaceSystem, flips: list[Floats]) -> Floats:
    """Return what multiplies each entry of theta when columns change their signs, shape (m,)."""
    return np.array([flip[j] for term, flip in zip(system.terms, flips, strict=True) for _, j in term.entries])


def _identified(hessian: Floats) -> bool:
    """Tell whether the deviance is curved in every direction."""
    scale = np.sqrt(np.abs(np.diag(hessian)))
    if not (np.isfinite(hessian).all() and (scale > 0).all()):
        return False
    return not len(scale) or bool(np.linalg.eigvalsh(hessian / np.outer(scale, scale))[0] > _IDENTIFIED)


def _covariance(system: LaplaceSystem, optimum: Optimum, flips: list[Floats]) -> Floats:
    """Return twice the inverse Hessian in (theta, beta, thresholds), NaN outside the free coordinates."""
    m, n = len(diagonal(system.terms)), len(optimum.point)
    J = np.eye(n)
    J[:m, :m] = np.diag(_per_entry(system, flips))
    J[m + system.p :, m + system.p :] = threshold_jacobian(optimum.point[m + system.p :])
    at = np.ix_(optimum.free, optimum.free)
    joint = np.full((n, n), np.nan)
    joint[at] = J[at] @ (2 * np.linalg.inv(optimum.hessian)) @ J[at].T
    return joint


def _messages(system: LaplaceSystem, fixed: FixedFit, theta: Floats, *, identified: bool) -> tuple[str, ...]:
    said = []
    if len(fixed.infinite):
        names = ", ".join(system.names[i] for i in fixed.infinite)
        said.append(f"Separation: along {names} the responses are predicted perfectly; no finite estimate exists.")
    entries = [name for term in system.terms for name in term.theta_names]
    large = [name for name, away in zip(entries, runs_away(theta), strict=True) if away]
    if large:
        said.append(
            f"No finite variance: {', '.join(large)} grows without end, as where each level shows one response only."
        )
    if not identified:
        said.append("The data do not tell the parameters apart: the likelihood is flat around its optimum.")
    return tuple(said)


__all__ = ["LaplaceEstimate", "LaplaceSystem", "fit", "laplace_system"]
