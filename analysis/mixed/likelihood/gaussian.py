"""The fit of a linear mixed model: the search for the theta that minimises the deviance."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from standfast.analysis.mixed.likelihood.factor import SingularSystemError
from standfast.analysis.mixed.likelihood.information import average_information, independent
from standfast.analysis.mixed.likelihood.linear import (
    Solution,
    System,
    deviance,
    factor_at,
    modes,
    penalised_squares,
    profiled,
    response,
    solution,
    unscaled_covariance,
)
from standfast.analysis.mixed.likelihood.scoring import Point, damped_step, score
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, diagonal, pack, unpack

# A diagonal entry of theta below this counts as zero, as in lme4's isSingular.
SINGULAR = 1e-4
# The largest entry of theta that is tried. There the random effects leave next to no residual.
HIGHEST = 1e4
# The quasi-Newton search stays this far from the boundary, where the gradient is zero and would hold it.
_FLOOR = 1e-3
# Where the search starts, and where it looks outward from a boundary.
_START, _OUTWARD = 0.5, 0.01
# Expected decrease of the deviance up to which average information is followed, and Hessians at most after that.
_ROUGH, _HESSIANS = 1e-8, 4
# Expected decrease of the deviance at which the optimum counts as found if no step can be taken, and at which none is.
_CONVERGED, _NOTHING = 1e-6, 1e-13
_FLAT = 1e-4  # slope of the deviance that counts as none
_FORWARD = 1e-6  # step of the forward differences of the analytic gradient


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


def fit(
    system: System, *, reml: bool = True, start: Floats | None = None, merged: System | None = None
) -> GaussianEstimate:
    """Minimise the deviance over theta.

    A bounded quasi-Newton search, Newton steps with the Hessian of the free entries, and a look outward from every
    entry on the boundary, where the gradient is zero whether or not it is a minimum.

    Args:
        system: Cross-products.
        reml: REML, else ML.
        start: Where the search starts, shape (k,); by default 0.5 on the diagonals.
        merged: The same model with fewer random effects, on which theta is sought.
    """
    search = _Search(merged or system, reml)
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
        sigma=float(np.sqrt(penalised_squares(factor) / freedom)),
        unscaled=unscaled_covariance(system, factor),
        u=u,
        deviance=profiled(system, factor, reml, None),
        converged=converged,
        singular=bool((theta[diagonal(system.terms)] < SINGULAR).any()),
        n_evaluations=search.n_evaluations,
    )


def is_reproduced(system: System, *, within: float) -> bool:
    """Tell whether the effects of one term, fewer than the rows, leave no residual.

    The deviance then has no minimum: it falls for ever as the term grows, and where a search ends is rounding.

    Args:
        system: Cross-products.
        within: Share of the response's standard deviation below which a residual is none.
    """
    of_term = np.repeat(np.arange(len(system.terms)), [len(term.entries) for term in system.terms])
    least = within**2 * response(system)[2]
    if penalised_squares(factor_at(system, np.where(diagonal(system.terms), HIGHEST, 0.0))) >= least:
        return False  # all terms together leave a residual, so each does
    for k, term in enumerate(system.terms):
        if term.q * term.s + system.p < system.n:
            theta = np.where(diagonal(system.terms) & (of_term == k), HIGHEST, 0.0)
            if penalised_squares(factor_at(system, theta)) < least:
                return True
    return False


class _Search:
    """The search for theta; counts its evaluations."""

    def __init__(self, system: System, reml: bool) -> None:
        self.system, self.reml, self.n_evaluations = system, reml, 0
        self.bounded = diagonal(system.terms)
        self.low = np.where(self.bounded, 0.0, -HIGHEST)

    def evaluate(self, theta: Floats) -> Solution:
        self.n_evaluations += 1
        return solution(self.system, theta, reml=self.reml)

    def value(self, theta: Floats) -> float:
        self.n_evaluations += 1
        return deviance(self.system, theta, reml=self.reml)

    def from_start(self, start: Floats) -> tuple[Floats, bool]:
        theta, converged = self.polish(self.run(start))
        beyond, moved = self.leave_boundary(theta)
        if not moved:
            return theta, converged
        other, settled = self.polish(beyond)
        return (other, settled) if self.value(other) <= self.value(theta) else (theta, converged)

    def run(self, theta: Floats) -> Floats:
        """Search from a start, and end near the optimum."""
        if independent(self.system.terms):
            return self._scored(theta)
        options = {"maxiter": 500, "maxfun": 2000, "ftol": 1e-9, "gtol": 1e-4, "maxcor": 20}
        bounds = [(_FLOOR if bounded else -HIGHEST, HIGHEST) for bounded in self.bounded]

        def evaluate(at: Floats) -> tuple[float, Floats]:
            found = self.evaluate(at)
            return found.deviance, found.gradient

        found = minimize(evaluate, theta, jac=True, method="L-BFGS-B", bounds=bounds, options=options)  # type: ignore[call-overload]
        return np.asarray(found.x, dtype=np.float64)

    def _scored(self, theta: Floats) -> Floats:
        def place(found: Solution) -> Point:
            return Point(found.deviance, found.gradient, lambda: average_information(self.system, found))

        def evaluate(at: Floats) -> Point | None:
            try:
                return place(self.evaluate(at))
            except SingularSystemError:
                return None

        start = np.clip(theta, _FLOOR, HIGHEST)
        theta, here = score(evaluate, start, place(self.evaluate(start)), low=_FLOOR, high=HIGHEST, enough=_ROUGH)
        return np.where((theta <= _FLOOR) & (here.gradient > 0), 0.0, theta)

    def polish(self, theta: Floats) -> tuple[Floats, bool]:
        """Take Newton steps; tell whether the last one promised next to nothing."""
        theta, decrement = self._snapped(theta), np.inf
        here = self.evaluate(theta)
        for attempt in range(_HESSIANS):
            free = np.flatnonzero(~(self.bounded & (theta == 0)))
            H, last = self._hessian(theta, here, free, exact=attempt > 1), np.inf
            while True:  # steps with one Hessian, as long as they shrink quickly
                step = damped_step(H, here.gradient[free])
                decrement = float(-here.gradient[free] @ step) / 2
                if decrement < _NOTHING:
                    return theta, True
                moved = self._line(theta, free, step, here.deviance)
                if moved is None:
                    return theta, decrement < _CONVERGED
                theta, here = moved
                if decrement > last / 10 or (self.bounded & (theta == 0))[free].any():
                    break
                last = decrement
        return theta, decrement < _CONVERGED

    def _hessian(self, theta: Floats, here: Solution, free: Ints, *, exact: bool) -> Floats:
        """Return second derivatives, which a Newton step can do with: of average information where there is one.

        Args:
            theta: Where they are taken.
            here: What is known there.
            free: Entries that count.
            exact: Take forward differences of the gradient.
        """
        if not exact and independent(self.system.terms):
            t, g = theta[free], here.gradient[free]
            return 4 * np.outer(t, t) * average_information(self.system, here)[np.ix_(free, free)] + np.diag(g / t)
        H = np.zeros((len(free), len(free)))
        for row, i in enumerate(free):
            step = np.zeros_like(theta)
            step[i] = _FORWARD * max(1.0, abs(theta[i]))
            H[row] = (self.evaluate(theta + step).gradient - here.gradient)[free] / step[i]
        return (H + H.T) / 2

    def _line(self, theta: Floats, free: Ints, step: Floats, f: float) -> tuple[Floats, Solution] | None:
        """Return the first point along a step that does not raise the deviance, with what is known there."""
        length = 1.0
        while length > 1e-3:
            trial = theta.copy()
            trial[free] += length * step
            trial = np.clip(trial, self.low, HIGHEST)
            found = self.evaluate(trial)
            if found.deviance <= f + 1e-12 * abs(f):
                return trial, found
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
        turned, slope = self._turned(theta)
        falls = zero & ((self.evaluate(np.where(zero, _OUTWARD, turned)).gradient < 0) | (slope < -_FLAT))
        if not falls.any():
            return theta, False
        return self.run(np.where(falls, _OUTWARD, turned)), True

    def _turned(self, theta: Floats) -> tuple[Floats, Floats]:
        """Turn the columns of L that start with a zero so that the deviance falls fastest as this grows.

        A column below a zero diagonal may be rotated into those after it, and change its sign: it is the same model,
        but there the deviance is not even in the diagonal.

        Returns:
            theta and, for those diagonals, the slope of the deviance in them; 0 elsewhere.
        """
        terms, L = self.system.terms, unpack(self.system.terms, theta)
        columns = [
            (t, j)
            for t, term in enumerate(terms)
            for j in range(term.s - 1)
            if term.correlated and L[t][j, j] == 0 and L[t][j + 1 :, j:].any()
        ]
        for t, j in columns:
            below = L[t][j + 1 :, j:]
            below[:, :-1], below[:, -1] = np.linalg.qr(below.T)[1].T, 0.0
        there = unpack(terms, self.evaluate(pack(terms, L)).gradient) if columns else L
        slopes = [np.zeros_like(factor) for factor in L]
        for t, j in columns:
            L[t][:, j] *= -1.0 if there[t][j, j] > 0 else 1.0
            slopes[t][j, j] = -abs(there[t][j, j])
        return pack(terms, L), pack(terms, slopes)
