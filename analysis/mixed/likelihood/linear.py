"""Linear mixed models: the profiled REML or ML deviance and its gradient.

Arrays in, frozen results out. Everything here is on the scaled system: columns of X and Z of about unit size, and a
response that was shifted by a least-squares fit and divided by its residual size. After the cross-products are taken,
nothing depends on the number of rows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg, sparse

from standfast.analysis.mixed.likelihood.blocks import Blocks, cross_products
from standfast.analysis.mixed.likelihood.factor import Factor, factorise, invert, outer_by_term, times_rest
from standfast.analysis.mixed.likelihood.layout import Layout
from standfast.analysis.mixed.likelihood.merging import Merged
from standfast.analysis.mixed.likelihood.terms import Floats, Ints, Term, pack, unpack

_STEP = 1e-4  # of the central differences of the analytic gradient


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
        merged: What the terms became in layout and blocks; `None` where these are the terms' own.
    """

    terms: tuple[Term, ...]
    places: Layout
    blocks: Blocks
    p: int
    n: int
    log_weights: float
    merged: Merged | None = None


class Solution(NamedTuple):
    """What is known at one theta.

    Attributes:
        deviance: Profiled REML criterion or −2 log-likelihood.
        gradient: With respect to theta, shape (k,).
        r2: Penalised residual sum of squares.
        factor: Of the system there.
        z_residual: Z'W(y − Xβ − Zb), shape (G b + r,).
        scale: 1 / sigma².
    """

    deviance: float
    gradient: Floats
    r2: float
    factor: Factor
    z_residual: Floats
    scale: float


def with_response(
    places: Layout, Z: sparse.csr_array, table: Floats, cell: Ints, weight: Floats, mean: Floats, within: float
) -> Blocks:
    """Return the cross-products of [Z X y].

    Args:
        places: Layout of Z.
        Z: Shape (M, G b + r).
        table: X of each design cell, shape (C, p).
        cell: Cell of each row, shape (M,).
        weight: Total weight of each distinct row, shape (M,).
        mean: Weighted mean of the response in it, shape (M,).
        within: Sum over all data of weight × squared distance from that mean.
    """
    A = cross_products(places, Z, table, cell, weight)
    wy = weight * mean
    zy, xy = Z.T @ wy, table.T @ np.bincount(cell, wy, minlength=len(table))
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
    L = unpack(system.terms, theta) if system.merged is None else system.merged.factors(theta)
    return factorise(system.places, system.blocks, L, extra=1)


def deviance(system: System, theta: Floats, *, reml: bool, sigma: float | None = None) -> float:
    """Return the deviance, profiled over beta and, unless given, sigma.

    Source: Bates et al. (2015), equations 34 (ML) and 42 (REML).
    """
    return profiled(system, factor_at(system, theta), reml, sigma)


def profiled(system: System, factor: Factor, reml: bool, sigma: float | None) -> float:
    """Return the deviance at a factor; see `deviance`."""
    r2, freedom = penalised_squares(factor), system.n - (system.p if reml else 0)
    log_det = factor.log_det_z + (factor.log_det_x if reml else 0.0)
    variance = r2 / freedom if sigma is None else sigma**2
    return float(log_det + freedom * np.log(2 * np.pi * variance) + r2 / variance - system.log_weights)


def penalised_squares(factor: Factor) -> float:
    """Return r², the penalised residual sum of squares: the square of the factor's last entry."""
    return float(factor.root[-1, -1] ** 2)


def solution(system: System, theta: Floats, *, reml: bool, sigma: float | None = None) -> Solution:
    """Return the deviance at theta with its gradient.

    d/dL of log |M| is 2 Σ (A Λ M⁻¹), and that of r² is −2 Σ z'(y − Xβ − Zb) u', both summed over the term's levels.
    """
    factor = factor_at(system, theta)
    size = system.places.rest + (system.p if reml else 0)
    u, _, z_residual = modes(system, factor)
    freedom = system.n - (system.p if reml else 0)
    scale = freedom / penalised_squares(factor) if sigma is None else sigma**-2
    trace = invert(system.places, system.blocks, factor, size).trace
    pull = outer_by_term(system.places, z_residual, u)
    slopes = [2 * (G - scale * P) for G, P in zip(trace, pull, strict=True)]
    gradient = pack(system.terms, slopes) if system.merged is None else system.merged.gradient(theta, slopes)
    return Solution(
        profiled(system, factor, reml, sigma), gradient, penalised_squares(factor), factor, z_residual, scale
    )


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
