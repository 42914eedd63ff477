"""The maximum-likelihood deviance of a linear mixed model with one parameter held at a value.

Each function returns how the held value and the free coordinates z give (theta, sigma), with the deviance and its
gradient in z. Standard deviations and correlations are held by moving their effects to the front of the term, where
sd = sigma L_00, and correlation = L_10 / sqrt(L_10² + L_11²).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import linalg

from standfast.analysis.mixed.likelihood.blocks import Blocks
from standfast.analysis.mixed.likelihood.gaussian import HIGHEST
from standfast.analysis.mixed.likelihood.layout import Place
from standfast.analysis.mixed.likelihood.linear import System, solution
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, diagonal, pack, unpack

# The logarithm of sigma is sought within this distance of its estimate.
_FAR = 10.0


class Value(NamedTuple):
    """Deviance, and its gradient with respect to the free coordinates."""

    deviance: float
    gradient: Floats


class Restriction(NamedTuple):
    """One parameter held.

    Attributes:
        evaluate: Held value and z -> deviance and gradient.
        start: z at the unrestricted optimum.
        low: Least value of each entry of z; 0 where it is a standard deviation relative to sigma.
        high: Largest value.
        zeros: Entries of z that, at zero, make another local minimum.
    """

    evaluate: Callable[[float, Floats], Value]
    start: Floats
    low: Floats
    high: Floats
    zeros: tuple[int, ...] = ()


def hold_sigma(system: System, theta: Floats) -> Restriction:
    """Hold the residual standard deviation; z is theta."""

    def evaluate(value: float, z: Floats) -> Value:
        found = solution(system, z, reml=False, sigma=value)
        return Value(found.deviance, found.gradient)

    return Restriction(evaluate, theta, *_bounds(system))


def hold_beta(system: System, theta: Floats, j: int) -> Restriction:
    """Hold a fixed effect; z is theta."""

    def evaluate(value: float, z: Floats) -> Value:
        found = solution(without_column(system, j, value), z, reml=False)
        return Value(found.deviance, found.gradient)

    return Restriction(evaluate, theta, *_bounds(system))


def hold_sd(system: System, theta: Floats, sigma: float, t: int, i: int) -> Restriction:
    """Hold the standard deviation of effect i of term t; z is the other entries of theta, and log sigma."""
    term, first = system.terms[t], _first(system, t)
    if term.correlated:
        order = [i, *(k for k in range(term.s) if k != i)]
        system, theta, held = reordered(system, t, order), reordered_theta(system, theta, t, order), first
    else:
        held = first + i

    def evaluate(value: float, z: Floats) -> Value:
        residual = float(np.exp(z[-1]))
        ratio = value / residual
        found = solution(system, np.insert(z[:-1], held, ratio), reml=False, sigma=residual)
        to_log_sigma = 2 * system.n - 2 * found.r2 / residual**2 - ratio * found.gradient[held]
        return Value(found.deviance, np.append(np.delete(found.gradient, held), to_log_sigma))

    start = np.append(np.delete(theta, held), np.log(sigma))
    low, high = (np.delete(bound, held) for bound in _bounds(system))
    return Restriction(evaluate, start, np.append(low, start[-1] - _FAR), np.append(high, start[-1] + _FAR))


def hold_correlation(system: System, theta: Floats, t: int, i: int, j: int) -> Restriction:
    """Hold the correlation of effects i and j of term t; z is theta, with the standard deviation of i for two of them."""
    term, first = system.terms[t], _first(system, t)
    order = [j, i, *(k for k in range(term.s) if k not in (i, j))]
    system, theta = reordered(system, t, order), reordered_theta(system, theta, t, order)
    below, corner = first + 1, first + term.s  # L_10 and L_11

    def evaluate(value: float, z: Floats) -> Value:
        at, rest = np.insert(z, below, 0.0), np.sqrt(1 - value**2)
        at[below], at[corner] = value * at[corner], rest * at[corner]
        found = solution(system, at, reml=False)
        gradient = found.gradient
        gradient[corner] = value * gradient[below] + rest * gradient[corner]
        return Value(found.deviance, np.delete(gradient, below))

    start = theta.copy()
    start[corner] = np.hypot(theta[below], theta[corner])
    low, high = (np.delete(bound, below) for bound in _bounds(system))
    # Where either effect does not vary, any correlation is as good as another.
    return Restriction(evaluate, np.delete(start, below), low, high, zeros=(first, corner - 1))


def _bounds(system: System) -> tuple[Floats, Floats]:
    """Return the least and largest values of theta, each of shape (m,)."""
    return np.where(diagonal(system.terms), 0.0, -HIGHEST), np.full(len(diagonal(system.terms)), HIGHEST)


def without_column(system: System, j: int, value: float) -> System:
    """Return the system with column j of X left out and its multiple taken off the response."""
    A, at = system.blocks, system.places.rest + j
    border, rest = A.border.copy(), A.rest.copy()
    border[:, :, -1] -= value * border[:, :, at]
    rest[-1] -= value * rest[at]
    rest[:, -1] -= value * rest[:, at]
    kept = np.delete(np.arange(rest.shape[0]), at)
    return replace(system, blocks=Blocks(A.lead, border[:, :, kept], rest[np.ix_(kept, kept)]), p=system.p - 1)


def reordered(system: System, t: int, order: Sequence[int]) -> System:
    """Return the system with the effects of one term in another order."""
    term, place, A = system.terms[t], system.places.places[t], system.blocks
    if place.lead:
        to = _columns(place, A.lead.shape[1], order)
        blocks = Blocks(A.lead[:, to][:, :, to], A.border[:, to], A.rest)
    else:
        to = _columns(place, len(A.rest), order)
        blocks = Blocks(A.lead, A.border[:, :, to], A.rest[np.ix_(to, to)])
    columns = tuple(term.columns[k] for k in order)
    moved = replace(term, columns=columns, table=term.table[:, list(order)])
    return replace(system, blocks=blocks, terms=(*system.terms[:t], moved, *system.terms[t + 1 :]))


def reordered_theta(system: System, theta: Floats, t: int, order: Sequence[int]) -> Floats:
    """Return theta of the reordered system: the triangular L of the same covariance matrix."""
    factors = unpack(system.terms, theta)
    R = np.asarray(linalg.qr(factors[t][list(order)].T, mode="r")[0], dtype=np.float64)
    factors[t] = R.T * np.where(np.diag(R) < 0, -1.0, 1.0)
    return pack(system.terms, factors)


def _columns(place: Place, size: int, order: Sequence[int]) -> Ints:
    """Return the old column of each new one."""
    to = np.arange(size)
    own = place.offset + np.arange(place.copies * place.s).reshape(place.copies, place.s)
    to[own] = own[:, list(order)]
    return to


def _first(system: System, t: int) -> int:
    """Return where the entries of a term start in theta."""
    return sum(len(term.entries) for term in system.terms[:t])
