"""The search for the parameters at which the Laplace deviance is lowest.

Two stages, as in lme4's `glmer`: first theta and thresholds, with beta found together with the modes; then all of them.
The signs of Lambda's columns are free during the search, so that a variance of zero is an ordinary point of it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from standfast.analysis.mixed.likelihood.approximation import Laplace, laplace
from standfast.analysis.mixed.likelihood.blocks import Blocks
from standfast.analysis.mixed.likelihood.boundary import held, outward, reduced
from standfast.analysis.mixed.likelihood.cumulative import free_of, threshold_jacobian, thresholds_of
from standfast.analysis.mixed.likelihood.descent import bfgs, forward_hessian, newton_step
from standfast.analysis.mixed.likelihood.factor import Factor, SingularSystemError
from standfast.analysis.mixed.likelihood.fixed import FixedFit
from standfast.analysis.mixed.likelihood.guess import first_inverse
from standfast.analysis.mixed.likelihood.information import average_information_at, independent
from standfast.analysis.mixed.likelihood.pirls import LaplaceSystem
from standfast.analysis.mixed.likelihood.scoring import Point, score
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, diagonal, pack, unpack

# Entries of theta, standard deviations on the link scale per unit of a scaled column, from which an estimate counts as
# growing without end, and beyond which the search does not go.
_LARGE, _LARGEST = 12.0, 25.0
# Where theta's diagonals start; largest change of a coordinate in one step.
_START, _LONGEST = 0.5, 1.5
# Least entry of theta while variances are sought by average information.
_LEAST = 0.01
# A dimension of L below the first is tried at zero; from the others the deviance's curvature at zero is measured.
_SMALL, _OUTWARD = 0.1, (1e-3, 0.1)
# Slope of the deviance in a variance at zero that counts as none.
_FLAT = 1e-3
# Expected decrease of the deviance at which stage 1, stage 2, and a Hessian's place count as good enough.
_ROUGH, _FINE, _NEAR = 1e-2, 1e-8, 1e-7
# Decrease of the penalised deviance at which modes count as found, and the deviance's error with them: stages 1 and 2.
_MODES_ROUGH, _NOISE_ROUGH = 1e-6, 1e-5
_MODES, _NOISE = 1e-10, 1e-9
# The same for gradients whose differences are taken, and the step of these.
_MODES_EXACT, _STEP = 1e-13, 1e-6
# Most steps of a descent, Hessians, Newton steps with one of them, and returns from the boundary.
_STEPS, _HESSIANS, _CHORDS, _RETURNS = 100, 4, 4, 3


class Optimum(NamedTuple):
    """Where the search ended. A point is theta, beta, the first threshold and the logs of the thresholds' increments.

    Attributes:
        point: Shape (m + p + J - 1,).
        free: Its coordinates that are free to move: not in columns of zeros, not without a finite estimate.
        hessian: Of the deviance with respect to the free coordinates, shape (f, f).
        decrement: Expected decrease of the deviance by another Newton step; infinite where no minimum is near.
        found: Deviance and modes there.
        n_evaluations: Of the deviance.
    """

    point: Floats
    free: Ints
    hessian: Floats
    decrement: float
    found: Laplace
    n_evaluations: int


def search(system: LaplaceSystem, fixed: FixedFit) -> Optimum:
    """Return the optimum.

    Args:
        system: Data.
        fixed: Fit without random effects, of the same columns of X.

    Raises:
        SingularSystemError: The deviance does not exist at the start.
    """
    path = _Path(system, fixed)
    path.first_stage()
    for _ in range(_RETURNS):
        path.drop_dimensions()
        path.descend(path.free(), joint=False)
        if path.drop_dimensions():
            path.descend(path.free(), joint=False)
        optimum = path.newton()
        if runs_away(path.point[: path.m]).any() or not path.leave_boundary():
            return optimum._replace(n_evaluations=path.n_evaluations)
    return optimum._replace(n_evaluations=path.n_evaluations, decrement=np.inf)


def runs_away(theta: Floats) -> NDArray[np.bool_]:
    """Tell which entries of theta grow without end, as where each level shows one response only; shape (m,)."""
    return np.asarray(np.abs(theta) > _LARGE)


class _Near(NamedTuple):
    """Where the modes were last found: u and beta there, theta, cross-products with their factor, and the deviance."""

    x: Floats
    theta: Floats
    blocks: Blocks | None
    factor: Factor | None
    point: Floats = np.empty(0)
    deviance: float = np.nan


class _Path:
    """Where the search stands, and where it last found the modes."""

    def __init__(self, system: LaplaceSystem, fixed: FixedFit) -> None:
        self.system = system
        theta = np.where(diagonal(system.terms), _START, 0.0)
        self.m, self.end = len(theta), len(theta) + system.p
        self.point = np.concatenate([theta, fixed.beta, free_of(fixed.thresholds)])
        self.near = _Near(np.concatenate([np.zeros(system.q), fixed.beta]), np.empty(0), None, None)
        self.n_evaluations = 0
        self.inverse = first_inverse(system, fixed, _START)

    def without_beta(self) -> Ints:
        return np.concatenate([np.arange(self.m), np.arange(self.end, len(self.point))])

    def free(self) -> Ints:
        still = np.zeros(len(self.point), dtype=bool)
        still[: self.m] = held(self.system.terms, self.point[: self.m])
        return np.flatnonzero(~still)

    def evaluate(self, point: Floats, tolerance: float, *, joint: bool = False) -> tuple[Laplace, Floats]:
        """Return the Laplace approximation at a point, with the gradient in the point's coordinates."""
        self.n_evaluations += 1
        start, near = self.near.x.copy(), self.near
        if not joint:
            start[self.system.q :] = point[self.m : self.end]
        theta, free = point[: self.m], point[self.end :]
        found = laplace(
            self.system,
            theta,
            thresholds_of(free),
            start,
            joint=joint,
            tolerance=tolerance,
            stale=near.blocks,
            known=near.factor if np.array_equal(theta, near.theta) else None,
        )
        chained = threshold_jacobian(free).T @ found.thresholds
        return found, np.concatenate([found.theta, found.beta, chained])

    def visit(self, point: Floats, tolerance: float, *, joint: bool = False) -> tuple[Laplace, Floats]:
        """Evaluate at a point, and start from the modes there next time."""
        found, gradient = self.evaluate(point, tolerance, joint=joint)
        whole = point.copy()
        self.near = _Near(found.modes.x, whole[: self.m], found.blocks, found.factor, whole, found.deviance)
        return found, gradient

    def attempt(self, point: Floats, tolerance: float, *, joint: bool = False) -> tuple[Laplace, Floats] | None:
        """Visit a point; None where the search is not to go."""
        if np.abs(point[: self.m]).max() > _LARGEST:
            return None
        kept = self.near
        try:
            found = self.visit(point, tolerance, joint=joint)
        except SingularSystemError:
            return None
        if not np.isfinite(found[0].deviance):
            self.near = kept
            return None
        return found

    def first_stage(self) -> None:
        """Move theta and thresholds near their optimum, with beta at the penalised one; guess the whole curvature."""
        others, beta = self.without_beta(), np.arange(self.m, self.end)
        among = np.ix_(others, others)
        follow = self.inverse[np.ix_(beta, others)] @ np.linalg.inv(self.inverse[among])
        start, _ = self.visit(self.point, _MODES_ROUGH, joint=True)
        if len(others) == self.m and independent(self.system.terms):
            self.score(start)
        else:
            self.descend(others, joint=True)
        factor = self.near.factor
        self.point[beta] = self.near.x[self.system.q :]
        cross = follow @ self.inverse[among]
        self.inverse[np.ix_(beta, others)], self.inverse[np.ix_(others, beta)] = cross, cross.T
        if factor is not None:
            root = factor.root[self.system.places.rest :, self.system.places.rest :]
            self.inverse[np.ix_(beta, beta)] = np.linalg.inv(root @ root.T) / 2 + cross @ follow.T
        self.near = self.near._replace(blocks=None, factor=None, point=np.empty(0))

    def score(self, start: Laplace) -> None:
        """Move theta near its optimum with beta at the penalised one, by average information."""

        def place(found: Laplace) -> Point:
            return Point(found.deviance, found.theta, lambda: average_information_at(self.system, found))

        def evaluate(theta: Floats) -> Point | None:
            visited = self.attempt(np.concatenate([theta, self.point[self.m :]]), _MODES_ROUGH, joint=True)
            return None if visited is None else place(visited[0])

        theta, here = score(evaluate, self.point[: self.m], place(start), low=_LEAST, high=_LARGEST, enough=_ROUGH)
        curvature = 4 * np.outer(theta, theta) * here.information()
        curvature[np.diag_indices(self.m)] += np.maximum(here.gradient / theta, 1.0)
        self.point[: self.m] = np.where((theta <= _LEAST) & (here.gradient > 0), 0.0, theta)
        self.inverse[: self.m, : self.m] = np.linalg.inv(curvature)

    def descend(self, free: Ints, *, joint: bool) -> None:
        """Move some coordinates to the optimum."""

        def evaluate(values: Floats) -> tuple[float, Floats]:
            point = self.point.copy()
            point[free] = values
            visited = self.attempt(point, _MODES_ROUGH if joint else _MODES, joint=joint)
            return (np.inf, values) if visited is None else (visited[0].deviance, visited[1][free])

        found = bfgs(
            evaluate,
            self.point[free],
            self.inverse[np.ix_(free, free)],
            tolerance=_ROUGH if joint else _FINE,
            noise=_NOISE_ROUGH if joint else _NOISE,
            steps=_STEPS,
            longest=_LONGEST,
        )
        self.point[free] = found.x
        self.inverse[np.ix_(free, free)] = found.inverse

    def drop_dimensions(self) -> bool:
        """Set small variances to zero where that does not raise the deviance; tell whether any was."""
        small = np.abs(self.point[: self.m]) < _SMALL
        if independent(self.system.terms) and small.sum() > 1:
            nonzero = bool(self.point[: self.m][small].any())
            if not nonzero or self.drop(np.where(small, 0.0, self.point[: self.m])):  # mostly all at once
                return nonzero
        dropped = False
        for t, term in enumerate(self.system.terms):
            for _ in range(term.s):
                L = unpack(self.system.terms, self.point[: self.m])
                for smaller in reduced(term, L[t], _SMALL):
                    dropped |= self.drop(pack(self.system.terms, [*L[:t], smaller, *L[t + 1 :]]))
        return dropped

    def drop(self, theta: Floats) -> bool:
        trial = np.concatenate([theta, self.point[self.m :]])
        if not np.array_equal(self.near.point, self.point):
            self.visit(self.point, _MODES)
        here = self.near
        there = self.attempt(trial, _MODES)
        if there is not None and there[0].deviance <= here.deviance + _NOISE:
            self.point = trial
            return True
        self.near = here
        return False

    def newton(self) -> Optimum:
        """Take Newton steps until the Hessian was taken at the optimum."""
        free = self.free()
        for _ in range(_HESSIANS):
            found, gradient = self.visit(self.point, _MODES_EXACT)
            H = forward_hessian(self.gradient, self.point, free, gradient, _STEP)
            step, first = newton_step(H, gradient[free])
            decrement, before = first, self.point
            for _ in range(_CHORDS):
                trial = self.point.copy()
                trial[free] += step
                visited = None if decrement < _NOISE else self.attempt(trial, _MODES_EXACT)
                if visited is None or visited[0].deviance > found.deviance + _NOISE:
                    break
                self.point, (found, gradient) = trial, visited
                step, decrement = newton_step(H, gradient[free])
            if first < _NEAR or self.point is before or runs_away(self.point[: self.m]).any():
                break
        return Optimum(self.point, free, H, decrement, found, self.n_evaluations)

    def gradient(self, point: Floats) -> Floats:
        return self.evaluate(point, _MODES_EXACT)[1]

    def leave_boundary(self) -> bool:
        """Step out of columns of zeros from which the deviance falls; tell whether any was left."""
        left = False
        found = outward(self.system.terms, self.point[: self.m])
        alone = [places[0] for places in found if len(places) == 1]
        # The deviance is even in each of these: a little outside all, its gradient shows the slope in each variance.
        together = dict(zip(alone, self.slopes(alone, np.ones(len(alone)), _OUTWARD[0]), strict=True)) if alone else {}
        for places in found:
            if len(places) == 1:
                slopes = [np.array([together[places[0]]])]
            else:
                slopes = [self.slopes(places, np.eye(len(places))[i], _OUTWARD[0]) for i in range(len(places))]
            values, vectors = np.linalg.eigh((np.array(slopes) + np.array(slopes).T) / 2)
            if values[0] < -_FLAT:
                near, far = np.square(_OUTWARD)
                beyond = float(vectors[:, 0] @ self.slopes(places, vectors[:, 0], _OUTWARD[1]))
                share = values[0] / (values[0] - beyond) if beyond > 0 else 1.0
                self.point[places] = np.sqrt(near + share * (far - near)) * vectors[:, 0]
                left = True
        return left

    def slopes(self, places: list[int], direction: Floats, distance: float) -> Floats:
        """Return half the gradient per unit of distance a little way out: the slope in the variance."""
        point = self.point.copy()
        point[places] = distance * direction
        return self.gradient(point)[places] / (2 * distance)
