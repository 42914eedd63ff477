"""Linear mixed models: the profiled REML or ML deviance, its gradient, and the fit.

Arrays in, frozen results out. Everything here is on the scaled system: columns of X and Z of about unit size, and a
response that was shifted by an ordinary least-squares fit and divided by its residual size. After the cross-products
are taken, nothing depends on the number of rows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse
from scipy.optimize import minimize

from standfast.analysis.mixed.likelihood.blocks import (
    Blocks,
    Factor,
    by_term,
    cross_products,
    factorise,
    invert,
    outer_by_term,
    times_lambda,
    times_rest,
)
from standfast.analysis.mixed.likelihood.layout import Layout
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term, diagonal, pack, unpack

# A diagonal entry of theta below this counts as zero, as in lme4's isSingular.
SINGULAR = 1e-4
# The largest entry of theta that is tried. There the random effects leave next to no residual.
HIGHEST = 1e4
# Where the search starts, and where it looks outward from a boundary.
_START, _OUTWARD = 0.5, 0.01
# Expected decrease of the deviance at which the optimum counts as found if no step can be taken, and at which none is.
_CONVERGED, _NOTHING = 1e-6, 1e-10
_STEP, _FORWARD = 1e-4, 1e-6  # of the central and forward differences of the analytic gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """All that the likelihood needs of the data.

    Attributes:
        terms: Random-effects terms, in theta's order.
        places: Layout of Z.
        blocks: Cross-products of [Z X y], the response last: k = r + p + 1.
        p: Columns of X.
        n: Rows of the data.
        log_weights: Sum of the logarithms of the rows' weights.
    """

    terms: tuple[Term, ...]
    places: Layout
    blocks: Blocks
    p: int
    n: int
    log_weights: float


class Solution(NamedTuple):
    """What is known at one theta.

    Attributes:
        deviance: Profiled REML criterion or −2 log-likelihood.
        gradient: With respect to theta, shape (k,).
        r2: Penalised residual sum of squares.
    """

    deviance: float
    gradient: Floats
    r2: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianEstimate:
    """A fitted linear mixed model, in the units of the system.

    Attributes:
        theta: Entries of L, shape (k,).
        beta: Fixed effects, shape (p,).
        sigma: Residual standard deviation.
        unscaled: Covariance of beta divided by sigma², shape (p, p).
        u: Conditional modes, shape (G b + r,): the random effects are b = Λ u, in the response's unit.
        deviance: REML criterion or −2 log-likelihood.
        converged: Whether the gradient vanishes, but for entries on their boundary.
        singular: Whether a diagonal entry of theta is zero.
        n_evaluations: Of the deviance.
    """

    theta: Floats
    beta: Floats
    sigma: float
    unscaled: Floats
    u: Floats
    deviance: float
    converged: bool
    singular: bool
    n_evaluations: int


def with_response(
    places: Layout, Z: sparse.csr_array, X: Floats, weight: Floats, mean: Floats, within: float
) -> Blocks:
    """Return the cross-products of [Z X y].

    Args:
        places: Layout of Z.
        Z: Shape (M, G b + r).
        X: Shape (M, p).
        weight: Total weight of each distinct row, shape (M,).
        mean: Weighted mean of the response in it, shape (M,).
        within: Sum over all data of weight × squared distance from that mean.
    """
    A = cross_products(places, Z, X, weight)
    wy = weight * mean
    zy, xy = Z.T @ wy, X.T @ wy
    split = places.groups * places.width
    side = np.concatenate([zy[split:], xy])
    corner = np.append(side, within + float(mean @ wy))
    border = np.concatenate([A.border, zy[:split].reshape(places.groups, places.width, 1)], axis=2)
    rest = np.block([[A.rest, side[:, None]], [corner[None, :]]])
    return Blocks(A.lead, border, rest)


def response(system: System) -> tuple[Floats, Floats, float]:
    """Return Z'y, X'y and y'y of a system."""
    A, r = system.blocks, system.places.rest
    zy = np.concatenate([A.border[:, :, -1].ravel(), A.rest[:r, -1]])
    return zy, A.rest[r:-1, -1], float(A.rest[-1, -1])


def replace_response(system: System, zy: Floats, xy: Floats, yy: float) -> System:
    """Return the system with another response, such as a simulated one."""
    places, A = system.places, system.blocks
    split = places.groups * places.width
    border, rest = A.border.copy(), A.rest.copy()
    border[:, :, -1] = zy[:split].reshape(places.groups, places.width)
    rest[-1] = rest[:, -1] = np.concatenate([zy[split:], xy, [yy]])
    return System(
        terms=system.terms,
        places=places,
        blocks=Blocks(A.lead, border, rest),
        p=system.p,
        n=system.n,
        log_weights=system.log_weights,
    )


def factor_at(system: System, theta: Floats) -> Factor:
    """Factorise the system at theta."""
    return factorise(system.places, system.blocks, unpack(system.terms, theta), extra=1)


def deviance(system: System, theta: Floats, *, reml: bool, sigma: float | None = None) -> float:
    """Return the deviance, profiled over beta and, unless given, sigma.

    Source: Bates et al. (2015), equations 34 (ML) and 42 (REML).
    """
    return _deviance(system, factor_at(system, theta), reml, sigma)


def _deviance(system: System, factor: Factor, reml: bool, sigma: float | None) -> float:
    r2, freedom = _r2(factor), system.n - (system.p if reml else 0)
    log_det = factor.log_det_z + (factor.log_det_x if reml else 0.0)
    variance = r2 / freedom if sigma is None else sigma**2
    return float(log_det + freedom * np.log(2 * np.pi * variance) + r2 / variance - system.log_weights)


def _r2(factor: Factor) -> float:
    return float(factor.root[-1, -1] ** 2)


def solution(system: System, theta: Floats, *, reml: bool, sigma: float | None = None) -> Solution:
    """Return the deviance at theta with its gradient.

    d/dL of log |M| is 2 Σ (A Λ M⁻¹), and that of r² is −2 Σ z'(y − Xβ − Zb) u', both summed over the term's levels.
    """
    factor = factor_at(system, theta)
    size = system.places.rest + (system.p if reml else 0)
    u, _, z_residual = modes(system, factor)
    freedom = system.n - (system.p if reml else 0)
    scale = freedom / _r2(factor) if sigma is None else sigma**-2
    trace = invert(system.places, system.blocks, factor, size).trace
    pull = outer_by_term(system.places, z_residual, u)
    gradient = pack(system.terms, [2 * (G - scale * P) for G, P in zip(trace, pull, strict=True)])
    return Solution(_deviance(system, factor, reml, sigma), gradient, _r2(factor))


class Modes(NamedTuple):
    """Conditional modes at one theta.

    Attributes:
        u: Shape (G b + r,).
        beta: Shape (p,).
        z_residual: Z'W(y − Xβ − Zb), shape (G b + r,).
    """

    u: Floats
    beta: Floats
    z_residual: Floats


def modes(system: System, factor: Factor) -> Modes:
    """Return the conditional modes of u, and beta, from the factor's last row."""
    places, A = system.places, system.blocks
    G, b, _ = A.border.shape
    r = places.rest
    x = linalg.solve_triangular(factor.root[:-1, :-1], factor.root[-1, :-1], lower=True, trans="T", check_finite=False)
    effects = times_rest(places, factor.rest, x)
    right = A.border[:, :, -1] - A.border[:, :, :-1] @ effects
    first = np.einsum("lac,lc->la", factor.inverse, right @ factor.lead)
    lead = first @ factor.lead.T
    left_lead = right - np.einsum("lac,lc->la", A.lead, lead)
    left_rest = A.rest[:r, -1] - A.rest[:r, :-1] @ effects - A.border[:, :, :r].reshape(G * b, r).T @ lead.ravel()
    return Modes(np.concatenate([first.ravel(), x[:r]]), x[r:], np.concatenate([left_lead.ravel(), left_rest]))


def unscaled_covariance(system: System, factor: Factor) -> Floats:
    """Return the covariance of beta divided by sigma², shape (p, p)."""
    at = slice(system.places.rest, system.places.rest + system.p)
    inverse = linalg.solve_triangular(factor.root[at, at], np.eye(system.p), lower=True, check_finite=False)
    product: Floats = inverse.T @ inverse
    return product


def hessian(system: System, theta: Floats, free: Ints, *, reml: bool, sigma: float | None = None) -> Floats:
    """Return second derivatives of the deviance with respect to theta[free], shape (f, f).

    By central differences of the analytic gradient.
    """

    def gradient(at: Floats) -> Floats:
        return solution(system, at, reml=reml, sigma=sigma).gradient

    H = np.zeros((len(free), len(free)))
    for row, i in enumerate(free):
        step = np.zeros_like(theta)
        step[i] = _STEP * max(1.0, abs(theta[i]))
        H[row] = (gradient(theta + step) - gradient(theta - step))[free] / (2 * step[i])
    return (H + H.T) / 2


def fit(system: System, *, reml: bool = True, start: Floats | None = None) -> GaussianEstimate:
    """Minimise the deviance over theta.

    A bounded quasi-Newton search, Newton steps with the Hessian of the free entries, and a look outward from every
    entry on the boundary, where the gradient is zero whether or not it is a minimum.

    Args:
        system: Cross-products.
        reml: REML, else ML.
        start: Where the search starts, shape (k,); by default 0.5 on the diagonals.
    """
    search = _Search(system, reml)
    usual = np.where(diagonal(system.terms), _START, 0.0)
    theta, converged = search.from_start(usual if start is None else start)
    for again in () if converged else (usual, 2 * usual, theta + usual):
        other, settled = search.from_start(again)
        if search.value(other) <= search.value(theta) + 1e-9:
            theta, converged = other, settled
        if converged:
            break
    factor = factor_at(system, theta)
    u, beta, _ = modes(system, factor)
    freedom = system.n - (system.p if reml else 0)
    return GaussianEstimate(
        theta=theta,
        beta=beta,
        sigma=float(np.sqrt(_r2(factor) / freedom)),
        unscaled=unscaled_covariance(system, factor),
        u=u,
        deviance=_deviance(system, factor, reml, None),
        converged=converged,
        singular=bool((theta[diagonal(system.terms)] < SINGULAR).any()),
        n_evaluations=search.n_evaluations,
    )


class _Search:
    """The search for theta; counts its evaluations."""

    def __init__(self, system: System, reml: bool) -> None:
        self.system, self.reml, self.n_evaluations = system, reml, 0
        self.bounded = diagonal(system.terms)
        self.low = np.where(self.bounded, 0.0, -HIGHEST)

    def evaluate(self, theta: Floats) -> tuple[float, Floats]:
        self.n_evaluations += 1
        found = solution(self.system, theta, reml=self.reml)
        return found.deviance, found.gradient

    def value(self, theta: Floats) -> float:
        self.n_evaluations += 1
        return deviance(self.system, theta, reml=self.reml)

    def from_start(self, start: Floats) -> tuple[Floats, bool]:
        theta, converged = self.polish(self.run(start))
        theta, moved = self.leave_boundary(theta)
        return self.polish(theta) if moved else (theta, converged)

    def run(self, theta: Floats) -> Floats:
        options = {"maxiter": 500, "maxfun": 2000, "ftol": 1e-9, "gtol": 1e-4, "maxcor": 20}
        bounds = [(0.0 if bounded else -HIGHEST, HIGHEST) for bounded in self.bounded]
        found = minimize(self.evaluate, theta, jac=True, method="L-BFGS-B", bounds=bounds, options=options)  # type: ignore[call-overload]
        return np.asarray(found.x, dtype=np.float64)

    def polish(self, theta: Floats) -> tuple[Floats, bool]:
        """Take Newton steps; tell whether the last one promised next to nothing."""
        theta, decrement = self._snapped(theta), np.inf
        f, g = self.evaluate(theta)
        for _ in range(4):
            free = np.flatnonzero(~(self.bounded & (theta == 0)))
            H, last = self._hessian(theta, g, free), np.inf
            while True:  # steps with one Hessian, as long as they shrink quickly
                step = _descent(H, g[free])
                decrement = float(-g[free] @ step) / 2
                if decrement < _NOTHING:
                    return theta, True
                moved = self._line(theta, free, step, f)
                if moved is None:
                    return theta, decrement < _CONVERGED
                theta, f, g = moved
                if decrement > last / 10 or (self.bounded & (theta == 0))[free].any():
                    break
                last = decrement
        return theta, decrement < _CONVERGED

    def _hessian(self, theta: Floats, g: Floats, free: Ints) -> Floats:
        """Return second derivatives by forward differences of the gradient, which a Newton step can do with."""
        H = np.zeros((len(free), len(free)))
        for row, i in enumerate(free):
            step = np.zeros_like(theta)
            step[i] = _FORWARD * max(1.0, abs(theta[i]))
            H[row] = (self.evaluate(theta + step)[1] - g)[free] / step[i]
        return (H + H.T) / 2

    def _line(self, theta: Floats, free: Ints, step: Floats, f: float) -> tuple[Floats, float, Floats] | None:
        """Return the first point along a step that does not raise the deviance, with its deviance and gradient."""
        length = 1.0
        while length > 1e-3:
            trial = theta.copy()
            trial[free] += length * step
            trial = np.clip(trial, self.low, HIGHEST)
            value, gradient = self.evaluate(trial)
            if value <= f + 1e-12 * abs(f):
                return trial, value, gradient
            length /= 2
        return None

    def _snapped(self, theta: Floats) -> Floats:
        """Set small diagonal entries to zero where that does not raise the deviance."""
        for i in np.flatnonzero(self.bounded & (theta < 1e-2) & (theta > 0)):
            trial = theta.copy()
            trial[i] = 0.0
            if self.value(trial) <= self.value(theta) + 1e-9:
                theta = trial
        return theta

    def leave_boundary(self, theta: Floats) -> tuple[Floats, bool]:
        """Search again from a little outside the zero entries where the deviance falls.

        The deviance is even in an entry on its boundary, so that one gradient a little outside all of them shows the
        curvature along each.
        """
        zero = self.bounded & (theta == 0)
        if not zero.any():
            return theta, False
        outside = np.where(zero, _OUTWARD, theta)
        falls = zero & (self.evaluate(outside)[1] < 0)
        if not falls.any():
            return theta, False
        return self.run(np.where(falls, _OUTWARD, theta)), True


def _descent(H: Floats, g: Floats) -> Floats:
    """Return the Newton step, with negative curvature turned and flat directions damped."""
    if not len(g):
        return g
    values, vectors = np.linalg.eigh(H)
    size = np.maximum(np.abs(values), 1e-8 * max(float(np.abs(values).max()), 1e-8))
    return np.asarray(-vectors @ ((vectors.T @ g) / size))


__all__ = [
    "GaussianEstimate",
    "System",
    "by_term",
    "deviance",
    "factor_at",
    "fit",
    "hessian",
    "modes",
    "replace_response",
    "response",
    "solution",
    "times_lambda",
    "unscaled_covariance",
    "with_response",
]
